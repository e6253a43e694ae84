"""The course of one case as far as figures go: codes and days, nobody's name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from services.panels.domain.panels.sittings_calendar import month_after


@dataclass(frozen=True, slots=True)
class Course:
    """Days are London's. ``deferred_on``: each sitting's day that sent the case back, in order.

    ``provision`` is the kind agreed to, ``asked`` the kind asked for.
    """

    panel: str
    area: str
    phase: str
    need: str
    asked: str | None
    urgent: bool
    opened_on: date
    complete_on: date | None = None
    due_on: date | None = None
    heard_on: date | None = None
    decided_on: date | None = None
    outcome: str | None = None
    provision: str | None = None
    withdrawn_on: date | None = None
    deferred_on: tuple[date, ...] = ()

    @property
    def waited(self) -> int | None:
        """Days from the case's coming to its decision; None while there is none."""
        return (self.decided_on - self.opened_on).days if self.decided_on else None

    @property
    def in_time(self) -> bool | None:
        """Whether it was decided by its due date; None where it is not decided, or its due date is not known."""
        if self.decided_on is None or self.due_on is None:
            return None
        return self.decided_on <= self.due_on


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both included."""

    first: date
    last: date

    def has(self, day: date | None) -> bool:
        """Whether the day lies in it."""
        return day is not None and self.first <= day <= self.last


def month(year: int, number: int) -> Period:
    """A whole month."""
    first = date(year, number, 1)
    return Period(first, date(*month_after(first, 1), 1) - timedelta(days=1))


def year_before(today: date) -> Period:
    """The last twelve whole months."""
    this_month = today.replace(day=1)
    return Period(date(*month_after(this_month, -12), 1), this_month - timedelta(days=1))


def quantile(values: Iterable[int], share: float) -> int | None:
    """The smallest of the values that at least this share of them does not exceed; None of none.

    A wait that really was, not one between two: so the 90th percentile of three waits is the longest.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, ceil(share * len(ordered) - 1e-9) - 1)]


def rate(part: int, whole: int) -> float | None:
    """``part`` of ``whole`` in percent, to one place; None of none."""
    return round(100 * part / whole, 1) if whole else None


def waits(courses: Sequence[Course]) -> list[int]:
    """The days that those of them waited which were decided."""
    return [course.waited for course in courses if course.waited is not None]
