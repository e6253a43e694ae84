"""Lets the days pass: cases become complete, papers close, batches are chosen and heard, some come back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from services.panels.simulation.arrival import Arrival
from services.panels.simulation.rooms import MONTHS_AHEAD, Configuration, Room, Sat

#: Chooses, from the cases that wait and may be heard, the batch of the first of the sittings ahead.
Rule = Callable[[Sequence[Arrival], Sequence[Sat]], Sequence[Arrival]]
#: How far ahead a rule sees the sittings.
_AHEAD = 31 * (MONTHS_AHEAD + 1)


@dataclass(frozen=True, slots=True)
class Course:
    """What came of every case by the end of the last day.

    ``heard`` has the day on which a panel heard a case for good, ``withdrawn`` that on which it was taken back; a case
    in neither waits. ``filled`` has, by panel, each sitting with how many of its places were taken.
    """

    first: int
    last: int
    cases: Sequence[Arrival]
    heard: Mapping[int, int]
    withdrawn: Mapping[int, int]
    filled: Mapping[str, Sequence[tuple[Sat, int]]]


def play(cases: Sequence[Arrival], halls: Configuration, first: int, last: int, rule: Rule) -> Course:
    """The cases through the panels from the first day to the last, both included."""
    shares: dict[str, list[Arrival]] = {room.code: [] for room in halls.rooms}
    for case in cases:
        if (room := halls.room_of(case)) is not None:
            shares[room.code].append(case)
    heard: dict[int, int] = {}
    filled = {}
    for room in halls.rooms:
        filled[room.code] = _played(room, shares[room.code], first, last, rule, heard)
    gone = {
        case.number: case.withdrawn
        for case in cases
        if case.withdrawn is not None and case.withdrawn <= last and case.number not in heard
    }
    return Course(first, last, cases, heard, gone, filled)


def _played(
    room: Room, cases: Iterable[Arrival], first: int, last: int, rule: Rule, heard: dict[int, int]
) -> Sequence[tuple[Sat, int]]:
    """One panel's sittings with the places that were taken; notes in ``heard`` who was heard when."""
    to_come = [(case.complete, case.number, case) for case in cases if case.complete is not None]
    heapify(to_come)
    waiting: dict[int, Arrival] = {}
    deferred: set[int] = set()
    filled = []
    sittings = [sat for sat in room.sittings if sat.day >= first]
    for place, sat in enumerate(sittings):
        if sat.day > last:
            break
        while to_come and to_come[0][0] <= sat.closes:
            _, number, case = heappop(to_come)
            waiting[number] = case
        _leave(waiting, sat.closes)
        batch = rule(list(waiting.values()), _in_view(sittings, place)) if waiting and sat.places else []
        for case in batch:
            del waiting[case.number]
            if case.back_after is None or case.number in deferred:
                heard[case.number] = sat.day
            else:
                deferred.add(case.number)
                heappush(to_come, (sat.day + case.back_after, case.number, case))
        filled.append((sat, len(batch)))
    return filled


def _leave(waiting: dict[int, Arrival], today: int) -> None:
    gone = [n for n, case in waiting.items() if case.withdrawn is not None and case.withdrawn <= today]
    for number in gone:
        del waiting[number]


def _in_view(sittings: Sequence[Sat], place: int) -> Sequence[Sat]:
    """The sittings that exist when the papers of one close."""
    end, seen = sittings[place].closes + _AHEAD, place
    while seen < len(sittings) and sittings[seen].closes <= end:
        seen += 1
    return sittings[place:seen]
