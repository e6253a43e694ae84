"""Whether the database answers and takes writes, asked apart from the pool, so that a busy pool is no dead database."""

import asyncio
from time import monotonic

import asyncpg

from chassis.database import OUTAGES, WRITABLE, why_away
from chassis.parts import Parts

_SECONDS = 1.5
#: An answer counts for so long: whoever asks in between gets the same, and nobody can make us ask all the time.
_COUNTS_SECONDS = 1.0


class Pulse:
    """Feels the database's pulse."""

    def __init__(self, dsn: str, parts: Parts) -> None:
        self._dsn, self._parts = dsn, parts
        self._conn: asyncpg.Connection | None = None
        self._felt, self._asking = 0.0, asyncio.Lock()

    async def why(self) -> str | None:
        """Why the database does not answer, or None; within two seconds, whatever the database does."""
        async with self._asking:
            if not self._felt or monotonic() - self._felt > _COUNTS_SECONDS:
                self._parts.say("database", await self._ask())
                self._felt = monotonic()
        return self._parts.why("database")

    async def close(self) -> None:
        """Gives the connection back."""
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.terminate()

    async def _ask(self) -> str | None:
        try:
            async with asyncio.timeout(_SECONDS):
                if self._conn is None or self._conn.is_closed():
                    self._conn = await asyncpg.connect(
                        self._dsn,
                        server_settings={"application_name": "pulse"},
                        target_session_attrs=WRITABLE,
                    )
                if await self._conn.fetchval("SHOW transaction_read_only") == "on":
                    raise asyncpg.ReadOnlySQLTransactionError
        except OUTAGES as error:
            await self.close()
            return why_away(error)
        return None
