"""Fakes for tests of rules: the same table of handlers, run in memory.

One contract suite holds the fake repository and the real tables to the same promises.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from chassis.decision import Due, Kind, Ref, World
from chassis.handlers import IGNORED, Handlers
from chassis.storage import Stored
from schemas.envelope import Event

S = TypeVar("S")


class Bench:
    """Runs messages through a service's rules, one at a time, without database or Kafka."""

    def __init__(self, handlers: Handlers, now: datetime) -> None:
        self._handlers, self.now = handlers, now
        self._states: dict[Ref, Any] = {}
        self._due: dict[tuple[str, str, str], Due] = {}
        self.said: list[Event] = []
        self.answer: Any = None

    def deliver(self, message: object, kind: str | None = None) -> list[Event]:
        """Runs one event, command or due item; answers what it said. Raises what its rule raises."""
        handler = self._handlers.find(message, kind) or IGNORED
        refs = [*handler.touches(message), *handler.reads(message)]
        changes = handler.decide(World({ref: self._states.get(ref) for ref in refs}), message, self.now)
        said: list[Event] = []
        for ref, decision in changes.decisions.items():
            if decision.state is not None:
                self._states[ref] = decision.state
            said += decision.events
            for due in decision.due:
                self._due[(ref.kind, due.id, due.what)] = due
        said += changes.loose
        self.answer = changes.answer
        self.said += said
        return said

    def state(self, kind: Kind[S], id: str) -> S | None:
        """The state of one aggregate, or None."""
        found: S | None = self._states.get(kind.at(id))
        return found

    def go_on_with(self, handlers: Handlers) -> None:
        """From now on these rules decide; what was decided stays."""
        self._handlers = handlers

    @property
    def due(self) -> list[Due]:
        """What is set to fall due, earliest first."""
        return sorted(
            (due for due in self._due.values() if due.at), key=lambda due: (due.at, due.id, due.what)
        )

    def advance(self, to: datetime) -> list[Event]:
        """Moves the business clock to ``to``, stopping at each due instant on the way; answers what was said."""
        said: list[Event] = []
        while True:
            waiting = [(due.at, key) for key, due in self._due.items() if due.at and due.at <= to]
            if not waiting:
                self.now = to
                return said
            at, key = min(waiting)
            self.now = max(self.now, at)
            said += self.deliver(self._due.pop(key), kind=key[0])


class FakeRepository:
    """A Repository in memory, held to the same contract as the real tables."""

    def __init__(self, kind: Kind[Any]) -> None:
        self.kind = kind
        self._rows: dict[str, Stored] = {}

    async def load(self, conn: Any, ids: Sequence[str], *, lock: bool) -> dict[str, Stored]:
        return {id: self._copy(self._rows[id]) for id in ids if id in self._rows}

    async def said(self, conn: Any, ids: Sequence[str]) -> dict[str, int]:
        return {id: self._rows[id].said for id in ids if id in self._rows}

    async def insert(self, conn: Any, rows: Sequence[Stored]) -> None:
        from asyncpg import UniqueViolationError

        if any(row.id in self._rows for row in rows):
            raise UniqueViolationError("the row exists")
        await self.update(conn, rows)

    async def update(self, conn: Any, rows: Sequence[Stored]) -> None:
        self._rows.update({row.id: self._copy(row) for row in rows})

    @staticmethod
    def _copy(row: Stored) -> Stored:
        return Stored(row.id, row.version, row.said, row.state)
