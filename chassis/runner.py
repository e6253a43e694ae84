"""The runner: load many, decide each, save many, in one transaction a batch.

Events, HTTP commands and due work all pass through ``Work``; what differs is only how a batch comes
together and what is done with what a rule refuses.
"""

import asyncio
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg

from chassis import metrics
from chassis.clock import Clock
from chassis.database import COLLISIONS, OUTAGES
from chassis.decision import Changes, Decision, Due, Ref, Refused, World
from chassis.failpoints import failpoint
from chassis.handlers import IGNORED, Handler, Handlers, UnknownMessage
from chassis.outbox import Draft, Meta, Outbox
from chassis.storage import Connection, Repository, Stored

T = TypeVar("T")


class IdempotencyConflict(Exception):
    """The same idempotency key came before with another body: use a new key for a new request."""


class Unavailable(Exception):
    """The database cannot be reached just now; nothing was done, try again in a moment."""


class Follower(Exception):
    """An earlier message of the same stream failed: this one waits behind it."""


@dataclass(frozen=True, slots=True)
class Once:
    """Do this once, however often it comes: the same key and body get the same answer."""

    scope: str
    key: str
    body: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.body).digest()


@dataclass(slots=True)
class Item:
    """A message on its way through a batch, and what became of it."""

    message: object
    meta: Meta = field(default_factory=Meta)
    once: Once | None = None
    kind: str | None = None  # of the aggregate, where the message is due work
    stream: object = None  # messages of one stream stop at the first that fails
    handler: Handler | None = None
    answer: Any = None
    error: Exception | None = None
    repeated: bool = False


class Work:
    """Runs items through the rules inside the caller's transaction."""

    def __init__(
        self, handlers: Handlers, repositories: Sequence[Repository], outbox: Outbox, clock: Clock
    ) -> None:
        self._handlers, self._outbox, self._clock = handlers, outbox, clock
        self._repositories = {repository.kind.name: repository for repository in repositories}

    async def run(self, conn: Connection, items: Sequence[Item]) -> None:
        """Decides every item in order and writes all outcomes.

        An item whose rule refused or raised has ``error`` set and has changed nothing. An item that
        was done before has ``repeated`` set and the answer that was given then.
        """
        for item in items:
            item.answer, item.error, item.repeated = None, None, False
            item.handler = self._handler(item)
        await _recall(conn, items)
        batch = _Batch(self._clock.now())
        await self._load(conn, batch, [item for item in items if not item.repeated and not item.error])
        broken: set[object] = set()
        firsts: dict[tuple[str, str], Item] = {}
        for item in items:
            if item.stream in broken:
                item.error = Follower()
            _recall_twin(firsts, item)
            if not item.repeated and not item.error:
                _decide(batch, item)
            if item.error and item.stream is not None:
                broken.add(item.stream)
        await self._save(conn, batch)
        await _remember(conn, items)

    def _handler(self, item: Item) -> Handler:
        handler = self._handlers.find(item.message, item.kind)
        if handler is None and item.stream is None:
            raise UnknownMessage(type(item.message).__name__)
        return handler or IGNORED  # an event that concerns this service not at all

    async def _load(self, conn: Connection, batch: "_Batch", items: Sequence[Item]) -> None:
        locked: set[Ref] = set()
        looked_at: set[Ref] = set()
        for item in items:
            assert item.handler is not None
            locked.update(item.handler.touches(item.message))
            looked_at.update(item.handler.reads(item.message))
        # Always kinds and ids in the same order: two batches can then not wait for each other.
        for refs, lock in ((locked, True), (looked_at - locked, False)):
            for kind, ids in sorted(_by_kind(refs).items()):
                found = await self._repository(kind).load(conn, sorted(ids), lock=lock)
                for id in ids:
                    batch.rows[Ref(kind, id)] = found.get(id) or Stored(id, 0, 0, None)

    def _repository(self, kind: str) -> Repository:
        try:
            return self._repositories[kind]
        except KeyError:
            raise UnknownMessage(f"no repository for {kind}: add it to the service's repositories") from None

    async def _save(self, conn: Connection, batch: "_Batch") -> None:
        for kind, ids in sorted(_by_kind(batch.changed).items()):
            rows = [batch.rows[Ref(kind, id)] for id in sorted(ids)]
            new = [row for row in rows if Ref(kind, row.id) in batch.created]
            old = [row for row in rows if Ref(kind, row.id) not in batch.created]
            if new:
                await self._repository(kind).insert(conn, new)
            if old:
                await self._repository(kind).update(conn, old)
        await _schedule(conn, batch)
        await self._outbox.append(conn, batch.drafts)


class _Batch:
    """What a batch has read and what it will write."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.rows: dict[Ref, Stored] = {}
        self.changed: set[Ref] = set()
        self.created: set[Ref] = set()
        self.drafts: list[Draft] = []
        self.due: dict[tuple[str, str, str], tuple[Due, Meta]] = {}


def _by_kind(refs: set[Ref]) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = defaultdict(set)
    for ref in refs:
        kinds[ref.kind].add(ref.id)
    return kinds


def _decide(batch: _Batch, item: Item) -> None:
    """Runs one rule over the states as earlier items of the batch have left them."""
    assert item.handler is not None
    refs = [*item.handler.touches(item.message), *item.handler.reads(item.message)]
    world = World({ref: batch.rows[ref].state for ref in refs})
    try:
        changes = item.handler.decide(world, item.message, batch.now)
        drafts = [draft for ref, one in changes.decisions.items() for draft in _drafts(batch, ref, one, item)]
    except Exception as error:  # a rule that raises must not take the rest of the batch with it
        item.error = error
        return
    item.answer = changes.answer
    _apply(batch, item, changes)
    batch.drafts += drafts
    batch.drafts += [Draft(event, 1, item.meta) for event in changes.loose]


def _drafts(batch: _Batch, ref: Ref, decision: Decision[Any], item: Item) -> list[Draft]:
    row, drafts, said = batch.rows[ref], [], batch.rows[ref].said
    for event in decision.events:
        if event.topic.order == "every-version":
            if event.key != ref.id:
                raise ValueError(f"{event.type} is keyed by another id than its aggregate's")
            said += 1
            drafts.append(Draft(event, said, item.meta))
        else:
            drafts.append(Draft(event, row.version + 1, item.meta))
    return drafts


def _apply(batch: _Batch, item: Item, changes: Changes) -> None:
    for ref, decision in changes.decisions.items():
        row = batch.rows[ref]
        for due in decision.due:
            batch.due[(ref.kind, due.id, due.what)] = (due, item.meta)
        if decision.state is None and not decision.events:
            continue
        if row.version == 0:
            batch.created.add(ref)
        batch.changed.add(ref)
        said = sum(event.topic.order == "every-version" for event in decision.events)
        state = row.state if decision.state is None else decision.state
        batch.rows[ref] = Stored(ref.id, row.version + 1, row.said + said, state)


async def _schedule(conn: Connection, batch: _Batch) -> None:
    gone = [key for key, (due, _) in batch.due.items() if due.at is None]
    coming = [(*key, due.at, m.correlation, m.traceparent) for key, (due, m) in batch.due.items() if due.at]
    if gone:
        await conn.execute(
            "DELETE FROM due_work d USING unnest($1::text[], $2::text[], $3::text[]) AS gone(kind, id, what) "
            "WHERE d.kind = gone.kind AND d.id = gone.id AND d.what = gone.what",
            *map(list, zip(*gone, strict=True)),
        )
    if coming:
        await conn.execute(
            "INSERT INTO due_work (kind, id, what, at, correlation, traceparent) "
            "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[]) "
            "ON CONFLICT (kind, id, what) DO UPDATE SET at = EXCLUDED.at",
            *map(list, zip(*sorted(coming, key=lambda row: row[:3]), strict=True)),
        )


async def _recall(conn: Connection, items: Sequence[Item]) -> None:
    """Marks the items that were done before."""
    asked = [item for item in items if item.once]
    if not asked:
        return
    rows = await conn.fetch(
        "SELECT o.scope, o.key, o.body_hash, o.answer FROM once o "
        "JOIN unnest($1::text[], $2::text[]) AS asked(scope, key) ON o.scope = asked.scope AND o.key = asked.key",
        [item.once.scope for item in asked if item.once],
        [item.once.key for item in asked if item.once],
    )
    done = {(row["scope"], row["key"]): row for row in rows}
    for item in asked:
        assert item.once is not None
        row = done.get((item.once.scope, item.once.key))
        if row is not None:
            answer = None if row["answer"] is None else json.loads(row["answer"])
            _answer_again(item, item.once.digest == bytes(row["body_hash"]), answer)


def _recall_twin(firsts: dict[tuple[str, str], Item], item: Item) -> None:
    """The same for a twin that was decided earlier in this very batch."""
    if item.once is None or item.repeated or item.error:
        return
    first = firsts.get((item.once.scope, item.once.key))
    if first is None or first.error:
        firsts[(item.once.scope, item.once.key)] = item
    else:
        assert first.once is not None
        _answer_again(item, first.once.digest == item.once.digest, first.answer)


def _answer_again(item: Item, same_body: bool, answer: Any) -> None:
    if same_body:
        item.repeated, item.answer = True, answer
    else:
        item.error = IdempotencyConflict()


async def _remember(conn: Connection, items: Sequence[Item]) -> None:
    done = [(item.once, item.answer) for item in items if item.once and not item.error and not item.repeated]
    if done:
        await conn.execute(
            "INSERT INTO once (scope, key, body_hash, answer) "
            "SELECT scope, key, body_hash, answer::json "
            "FROM unnest($1::text[], $2::text[], $3::bytea[], $4::text[]) AS new(scope, key, body_hash, answer)",
            [once.scope for once, _ in done],
            [once.key for once, _ in done],
            [once.digest for once, _ in done],
            [json.dumps(answer) for _, answer in done],
        )


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

    #: A batch of commands is at most this long, so that one slow batch holds nobody up for long.
    LARGEST = 200
    #: How long a command waits for a database that is away before it is answered «unavailable».
    PATIENCE = 8.0

    def __init__(self, pool: asyncpg.Pool, work: Work, committed: Callable[[], None], lanes: int = 2) -> None:
        self._pool, self._work, self._committed = pool, work, committed
        self._waiting: list[tuple[Item, asyncio.Future[Item]]] = []
        self._free = lanes
        self._lanes: set[asyncio.Task[None]] = set()

    async def command(
        self,
        message: object,
        *,
        once: Once | None = None,
        correlation: str | None = None,
        traceparent: str | None = None,
    ) -> Any:
        """Runs one command and answers what its rule answered.

        Raises Refused (the rule says no), IdempotencyConflict, Unavailable (the database is away).
        """
        item = Item(message, Meta(correlation or str(uuid4()), traceparent=traceparent), once)
        await self._queued(item)
        if item.error:
            raise item.error
        return item.answer

    async def commands(
        self, messages: Sequence[object], meta: Sequence[Meta] | None = None
    ) -> list[Any | Refused]:
        """Runs several commands in one transaction; the answer of one that its rule refused is the Refused."""
        items = [Item(m, meta[n] if meta else Meta(str(uuid4()))) for n, m in enumerate(messages)]
        await self._committed_batch(items)
        for item in items:
            if item.error and not isinstance(item.error, Refused):
                raise item.error
        return [item.error or item.answer for item in items]

    async def _queued(self, item: Item) -> None:
        future: asyncio.Future[Item] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._free:
            self._free -= 1
            lane = asyncio.create_task(self._lane())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        await future

    async def _lane(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self.LARGEST], self._waiting[self.LARGEST :]
                try:
                    await self._committed_batch([item for item, _ in batch])
                except Exception as error:
                    await self._singly(batch, error)
                for item, future in batch:
                    if not future.done():
                        future.set_result(item)
        finally:
            self._free += 1

    async def _singly(self, batch: list[tuple[Item, "asyncio.Future[Item]"]], error: Exception) -> None:
        """After the database refused a whole batch: only the guilty one of it shall fail."""
        for item, future in batch:
            try:
                if isinstance(error, Unavailable) or len(batch) == 1:
                    raise error
                await self._committed_batch([item])
            except Exception as own:
                if not future.done():
                    future.set_exception(own)

    async def _committed_batch(self, items: Sequence[Item]) -> None:
        attempt = uuid4()
        deadline = asyncio.get_running_loop().time() + self.PATIENCE
        while True:
            try:
                await try_again(lambda: self._transaction(items, attempt))
            except OUTAGES as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise Unavailable from error
                await asyncio.sleep(0.2)
                continue
            self._committed()
            return

    async def _transaction(self, items: Sequence[Item], attempt: UUID) -> None:
        async with self._pool.acquire(timeout=5) as conn, conn.transaction():
            with metrics.BATCH_SECONDS.labels("commands").time():
                # A transaction whose COMMIT was answered by silence may have been done: look first.
                if await conn.fetchval("SELECT true FROM attempt WHERE id = $1", attempt):
                    return
                await self._work.run(conn, items)
                await conn.execute("INSERT INTO attempt (id) VALUES ($1)", attempt)
                failpoint("mid-batch")
        failpoint("after-commit")
