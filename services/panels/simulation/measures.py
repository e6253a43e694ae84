"""What came of it: waits, legal dates kept, what piled up, how full the sittings were."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from services.panels.simulation.play import Course

WEEK = 7


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of one configuration. Waits are days from the opening of a case to the sitting that heard it.

    ``due`` counts the cases whose legal day came within the period and that nobody had withdrawn by then, ``in_time``
    those of them that were heard by that day: long waits cannot hide in what was never heard. ``waiting_since`` is the
    median of the days for which those that wait at the end have waited. ``backlog`` is how many wait at the end of each
    week, ``fill`` the share of places taken at each sitting.
    """

    name: str
    arrived: int
    heard: int
    withdrawn: int
    waiting: int
    median: int | None
    ninetieth: int | None
    due: int
    in_time: int
    waiting_since: int | None
    backlog: Sequence[tuple[int, int]]
    sittings: int
    places: int
    fill: float | None
    full: float | None

    @property
    def share_in_time(self) -> float | None:
        """Legal dates kept, of those that came within the period."""
        return self.in_time / self.due if self.due else None


def measured(name: str, course: Course) -> Outcome:
    """The figures of what was played."""
    waits = sorted(
        course.heard[case.number] - case.opened for case in course.cases if case.number in course.heard
    )
    open_still = [
        case
        for case in course.cases
        if case.number not in course.heard
        and case.number not in course.withdrawn
        and case.opened <= course.last
    ]
    ages = sorted(course.last - case.opened for case in open_still)
    due, in_time = _legal(course)
    taken = [(sat.places, count) for filled in course.filled.values() for sat, count in filled if sat.places]
    places = sum(room for room, _ in taken)
    return Outcome(
        name=name,
        arrived=sum(case.opened <= course.last for case in course.cases),
        heard=len(course.heard),
        withdrawn=len(course.withdrawn),
        waiting=len(open_still),
        median=percentile(waits, 50),
        ninetieth=percentile(waits, 90),
        due=due,
        in_time=in_time,
        waiting_since=percentile(ages, 50),
        backlog=weekly(course),
        sittings=len(taken),
        places=places,
        fill=sum(count for _, count in taken) / places if places else None,
        full=sum(count == room for room, count in taken) / len(taken) if taken else None,
    )


def percentile(ordered: Sequence[int], share: int) -> int | None:
    """The smallest value that at least so many in a hundred do not exceed (nearest rank); None of nothing."""
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)] if ordered else None


def _legal(course: Course) -> tuple[int, int]:
    """How many legal days came, and how many were kept."""
    never = course.last + 1
    due = [
        (case.due, course.heard.get(case.number, never))
        for case in course.cases
        if case.due is not None
        and case.due <= course.last
        and course.withdrawn.get(case.number, never) > case.due
    ]
    return len(due), sum(heard <= day for day, heard in due)


def daily(course: Course) -> list[int]:
    """How many cases wait at the end of each day, incomplete ones among them."""
    change = [0] * (course.last - course.first + 2)
    for case in course.cases:
        _note(change, course, case.opened, 1)
        left = course.heard.get(case.number, course.withdrawn.get(case.number))
        if left is not None:
            _note(change, course, max(left, case.opened), -1)
    return list(accumulate(change[:-1]))


def _note(change: list[int], course: Course, day: int, by: int) -> None:
    change[min(max(day, course.first), course.last + 1) - course.first] += by


def weekly(course: Course) -> list[tuple[int, int]]:
    """(day, cases that wait) at the end of each week."""
    return [(course.first + n, count) for n, count in enumerate(daily(course)) if n % WEEK == WEEK - 1]


def mean(values: Iterable[float]) -> float:
    """The mean; 0 of nothing."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
