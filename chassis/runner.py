"""The runner: commands of one moment share a transaction, and a lost reply to COMMIT is looked into."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from math import ceil
from typing import Any, TypeVar

import asyncpg

from chassis import metrics
from chassis.database import COLLISIONS, OUTAGES
from chassis.decision import Refused
from chassis.failpoints import failpoint
from chassis.ids import new_id
from chassis.lanes import Lanes, Waiting
from chassis.once import IdempotencyConflict, Item, Once, recall
from chassis.outbox import Meta
from chassis.together import Writes
from chassis.work import Work

__all__ = ["IdempotencyConflict", "Once", "Overloaded", "Runner", "Unavailable", "try_again"]

T = TypeVar("T")
_LEAVE = "INSERT INTO attempt (id) VALUES ($1)"
_LEAVE_OR_FIND = f"{_LEAVE} ON CONFLICT DO NOTHING"
#: What the database calls its limit to one fact, which is less than Kafka's.
_LIMIT = "outbox_payload_check"


class Unavailable(Exception):
    """The database cannot be reached just now; try again in a moment.

    Nothing was done, as far as is known. Where only the reply to a COMMIT was lost, and the database stayed
    away, it may have been done all the same: a command with a `Once` is safe to send again, any other may
    then be done twice.
    """

    #: Seconds after which it is worth trying again.
    retry_after = 5


class Overloaded(Unavailable):
    """More arrives than can be done: this was not even begun."""

    def __init__(self, what: str, retry_after: float) -> None:
        super().__init__(what)
        self.retry_after = max(1, ceil(retry_after))
        metrics.SHED.labels(what).inc()


async def try_again(work: Callable[[], Awaitable[T]], tries: int = 8) -> T:
    """Runs ``work`` again when two transactions met. Raises the last collision if they keep meeting."""
    for attempt in range(tries):
        try:
            return await work()
        except COLLISIONS:
            if attempt == tries - 1:
                raise
            metrics.COLLISIONS.inc()
            await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))
    raise AssertionError("unreachable")


class Runner:
    """Commands of one process: those that arrive while a transaction is under way share the next one."""

    #: How long a command waits for a database that is away before it is answered «unavailable».
    PATIENCE = 8.0
    #: More commands than this wait for nobody: the memory of a process is no queue.
    MOST_WAITING = 2000
    #: A command that would wait longer for its turn is refused: its client would have given up.
    LONGEST_WAIT = 5.0

    def __init__(
        self,
        pool: asyncpg.Pool,
        work: Work,
        committed: Callable[[], None],
        lanes: int = 3,
        *,
        full: Callable[[], str | None] = lambda: None,
        outage: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        """``full`` says why no command may be taken in, or None; ``outage`` is told of each failed try."""
        self._pool, self._work, self._committed = pool, work, committed
        self._full, self._outage = full, outage
        self._lanes = Lanes(self._batch, lanes)

    async def command(
        self,
        message: object,
        *,
        once: Once | None = None,
        correlation: str | None = None,
        traceparent: str | None = None,
    ) -> Any:
        """Runs one command and answers what its rule answered.

        Raises Refused (the rule says no), IdempotencyConflict, Unavailable (the database is away), and
        Overloaded if there is no room for it.
        """
        self._admit()
        item = Item(message, Meta(correlation or new_id(), traceparent=traceparent), once)
        await self._lanes.done(item)
        if once is not None and isinstance(item.error, Refused):
            # Its twin may have been done after this one was looked for, and its rule then saw that all is done.
            item = await self._recalled(once) or item
        if item.error:
            raise item.error
        return item.answer

    async def earlier(self, once: Once) -> Any | None:
        """What this request was answered if it was done before, else None. Raises IdempotencyConflict."""
        item = await self._recalled(once)
        if item is None:
            return None
        if item.error:
            raise item.error
        return item.answer

    async def _recalled(self, once: Once) -> Item | None:
        """The request as it was done before, or as its conflict; None where its key is new."""
        item = Item(None, once=once)
        async with self._pool.acquire(timeout=5) as conn:
            await recall(conn, [item])
        return item if item.repeated or item.error else None

    async def commands(
        self, messages: Sequence[object], meta: Sequence[Meta] | None = None
    ) -> list[Any | Refused]:
        """Runs several commands in one transaction; the answer of one that its rule refused is the Refused."""
        items = [Item(m, meta[n] if meta else Meta(new_id())) for n, m in enumerate(messages)]
        await self._committed_batch(items)
        for item in items:
            if item.error and not isinstance(item.error, Refused):
                raise item.error
        return [item.error or item.answer for item in items]

    def _admit(self) -> None:
        if self._full():
            raise Overloaded("outbox", 60)
        wait = self._lanes.wait()
        if self._lanes.waiting >= self.MOST_WAITING or wait > self.LONGEST_WAIT:
            raise Overloaded("commands", min(wait, 60))

    async def _batch(self, batch: list[Waiting[Item]]) -> None:
        try:
            await self._committed_batch([item for item, _ in batch])
        except Exception as error:
            await self._singly(batch, error)

    async def _singly(self, batch: list[Waiting[Item]], error: Exception) -> None:
        """After the database refused a whole batch: only the guilty one of it shall fail."""
        for item, future in batch:
            try:
                if isinstance(error, Unavailable) or len(batch) == 1:
                    raise error
                await self._committed_batch([item])
            except Exception as own:
                if not future.done():
                    future.set_exception(_too_long(own) or own)

    async def _committed_batch(self, items: Sequence[Item]) -> None:
        attempt = new_id()
        deadline, unheard = asyncio.get_running_loop().time() + self.PATIENCE, False
        while True:
            try:
                await try_again(partial(self._transaction, items, attempt, unheard))
            except OUTAGES as error:
                unheard = True
                self._outage(error)
                if asyncio.get_running_loop().time() > deadline:
                    raise Unavailable from error
                await asyncio.sleep(0.2)
                continue
            self._committed()
            return

    async def _transaction(self, items: Sequence[Item], attempt: str, unheard: bool) -> None:
        async with self._pool.acquire(timeout=5) as conn, conn.transaction():
            with metrics.BATCH_SECONDS.labels("commands").time():
                writes = Writes(conn)
                # A transaction whose COMMIT was answered by silence may have been done, or be done yet: this
                # waits for its end, and if it was done the items keep what it decided.
                if not unheard:
                    await writes.execute(_LEAVE, attempt)
                elif await conn.execute(_LEAVE_OR_FIND, attempt) == "INSERT 0 0":
                    return
                await self._work.run(conn, items, writes)
                await writes.flush()
                failpoint("mid-batch")
        failpoint("after-commit")


def _too_long(error: Exception) -> Refused | None:
    """What is told whoever wrote more than can be passed on; None where that is not the error."""
    if isinstance(error, asyncpg.CheckViolationError) and error.constraint_name == _LIMIT:
        detail = "With all that was written before, this is more than can be passed on: shorten it."
        return Refused("too-long", detail)
    return None
