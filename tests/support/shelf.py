"""Connections that one test hands on to the next, with the database that they lead to.

To make one, to read the catalogue for the first time and to plan each question anew took PostgreSQL and the test longer
than all else that most tests ask of it. What one does to its session is undone before the next one has it.
"""

from typing import Any

import asyncpg

from chassis.database import _Connection

#: So many are kept for a database: most tests need two, and a server has only so many.
MOST_KEPT = 3
_SECONDS = 5.0


class _Kept(_Connection):
    """A connection that goes back to its shelf once its pool is closed."""

    shelf: "Shelf"

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 (asyncpg calls it so)
        holder: Any = self._pool_holder and self._pool_holder()  # type: ignore[has-type]
        if holder is None or not holder._pool.is_closing() or not await self.shelf.takes(self):
            await super().close(timeout=timeout)
            return
        self._pool_holder = None
        holder._release_on_close()


class Shelf:
    """Those of one database that no pool has."""

    def __init__(self) -> None:
        self._free: list[_Kept] = []

    async def opened(self, *where: Any, **how: Any) -> asyncpg.Connection:
        """One that lies here, else a new one, as `asyncpg.connect` makes it."""
        while self._free:
            if not (kept := self._free.pop()).is_closed():
                return kept
        made: _Kept = await asyncpg.connect(*where, **how | {"connection_class": _Kept})
        made.shelf = self
        return made

    async def takes(self, one: _Kept) -> bool:
        """Whether it lies here now, its session as it was at first."""
        if len(self._free) >= MOST_KEPT or one.is_closed():
            return False
        try:
            await one.reset(timeout=_SECONDS)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            return False
        if len(self._free) >= MOST_KEPT:
            return False  # others came meanwhile
        self._free.append(one)
        return True

    def processes(self) -> list[int]:
        """The server's processes for those that lie here."""
        return [one.get_server_pid() for one in self._free if not one.is_closed()]

    def close(self) -> None:
        """Ends all that lie here."""
        while self._free:
            self._free.pop().terminate()
