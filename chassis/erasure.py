"""An erasure as every service keeps it: which ids are nobody's any more, on which ground, and who has done it.

Pure data and rules. What is deleted, and how nothing comes back, is `chassis.erasing`.
"""

from collections.abc import Callable
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Decision, Kind
from chassis.ids import beside
from schemas.envelope import Event
from schemas.erasure_v1 import ErasureGround, PersonErased

_NAMESPACE = "8f0b3a52-6d0e-4c1e-9f43-52b1c7a0d9e4"


class Erasure(BaseModel):
    """``answered_at`` is when this service said that it was done; ``others`` when the other ones did, by name."""

    model_config = ConfigDict(frozen=True)

    persons: tuple[str, ...]
    referrals: tuple[str, ...]
    ground: ErasureGround
    erased_at: AwareDatetime
    answered_at: AwareDatetime | None = None
    others: dict[str, AwareDatetime] = {}


ERASURE = Kind("erasure", Erasure)


def erasure_id_of(person_id: str) -> str:
    """The one erasure that a record of a person can have."""
    return beside(person_id, f"erasure|{person_id}", within=_NAMESPACE)


def ordered(fact: PersonErased) -> Erasure:
    """The erasure that a fact tells of, before anything is done about it here."""
    return Erasure(
        persons=fact.person_ids,
        referrals=fact.referral_ids,
        ground=fact.ground,
        erased_at=fact.erased_at,
    )


def hears(
    says: Callable[[PersonErased, datetime], Event],
) -> Callable[[Erasure | None, PersonErased, datetime], Decision[Erasure]]:
    """The rule of a service that is told to erase somebody, and answers with what ``says`` makes; once."""

    def hear(known: Erasure | None, fact: PersonErased, now: datetime) -> Decision[Erasure]:
        if known is not None and known.answered_at is not None:
            return Decision()
        done = (known or ordered(fact)).model_copy(update={"answered_at": now})
        return Decision(done, (says(fact, now),))

    return hear


def answered(by: str) -> Callable[[Erasure | None, Event, datetime], Decision[Erasure]]:
    """The rule of the service that orders erasures: another one has done it."""

    def hear(known: Erasure | None, fact: Event, now: datetime) -> Decision[Erasure]:
        if known is None:
            return Decision()
        return Decision(known.model_copy(update={"others": known.others | {by: now}}))

    return hear


def restored(known: Erasure | None, fact: Event) -> Decision[Erasure]:
    """A database that was set back has done again what its service had said: it need not say so twice."""
    if known is None:
        return Decision()
    return Decision(known.model_copy(update={"answered_at": fact.erased_at}))  # type: ignore[attr-defined]
