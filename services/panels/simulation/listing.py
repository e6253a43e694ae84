"""Whom a sitting hears, by a rule that is much faster than the planner and agrees with it where things are simple.

Where all cases may be heard at all sittings and each takes one place, the rule reaches the planner's best values for
urgent cases in time, cases listed and legal dates kept. Where every date can be kept it reaches them all, and chooses
the same cases but for ties. Beyond that it decides as the planner would, given the dates that it chose to keep. Its
tests hold it against the planner.
"""

from bisect import bisect_right
from collections.abc import Sequence
from heapq import heappop, heappush

from services.panels.simulation.arrival import Arrival
from services.panels.simulation.rooms import Sat


def dates_first(waiting: Sequence[Arrival], ahead: Sequence[Sat]) -> list[Arrival]:
    """Those of the waiting cases that the first of the sittings ahead hears, in view of all of them."""
    if len(waiting) <= ahead[0].places:
        return list(waiting)
    days = [sat.day for sat in ahead for _ in range(sat.places)][: len(waiting)]
    kept = _kept(waiting, days)
    chosen = {case.number for case in kept}
    late = sorted((case for case in waiting if case.number not in chosen), key=_urgent_then_turn)
    return _seated(kept, late[: len(days) - len(kept)], days)[: ahead[0].places]


def _urgent_then_due(case: Arrival) -> tuple[bool, int, int, int]:
    return (not case.urgent, _due(case), *case.turn)


def _urgent_then_turn(case: Arrival) -> tuple[bool, int, int]:
    return (not case.urgent, *case.turn)


def _due(case: Arrival) -> int:
    assert case.due is not None, "only complete cases wait, and they have a date"
    return case.due


def _kept(waiting: Sequence[Arrival], days: Sequence[int]) -> list[Arrival]:
    """As many cases as can be in time, urgent ones before others.

    Each takes the last free place before its day. Sets that can be in time together form a matroid, so taking one
    after the other in the order of what matters gives the best set.
    """
    free_before = list(range(len(days) + 1))

    def last_free(place: int) -> int:
        while free_before[place] != place:
            free_before[place] = free_before[free_before[place]]
            place = free_before[place]
        return place

    kept = []
    for case in sorted(waiting, key=_urgent_then_due):
        place = last_free(bisect_right(days, _due(case)))
        if place:
            free_before[place] = place - 1
            kept.append(case)
    return kept


def _seated(kept: Sequence[Arrival], late: Sequence[Arrival], days: Sequence[int]) -> list[Arrival]:
    """A case for every place: from the last one back, whoever came last of those who are in time even there.

    A late case takes a place only where none of them is left, so late ones are heard as early as can be. This is
    Smith's backward rule, by which the waits' squares sum up to the least.
    """
    to_come = sorted(kept, key=_due)
    behind = list(late)
    ready: list[tuple[int, int, Arrival]] = []
    seats: list[Arrival] = []
    for day in reversed(days):
        while to_come and _due(to_come[-1]) >= day:
            case = to_come.pop()
            heappush(ready, (-case.opened, -case.number, case))
        seats.append(heappop(ready)[2] if ready else behind.pop())
    return seats[::-1]
