"""Due work: what the business clock sets off. Claimed, decided and settled in one transaction."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial

import asyncpg

from chassis import metrics
from chassis.clock import Clock
from chassis.database import BAD_DATA, COLLISIONS, OUTAGES
from chassis.decision import Due
from chassis.failpoints import failpoint
from chassis.ids import new_id
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
#: For what one item may have brought about, and the others of its batch not.
_NOT_TOGETHER: tuple[type[BaseException], ...] = (*COLLISIONS, *BAD_DATA, MemoryError)

_CLAIM = """
DELETE FROM due_work d USING (
    SELECT kind, id, what FROM due_work WHERE at <= $1 ORDER BY at, kind, id, what LIMIT $2 OFFSET $3
    FOR UPDATE SKIP LOCKED
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
        """Works off due work until ``stopping``.

        What fails is passed over until all else that is due was done, and tried again after a pause.
        Where the database refuses a batch for its data, or there is no memory for it, each item is tried alone.
        """
        size, failed, wait = BATCH, 0, POLL_SECONDS
        while not stopping.is_set():
            try:
                done, not_done = await try_again(partial(self.once, size, failed))
                failed += not_done
                if done or not_done:
                    continue
            except OUTAGES as error:
                log.warning("due_work_interrupted", error=type(error).__name__)
                wait = _FAILED_PAUSE_SECONDS
            except _NOT_TOGETHER as error:
                log.error("due_work_refused", error=type(error).__name__, items=size)
                failed += size == 1
                size = 1
                continue
            await pause(stopping, _FAILED_PAUSE_SECONDS if failed else wait)
            size, failed, wait = BATCH, 0, POLL_SECONDS

    async def next_due(self) -> datetime | None:
        """The earliest instant at which something falls due (business time), or None."""
        at: datetime | None = await self._pool.fetchval("SELECT min(at) FROM due_work")
        return at

    async def once(self, most: int = BATCH, after: int = 0) -> tuple[int, int]:
        """Does what is due now, at most one batch, without the first ``after``; answers (done, failed)."""
        async with self._pool.acquire(timeout=10) as conn, conn.transaction():
            rows = await conn.fetch(_CLAIM, self._clock.now(), most, after)
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
        meta = Meta(row["correlation"] or new_id(), traceparent=row["traceparent"])
        return Item(Due(row["what"], row["id"], row["at"]), meta, kind=row["kind"])
