"""Queues: whose turn it is with a referral, by when, and who has room for one more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.referrals.domain.referral import Referral, Status, What

#: ``new`` waits for a first answer; ``working``: the team has taken it on; ``school``: it owes the team an answer;
#: ``panel``: a panel holds the case, or will; ``ended``: nobody has it any more.
Stage = Literal["new", "working", "school", "panel", "ended"]

_STAGES: Mapping[Status, Stage] = {
    "routed": "new",
    "accepted": "working",
    "returned": "school",
    "asked": "school",
    "waiting": "panel",
    "queued": "panel",
    "listed": "panel",
    "deferred": "panel",
    "heard": "panel",
    "concluded": "ended",
    "stepped": "ended",
    "closed": "ended",
    "withdrawn": "ended",
    "decided": "ended",
}
#: What counts as an answer to the school and the family. A question back is none.
_ANSWERS: frozenset[What] = frozenset({"accepted", "returned", "concluded", "stepped", "closed"})

#: What one referral weighs for the person who has it: with the school it asks little, overdue it presses.
WORKING_POINTS, SCHOOL_POINTS, OVERDUE_POINTS = 2, 1, 1


@dataclass(frozen=True, slots=True)
class Load:
    """How much open work one member of a team has."""

    staff_id: str
    working: int = 0
    with_school: int = 0
    overdue: int = 0
    last_given: datetime | None = None

    @property
    def points(self) -> int:
        """What it weighs together."""
        return (
            self.working * WORKING_POINTS + self.with_school * SCHOOL_POINTS + self.overdue * OVERDUE_POINTS
        )


def by_room(loads: Iterable[Load]) -> list[Load]:
    """Whoever has the least work first; of equals the one who was given something longest ago."""

    def key(load: Load) -> tuple[int, float, str]:
        given = load.last_given.timestamp() if load.last_given else 0.0
        return load.points, given, load.staff_id

    return sorted(loads, key=key)


def shared_out(ids: Iterable[str], loads: Iterable[Load]) -> dict[str, str]:
    """Who gets each of several referrals, in turn to whoever has least by then; nothing without anybody."""
    standing = by_room(loads)
    given: dict[str, str] = {}
    points = {load.staff_id: load.points for load in standing}
    for id in ids:
        if not points:
            break
        least = min(points, key=lambda staff: points[staff])
        given[id] = least
        points[least] += WORKING_POINTS
    return given


def stage(referral: Referral) -> Stage:
    """Whose turn it is."""
    return _STAGES[referral.status]


def ends(status: Status) -> bool:
    """Whether nobody has a referral of this status in hand any more."""
    return _STAGES[status] == "ended"


def due_on(referral: Referral) -> date:
    """The day by which whoever has it does the next thing; of one that has ended, the day of its review."""
    at = stage(referral)
    if at == "school" and referral.school_answers_by:
        return referral.school_answers_by
    if at == "ended" and referral.review_on:
        return referral.review_on
    return referral.promise


def review_open(referral: Referral) -> bool:
    """Whether school and family have yet to say whether it helped."""
    return referral.status == "concluded" and referral.review_on is not None and referral.helped is None


def answered_at(referral: Referral) -> datetime | None:
    """When it had its first answer; None while it waits, or where it went without one.

    A referral from before histories were kept has only its last change to tell from.
    """
    first = next((step.at for step in referral.history if step.what in _ANSWERS), None)
    if first is None and (referral.accepted_at or referral.status in ("returned", "concluded", "decided")):
        return referral.accepted_at or referral.changed_at
    return first


def ended_at(referral: Referral) -> datetime | None:
    """When it ended; None while somebody has it."""
    if stage(referral) != "ended":
        return None
    ends: frozenset[What] = frozenset({"concluded", "stepped", "closed", "withdrawn"})
    return next((step.at for step in reversed(referral.history) if step.what in ends), referral.changed_at)
