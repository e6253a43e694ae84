"""The plan of a panel as it is kept: who would be heard when, why, and how far it is proved to be the best.

It proposes and changes nothing. What it would change against the sittings as they are is worked out here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chassis.decision import Kind


class Part(BaseModel):
    """A part of a plan."""

    model_config = ConfigDict(frozen=True)


class Planned(Part):
    """A case for a sitting, with the reason in words."""

    case_id: str
    sitting_id: str
    reason: str


class Unplanned(Part):
    """A case for which no sitting was found, and what would list it."""

    case_id: str
    reason: str


class Proved(Part):
    """A level of the plan: its value, and the bound that no plan with equal earlier levels exceeds.

    ``how``: by a linear programme, or by a search that looked at so many ``nodes``.
    """

    level: str
    value: int
    bound: float
    how: Literal["linear", "search"]
    nodes: int = 0

    @property
    def gap(self) -> int:
        """By how much the value could still be better; nought where it is proved that it cannot."""
        return max(0, int(self.bound - self.value + 1e-6))


class Plan(Part):
    """The plan of one panel. ``digest`` stands for all that it was made from: the same digest, the same plan.

    Without ``proofs`` the solver failed, and cases were taken one after the other. ``state`` says whether a
    co-ordinator has accepted any of it. ``made_at`` is the business day's time, ``read_at`` when its question was read
    last, by the clock that all processes share: the database's. Plans of before that was noted have none.
    """

    panel: str
    digest: str
    made_at: datetime
    read_at: datetime | None = None
    state: Literal["proposed", "accepted"] = "proposed"
    listings: tuple[Planned, ...] = ()
    unlisted: tuple[Unplanned, ...] = ()
    proofs: tuple[Proved, ...] = ()

    def is_older_than(self, other: "Plan") -> bool:
        """Whether its question was read before that of another plan."""
        return self.read_at is not None and other.read_at is not None and self.read_at < other.read_at

    @property
    def proved(self) -> bool:
        """Whether it is the best at every level. An empty plan is: there is no other."""
        return not self.listings or (bool(self.proofs) and not self.unproved)

    @property
    def unproved(self) -> tuple[Proved, ...]:
        """The levels whose proof ended at a limit."""
        return tuple(each for each in self.proofs if each.gap)

    @property
    def one_by_one(self) -> bool:
        """Whether the solver failed, so that cases were taken one after the other."""
        return bool(self.listings) and not self.proofs

    @property
    def reasons(self) -> dict[str, str]:
        """Why each case is heard when it is, or is not heard yet."""
        listed = {each.case_id: each.reason for each in self.listings}
        return listed | {each.case_id: each.reason for each in self.unlisted}

    def place_of(self, case_id: str) -> str | None:
        """The sitting that the plan has for a case."""
        return next((each.sitting_id for each in self.listings if each.case_id == case_id), None)


PLAN: Kind[Plan] = Kind("plan", Plan)


@dataclass(frozen=True, slots=True)
class Change:
    """What the plan would change for one case: the sitting that it is on, the one that it would be on, and why."""

    case_id: str
    was: str | None
    to: str | None
    reason: str

    @property
    def told(self) -> bool:
        """Whether its family knows a date that would not hold any more."""
        return self.was is not None


def changes(plan: Plan, current: Mapping[str, str | None]) -> tuple[Change, ...]:
    """What would change, in the plan's order; ``current`` has the sitting of each case that can be planned, or None.

    A case that is not among them any more, as one that was withdrawn meanwhile, is passed over.
    """
    coming = [
        Change(each.case_id, current[each.case_id], each.sitting_id, each.reason)
        for each in plan.listings
        if each.case_id in current and current[each.case_id] != each.sitting_id
    ]
    going = [
        Change(each.case_id, current[each.case_id], None, each.reason)
        for each in plan.unlisted
        if current.get(each.case_id) is not None
    ]
    return (*coming, *going)


def with_siblings(chosen: Iterable[str], marks: Mapping[str, str | None]) -> frozenset[str]:
    """The chosen cases, and those that are heard together with one of them; ``marks`` has each case's mark."""
    named = frozenset(chosen)
    families = {marks.get(case_id) for case_id in named} - {None}
    return named | {case_id for case_id, mark in marks.items() if mark in families}


def ordered(found: Sequence[Change], sittings: Sequence[str]) -> list[tuple[str | None, list[Change]]]:
    """The changes by the sitting to which they lead, in the order of ``sittings``; last those that lead to none."""
    places: list[str | None] = [*sittings, None]
    groups = [(place, [each for each in found if each.to == place]) for place in places]
    return [(place, group) for place, group in groups if group]
