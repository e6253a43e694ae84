"""All sending paused by one action, as when something wrong goes out, and resumed without loss."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Decision, Kind, Refused
from schemas.notifications_v1 import SendingPaused, SendingResumed

#: There is one pause, for everything.
ALL = "all"
_LONGEST = 500
_UNKNOWN, _NOT_PUBLISHED = "somebody", "the reason was lost with a database"


class Turn(BaseModel):
    """Who paused or resumed all sending, when and why: kept for good."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    who: str
    did: Literal["paused", "resumed"]
    why: str


class Pause(BaseModel):
    """Whether all sending is paused, and every turn of it, the last one last."""

    model_config = ConfigDict(frozen=True)

    paused: bool = False
    turns: tuple[Turn, ...] = ()

    @property
    def number(self) -> int:
        """How often it was paused or resumed: what somebody saw who decides on it."""
        return len(self.turns)


PAUSE = Kind("pause", Pause)


@dataclass(frozen=True, slots=True)
class _Command:
    who: str
    why: str
    seen: int | None = None


class PauseAll(_Command):
    """Nothing goes out from now on; what is in a worker's hands is finished. ``seen``: as in `Pause.number`."""


class ResumeAll(_Command):
    """Everything that waits goes out again, each message once."""


def pause_all(pause: Pause | None, by: PauseAll, now: datetime) -> Decision[Pause]:
    """Raises Refused without a reason, where it is paused already, or was changed since it was seen."""
    return _turned(pause, by, True, now)


def resume_all(pause: Pause | None, by: ResumeAll, now: datetime) -> Decision[Pause]:
    """Raises Refused without a reason, where it is not paused, or was changed since it was seen."""
    return _turned(pause, by, False, now)


def _turned(pause: Pause | None, by: _Command, paused: bool, now: datetime) -> Decision[Pause]:
    pause = pause or Pause()
    if by.seen is not None and by.seen != pause.number:
        raise Refused(
            "changed-meanwhile", "Somebody else paused or resumed the sending meanwhile: see how it stands."
        )
    if pause.paused == paused:
        state = "paused already" if paused else "not paused"
        raise Refused("paused-already" if paused else "not-paused", f"Sending is {state}: see how it stands.")
    if not by.why.strip():
        raise Refused("reason-missing", "Say why: the reason is kept, and shown to whoever looks.")
    did: Literal["paused", "resumed"] = "paused" if paused else "resumed"
    turn = Turn(at=now, who=by.who, did=did, why=by.why.strip()[:_LONGEST])
    after = Pause(paused=paused, turns=(*pause.turns, turn))
    return Decision(after, (_said(after, now),), answer=did)


def _said(pause: Pause, now: datetime) -> SendingPaused | SendingResumed:
    if pause.paused:
        return SendingPaused(number=pause.number, paused_at=now)
    return SendingResumed(number=pause.number, resumed_at=now)


def restored(pause: Pause | None, fact: SendingPaused | SendingResumed) -> Pause:
    """The pause as its facts tell it. Who turned it, and why, was never published."""
    pause = pause or Pause()
    if fact.number <= pause.number:
        return pause
    paused = isinstance(fact, SendingPaused)
    at = fact.paused_at if isinstance(fact, SendingPaused) else fact.resumed_at
    turn = Turn(at=at, who=_UNKNOWN, did="paused" if paused else "resumed", why=_NOT_PUBLISHED)
    return Pause(paused=paused, turns=(*pause.turns, turn))
