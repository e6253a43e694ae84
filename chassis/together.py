"""Writes of one transaction, sent to the database in one statement: each round trip costs a batch a turn.

A write is put into a common table expression of its own. All of them see the tables as they were before the
statement, which is right for a batch: it has read before, and writes no row twice.
"""

import re
from collections.abc import Sequence
from typing import Any

from chassis.storage import Connection

_PLACE = re.compile(r"\$(\d+)")


class Writes:
    """Statements collected for one transaction; whoever makes it calls ``flush`` before the transaction ends."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._waiting: list[tuple[str, Sequence[Any]]] = []

    async def execute(self, query: str, *args: Any) -> None:
        """Keep one INSERT, UPDATE or DELETE with its arguments ($1, $2, …) for the flush."""
        self._waiting.append((query, args))

    async def flush(self) -> None:
        """Sends what was collected. Raises whatever the database has against any of it."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        parts, given = [], list[Any]()
        for statement, arguments in waiting:
            parts.append(_renumbered(statement, len(given)))
            given += arguments
        *others, last = parts
        with_others = ", ".join(f"w{n} AS ({part})" for n, part in enumerate(others))
        await self._conn.execute(f"WITH {with_others} {last}" if others else last, *given)


def _renumbered(statement: str, by: int) -> str:
    return _PLACE.sub(lambda place: f"${int(place[1]) + by}", statement) if by else statement
