"""Whom a sitting hears, by a rule that is much faster than the planner and agrees with it where things are simple.

Where all cases may be heard at all sittings and each takes one place, the rule reaches the planner's best values for
urgent cases in time, cases listed and legal dates kept. Where every date can be kept it reaches them all, and chooses
the same cases but for ties. Beyond that it decides as the planner would, given the dates that it chose to keep. Its
tests hold it against the planner. Two other rules stand beside it to be compared with: first come, and due first.
"""

from bisect import bisect_right
from collections.abc import Sequence
from heapq import heappop, heappush, nsmallest
from operator import attrgetter

from services.panels.simulation.arrival import Arrival
from services.panels.simulation.rooms import Sat

_turn = attrgetter("opened", "number")
_due_then_turn = attrgetter("due", "opened", "number")
_due = attrgetter("due")  # only complete cases wait, and they have a date


def dates_first(waiting: Sequence[Arrival], ahead: Sequence[Sat]) -> list[Arrival]:
    """Those of the waiting cases that the first of the sittings ahead hears, in view of all of them."""
    if len(waiting) <= ahead[0].places:
        return list(waiting)
    days = [sat.day for sat in ahead for _ in range(sat.places)][: len(waiting)]
    kept = _kept(waiting, days)
    chosen = {case.number for case in kept}
    late = _first_of([case for case in waiting if case.number not in chosen], len(days) - len(kept))
    return _seated(kept, late, days)[: ahead[0].places]


def first_come(waiting: Sequence[Arrival], ahead: Sequence[Sat]) -> list[Arrival]:
    """First come, first heard: what a list without dates does."""
    return nsmallest(ahead[0].places, waiting, key=_turn)


def due_first(waiting: Sequence[Arrival], ahead: Sequence[Sat]) -> list[Arrival]:
    """Urgent cases, then whoever is due first, late ones above all: what a list sorted by its dates does."""
    urgent = nsmallest(ahead[0].places, (case for case in waiting if case.urgent), key=_due_then_turn)
    others = (case for case in waiting if not case.urgent)
    return urgent + nsmallest(ahead[0].places - len(urgent), others, key=_due_then_turn)


def _first_of(late: Sequence[Arrival], places: int) -> list[Arrival]:
    """So many of the late cases: urgent ones, then others, each in the order in which they came."""
    urgent = nsmallest(places, (case for case in late if case.urgent), key=_turn)
    return urgent + nsmallest(places - len(urgent), (case for case in late if not case.urgent), key=_turn)


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
    in_reach = [case for case in waiting if _due(case) >= days[0]] if days else []
    urgent = sorted((case for case in in_reach if case.urgent), key=_due_then_turn)
    for case in urgent + sorted((case for case in in_reach if not case.urgent), key=_due_then_turn):
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
