"""What is to be done when, in business time."""

import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

Work = Callable[[datetime], Awaitable[None]]
#: Who comes first where several act at the same instant. Between two of them everything comes to rest.
SCHOOLS, TEAMS, CO_ORDINATOR, OFFICER = range(4)


@dataclass(order=True)
class _Entry:
    at: datetime
    turn: int
    number: int
    work: Work = field(compare=False)


class Agenda:
    """Things to do, each at its instant."""

    def __init__(self) -> None:
        """Nothing to do yet."""
        self._entries: list[_Entry] = []
        self._numbers = count()

    def add(self, at: datetime, turn: int, work: Work) -> None:
        """``work`` is done at ``at`` by whoever's ``turn`` it then is; it is given the present instant."""
        heapq.heappush(self._entries, _Entry(at, turn, next(self._numbers), work))

    @property
    def next_at(self) -> datetime | None:
        """When there is something to do next."""
        return self._entries[0].at if self._entries else None

    def due(self, now: datetime) -> list[Work]:
        """What the next in turn has to do by ``now``; it is off the agenda then. Empty if there is nothing."""
        if not self._entries or self._entries[0].at > now:
            return []
        first = heapq.heappop(self._entries)
        works = [first.work]
        while self._entries and (self._entries[0].at, self._entries[0].turn) == (first.at, first.turn):
            works.append(heapq.heappop(self._entries).work)
        return works
