"""The relay: carries the outbox to Kafka, in order, with one relay a shard.

A batch may be published twice, and consumers know repeats; see `chassis.publisher` for a relay that others overtook.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from time import monotonic

import asyncpg

from chassis import metrics
from chassis.brokers import Brokers
from chassis.database import OUTAGES
from chassis.failpoints import failpoint
from chassis.outages import AWAY, why
from chassis.pause import pause
from chassis.publisher import Publisher
from chassis.storage import Connection
from chassis.telemetry import get_logger

log = get_logger(__name__)

BATCH = 1000
POLL_SECONDS = 0.05
#: After a small batch it rests for as long as that took, between these two.
GATHER_SECONDS, LONGEST_GATHER_SECONDS = 0.02, 0.05
KEEP_SENT_DAYS = 14
#: A relay that says nothing to the database for so long is frozen: PostgreSQL ends its session, and with it its
#: lock. Longer than one that works is ever silent, which is while Kafka does not answer (see `publisher.TIMEOUT`).
FROZEN_SECONDS = 40
#: Then it gives way and begins anew. Kafka forgets who has not begun for a week, and the next would fence nobody.
LEADS_SECONDS = 24 * 3600
LOCK_CLASS = 1_179_601_993

# The outbox is nearly always empty, so PostgreSQL expects a walk through the whole table to cost nothing, and keeps to
# that plan when thousands of rows have passed since the last vacuum and left as many pages behind.
_SESSION = "SET idle_session_timeout = '{seconds}s'; SET enable_seqscan = off"
_SESSION_ENDS = "RESET idle_session_timeout; RESET enable_seqscan"

_NEXT = "SELECT seq, topic, key, headers, payload FROM outbox WHERE shard = $1 ORDER BY seq LIMIT $2"
_MARK = """
WITH sent AS (DELETE FROM outbox WHERE shard = $1 AND seq = ANY($2::bigint[]) RETURNING *)
INSERT INTO outbox_sent (shard, seq, event_id, topic, key, version, headers, payload, created_at)
SELECT shard, seq, event_id, topic, key, version, headers, payload, created_at FROM sent
"""


class Relay:
    """Publishes one shard of the outbox while it holds that shard's advisory lock."""

    def __init__(
        self, pool: asyncpg.Pool, brokers: Brokers, *, name: str, prefix: str = "", shard: int = 0
    ) -> None:
        self._pool, self._brokers, self._prefix, self._shard = pool, brokers, prefix, shard
        self._transactional_id = f"{prefix}{name}-relay-{shard}"
        self._wake = asyncio.Event()
        self._partitions_made: date | None = None
        #: Why it could not publish when it last tried, or None.
        self.trouble: str | None = None

    def wake(self) -> None:
        """Says that there may be something to publish; without it the relay looks every 50 ms."""
        self._wake.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Relays until ``stopping``; every failure discards the producer and starts again."""
        while not stopping.is_set():
            try:
                await self._lead(stopping)
            except AWAY as error:
                self.trouble = why(error)
                metrics.RELAY_FAILURES.inc()
                log.warning("relay_interrupted", error=type(error).__name__, why=self.trouble)
            await pause(stopping, 1.0)

    async def _lead(self, stopping: asyncio.Event) -> None:
        """Publishes while this process is the shard's only relay, a day at most; returns if it is not, or stopping."""
        async with self._pool.acquire() as conn:
            locked = await conn.fetchval("SELECT pg_try_advisory_lock($1, $2)", LOCK_CLASS, self._shard)
            if not locked:
                self.trouble = None  # another's it is to tell
                return
            publisher = Publisher(self._brokers, self._prefix, self._transactional_id)
            try:
                await conn.execute(_SESSION.format(seconds=FROZEN_SECONDS))
                await publisher.start()
                await self._relay_batches(conn, publisher, stopping)
            finally:
                try:
                    await publisher.stop()
                finally:
                    await self._unlock(conn)

    async def _unlock(self, conn: Connection) -> None:
        try:
            await conn.execute(_SESSION_ENDS)
            await conn.execute("SELECT pg_advisory_unlock($1, $2)", LOCK_CLASS, self._shard)
        except BaseException as error:
            # The pool undoes nothing, so the lock would stay on its connection, and every relay would wait.
            with suppress(asyncpg.InterfaceError):  # the database has ended it, and the pool taken it back
                conn.terminate()
            if not isinstance(error, OUTAGES):
                raise

    async def _relay_batches(self, conn: Connection, publisher: Publisher, stopping: asyncio.Event) -> None:
        led = monotonic()
        while not stopping.is_set() and monotonic() - led < LEADS_SECONDS:
            self._wake.clear()
            rows = await conn.fetch(_NEXT, self._shard, BATCH)
            if not rows:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
                continue
            began = monotonic()
            await publisher.publish(rows)
            failpoint("after-publish")
            await self._mark(conn, rows)
            metrics.RELAYED.inc(len(rows))
            self.trouble = None
            if len(rows) < BATCH:
                # Fuller batches: each costs the broker a round, the database two, and those who hear it a transaction
                # of their own. On a busy machine more of a batch is such cost.
                rest = min(monotonic() - began, LONGEST_GATHER_SECONDS)
                await pause(stopping, max(GATHER_SECONDS, rest))

    async def _mark(self, conn: Connection, rows: Sequence[asyncpg.Record]) -> None:
        await self._ensure_partitions(conn)
        await conn.execute(_MARK, self._shard, [row["seq"] for row in rows])

    async def _ensure_partitions(self, conn: Connection) -> None:
        """Makes today's and tomorrow's partition of what was sent, and drops those past keeping.

        Once a day; which day it is, the database says, whose clock stands in the rows. Nothing is cleared up in them
        and no statistics are kept of them: they are only added to, hardly read, and go as a whole.
        """
        if self._partitions_made == datetime.now(UTC).date():
            return
        today = await conn.fetchval("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date")
        for day in (today, today + timedelta(days=1)):
            await conn.execute(
                f"CREATE TABLE IF NOT EXISTS outbox_sent_{day:%Y%m%d} PARTITION OF outbox_sent "
                f"FOR VALUES FROM ('{day:%Y-%m-%d}') TO ('{day + timedelta(days=1):%Y-%m-%d}') "
                "WITH (autovacuum_enabled = false)"
            )
        oldest = f"outbox_sent_{today - timedelta(days=KEEP_SENT_DAYS):%Y%m%d}"
        old = await conn.fetch(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'outbox_sent'::regclass AND c.relname < $1",
            oldest,
        )
        for row in old:
            await conn.execute(f"DROP TABLE {row['relname']}")
        self._partitions_made = datetime.now(UTC).date()
