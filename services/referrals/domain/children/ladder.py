"""The ladder of support of one child: the rung it stands on now, and the way there.

The first two rungs are the school's own; each other one is what a referral asked for. A rung counts while somebody
works on it, or once it was given: a request alone lifts nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from chassis.calendar import london_date
from schemas.codes import AsksFor
from services.referrals.domain.referral import ENDED, Referral, Status

Rung = Literal[
    "ordinary",
    "sen-support",
    "advice",
    "outreach",
    "short-placement",
    "top-up-funding",
    "ehc-needs-assessment",
    "placement",
]
#: From the lowest to the highest. Source: the authority's graduated response.
RUNGS: tuple[Rung, ...] = get_args(Rung)
RUNG_WORDS: Mapping[Rung, str] = {
    "ordinary": "Good teaching for everybody",
    "sen-support": "SEN support in school",
    "advice": "Advice from a specialist team",
    "outreach": "Outreach from a special school",
    "short-placement": "A short time at an Education Support Centre",
    "top-up-funding": "Local high needs funding",
    "ehc-needs-assessment": "EHC needs assessment",
    "placement": "Specialist provision, by a panel",
}
Standing = Literal["asked", "under-way", "given", "not-given", "stopped"]
STANDING_WORDS: Mapping[Standing, str] = {
    "asked": "asked for, waits for an answer",
    "under-way": "under way",
    "given": "done",
    "not-given": "not agreed",
    "stopped": "ended before it was given",
}
_WAITS: frozenset[Status] = frozenset({"routed", "waiting", "returned", "asked", "queued", "deferred"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way: a rung, since when, until when (None: it goes on), and how it stands."""

    rung: Rung
    since: date
    until: date | None
    standing: Standing
    reference: str | None = None
    direction: Literal["up", "down"] | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where a child stands: the rung now, those asked for above it, and the way there, the oldest step first."""

    now: Rung
    asked: tuple[Rung, ...]
    way: tuple[Step, ...]


def ladder(referrals: Sequence[Referral]) -> Ladder:
    """The ladder of a child with these referrals, in whatever order; without any, the school's ordinary teaching."""
    if not referrals:
        return Ladder("ordinary", (), ())
    oldest = sorted(referrals, key=lambda each: (each.received_at, each.id))
    way = tuple(_step(each, before) for each, before in zip(oldest, [None, *oldest[:-1]], strict=True))
    own: Rung = "ordinary" if oldest[-1].sen_provision == "N" else "sen-support"
    held = [step.rung for step in way if step.standing == "under-way" or _lasts(step)]
    now = max([own, *held], key=RUNGS.index)
    asked = {step.rung for step in way if step.standing == "asked" and _higher(step.rung, now)}
    return Ladder(now, tuple(sorted(asked, key=RUNGS.index)), way)


def _step(referral: Referral, before: Referral | None) -> Step:
    rung = rung_of(referral.asks_for)
    since = london_date(referral.received_at)
    ended = referral.status in ENDED
    until = london_date(referral.changed_at) if ended else None
    was = None if before is None else RUNGS.index(rung) - RUNGS.index(rung_of(before.asks_for))
    direction: Literal["up", "down"] | None = None
    if was:
        direction = "up" if was > 0 else "down"
    return Step(rung, since, until, _standing(referral), referral.reference, direction)


def rung_of(asks_for: AsksFor) -> Rung:
    """The rung that a referral asks for."""
    return asks_for


def _standing(referral: Referral) -> Standing:
    if referral.status in ("accepted", "listed", "heard"):
        return "under-way"
    if referral.status in ("concluded", "stepped"):
        return "given"
    if referral.status == "decided":
        outcome = referral.case.outcome if referral.case else None
        return "given" if outcome == "agreed" else "not-given"
    if referral.status in _WAITS:
        return "under-way" if referral.accepted_at else "asked"
    return "stopped"


def _lasts(step: Step) -> bool:
    """Whether what was given goes on: a special place does, advice that was given is over."""
    return step.rung == "placement" and step.standing == "given"


def _higher(rung: Rung, other: Rung) -> bool:
    return RUNGS.index(rung) > RUNGS.index(other)
