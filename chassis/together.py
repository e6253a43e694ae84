"""What one transaction reads, and what it writes, each in one statement: each round trip costs a batch a turn.

A read and a write is put into a common table expression of its own. All writes see the tables as they were before
the statement, which is right for a batch: it has read before, and writes no row twice.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
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


async def read(conn: Connection, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[Any]]:
    """The rows of several SELECTs of the same columns, each with its one argument, $1.

    They are run in this order. So locks are taken in it, and a row that was locked is as it was left last.
    """
    if not asked:
        return []
    found: list[list[Any]] = [[] for _ in asked]
    rows = await conn.fetch(_united(tuple(query for query, _ in asked)), *(argument for _, argument in asked))
    for row in rows:
        found[row["place"]].append(row)
    return found


@lru_cache(maxsize=256)
def _united(queries: tuple[str, ...]) -> str:
    parts = ", ".join(f"r{n} AS MATERIALIZED ({_renumbered(query, n)})" for n, query in enumerate(queries))
    return f"WITH {parts} " + " UNION ALL ".join(
        f"SELECT {n} AS place, * FROM r{n}" for n in range(len(queries))
    )


@lru_cache(maxsize=2048)
def _renumbered(statement: str, by: int) -> str:
    return _PLACE.sub(lambda place: f"${int(place[1]) + by}", statement) if by else statement
