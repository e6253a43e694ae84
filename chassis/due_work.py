"""Due work: what the business clock sets off. Claimed, decided and settled in one transaction."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import asyncpg

from chassis import metrics
from chassis.clock import Clock
from chassis.database import OUTAGES
from chassis.decision import Due
from chassis.failpoints import failpoint
from chassis.once import Item
from chassis.outbox import Meta
from chassis.pause import pause
from chassis.runner import try_again
from chassis.telemetry import get_logger
from chassis.work import Work

log = get_logger(__name__)

BATCH = 200
POLL_SECONDS = 0.25
_FAILED_PAUSE_SECONDS = 5.0

_CLAIM = """
DELETE FROM due_work d USING (
    SELECT kind, id, what FROM due_work WHERE at <= $1 ORDER BY at, kind, id LIMIT $2 FOR UPDATE SKIP LOCKED
) AS next
WHERE d.kind = next.kind AND d.id = next.id AND d.what = next.what
RETURNING d.kind, d.id, d.what, d.at, d.correlation, d.traceparent
"""
_PUT_BACK = """
INSERT INTO due_work (kind, id, what, at, correlation, traceparent) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
"""


class DueWork:
    """Looks for what is due, several times a second."""

    def __init__(self, pool: asyncpg.Pool, work: Work, clock: Clock, committed: Callable[[], None]) -> None:
        self._pool, self._work, self._clock, self._committed = pool, work, clock, committed

    async def run(self, stopping: asyncio.Event) -> None:
        """Works off due work until ``stopping``; a rule that fails is tried again after a pause."""
        while not stopping.is_set():
            try:
                done, failed = await try_again(self.once)
            except OUTAGES as error:
                log.warning("due_work_interrupted", error=type(error).__name__)
                done, failed = 0, 1
            wait = _FAILED_PAUSE_SECONDS if failed else POLL_SECONDS
            if failed or not done:
                await pause(stopping, wait)

    async def next_due(self) -> datetime | None:
        """The earliest instant at which something falls due (business time), or None."""
        at: datetime | None = await self._pool.fetchval("SELECT min(at) FROM due_work")
        return at

    async def once(self) -> tuple[int, int]:
        """Does what is due now, at most one batch; answers (done, failed)."""
        async with self._pool.acquire(timeout=10) as conn, conn.transaction():
            rows = await conn.fetch(_CLAIM, self._clock.now(), BATCH)
            if not rows:
                return 0, 0
            rows.sort(key=lambda row: (row["at"], row["kind"], row["id"]))
            items = [self._item(row) for row in rows]
            await self._work.run(conn, items)
            failed = [row for row, item in zip(rows, items, strict=True) if item.error]
            for row in failed:
                log.error("due_work_failed", kind=row["kind"], what=row["what"])
                await conn.execute(_PUT_BACK, *row.values())
            metrics.BATCH_SIZE.labels("timers").observe(len(rows))
            failpoint("mid-batch")
        self._committed()
        failpoint("after-commit")
        return len(rows) - len(failed), len(failed)

    @staticmethod
    def _item(row: asyncpg.Record) -> Item:
        meta = Meta(row["correlation"] or str(uuid4()), traceparent=row["traceparent"])
        return Item(Due(row["what"], row["id"], row["at"]), meta, kind=row["kind"])
