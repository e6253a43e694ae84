"""The worker's part in lists: rows that were confirmed become referrals; what nobody wants any more is deleted."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chassis.database import BAD_DATA, COLLISIONS, OUTAGES
from chassis.decision import Refused
from chassis.failpoints import failpoint
from chassis.ids import new_id
from chassis.once import Item, Once
from chassis.outbox import Meta
from chassis.pause import pause
from chassis.runner import try_again
from chassis.sealing import CannotOpen
from chassis.service import Running
from chassis.telemetry import get_logger
from services.referrals.bulk.judging import opened
from services.referrals.bulk.kinds import KINDS, Context
from services.referrals.domain.book import Book
from services.referrals.domain.bulk import RowFault
from services.referrals.storage import uploads
from services.referrals.storage.uploads import Row

log = get_logger(__name__)

BATCH = 50
_IDLE_SECONDS, _AWAY_SECONDS = 0.5, 5.0
_NOT_TAKEN = RowFault(
    "the whole row", "not-taken", "This row could not be taken: send it by the form instead."
)


@dataclass(slots=True)
class _Job:
    """A row in hand: the item that takes it in, or what became of it at once."""

    row: Row
    item: Item | None = None
    faults: tuple[RowFault, ...] = ()


class Worker:
    """Claims rows, takes them in by the rules of every other form, and settles them: in one transaction."""

    def __init__(self, running: Running, book: Book) -> None:
        self._running, self._book = running, book
        self._tried: Row | None = None

    async def run(self, running: Running) -> None:
        """Works until the service stops. A batch that the database refuses for its data is tried row by row."""
        size = BATCH
        while not running.stopping.is_set():
            wait = _IDLE_SECONDS
            try:
                if running.backlog.why():
                    wait = _AWAY_SECONDS
                elif await try_again(partial(self.once, size)):
                    continue
                size = BATCH
            except OUTAGES as error:
                log.warning("upload_interrupted", error=type(error).__name__)
                wait = _AWAY_SECONDS
            except (*COLLISIONS, *BAD_DATA) as error:
                log.error("upload_refused", error=type(error).__name__, rows=size)
                if size == 1:
                    await self.give_up()
                size = 1
                continue
            await pause(running.stopping, wait)

    async def once(self, most: int = BATCH) -> int:
        """Takes some rows in; answers how many. Where none waits, deletes what is old."""
        now = self._running.clock.now()
        async with self._running.pool.acquire(timeout=10) as conn, conn.transaction():
            rows = await uploads.claim(conn, most)
            self._tried = rows[0] if rows else None
            if not rows:
                await uploads.finish(conn, now)
                await uploads.tidy(conn, now)
                return 0
            context = await Context.of(conn, self._book, now)
            jobs = [self._job(context, row) for row in rows]
            await self._running.work.run(conn, [job.item for job in jobs if job.item])
            await uploads.settle(conn, [_settled(job) for job in jobs])
            await uploads.finish(conn, now)
            failpoint("mid-batch")
        self._running.relay.wake()
        failpoint("after-commit")
        return len(rows)

    def _job(self, context: Context, row: Row) -> _Job:
        listed = KINDS[row.kind]
        try:
            body = opened(self._running, row)
        except CannotOpen:
            return _Job(row, faults=(_NOT_TAKEN,))
        # A day may have passed since it was looked through, and the register may have changed. Whose schools
        # they are was asked then; the checks of the form are asked again.
        checked = listed.check(context, body)
        if isinstance(checked, list):
            return _Job(row, faults=listed.layout.faults(checked, {}))
        once = Once(f"upload:{row.upload_id}", str(row.number), body)
        command = listed.command(context, listed.id(row.upload_id, row.number, checked), checked, row.by)
        return _Job(row, Item(command, Meta(new_id()), once))

    async def give_up(self) -> None:
        """Leaves the row that was tried by itself: the database cannot keep it. Others may be another worker's."""
        row = self._tried
        if row is None:
            return
        async with self._running.pool.acquire(timeout=10) as conn, conn.transaction():
            if await uploads.hold(conn, row):
                await uploads.settle(conn, [replace(row, state="refused", faults=(_NOT_TAKEN,))])


def _settled(job: _Job) -> Row:
    item = job.item
    if item is None:
        return replace(job.row, state="refused", faults=job.faults)
    if item.error is not None:
        return replace(job.row, state="refused", faults=_faults(job.row, item.error))
    answer: dict[str, Any] = item.answer
    state = "there" if answer.get("there") else "taken"
    return replace(job.row, state=state, reference=answer["reference"], faults=())  # type: ignore[arg-type]


def _faults(row: Row, error: Exception) -> tuple[RowFault, ...]:
    if not isinstance(error, Refused):
        log.error("upload_row_failed", error=type(error).__name__)
        return (_NOT_TAKEN,)
    if error.faults:
        return KINDS[row.kind].layout.faults(error.faults, {})
    return (RowFault("the whole row", error.code, error.detail),)


async def busy(running: Running) -> str | None:
    """That rows of lists wait, for whoever steps the clock."""
    async with running.pool.acquire() as conn:
        rows = await uploads.waiting(conn)
    return f"{rows} rows of lists wait" if rows else None
