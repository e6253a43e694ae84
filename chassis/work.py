"""Load many, decide each, save many: how a batch of messages passes through the rules of a service.

Events, HTTP commands and due work all come this way; what differs is only how a batch comes together
and what is done with what a rule refuses.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from chassis.clock import Clock
from chassis.decision import Changes, Decision, Due, Ref, World
from chassis.erasing import Eraser, about, gone
from chassis.erasure import ERASURE, Erasure
from chassis.handlers import IGNORED, Handler, Handlers, UnknownMessage
from chassis.loading import Loader
from chassis.once import Item, recall, recall_twin, remember
from chassis.outbox import Draft, Meta, Outbox
from chassis.storage import Connection, Lookup, Repository, StateUnreadable, Stored, Unreadable
from chassis.together import Writes
from schemas.envelope import Event


class Follower(Exception):
    """An earlier message of the same stream failed: this one waits behind it."""


class Work:
    """Runs items through the rules inside the caller's transaction."""

    def __init__(
        self,
        handlers: Handlers,
        repositories: Sequence[Repository],
        outbox: Outbox,
        clock: Clock,
        lookups: Sequence[Lookup] = (),
        eraser: Eraser | None = None,
    ) -> None:
        """``lookups`` are for what rules only look at; ``eraser`` does what an erasure orders."""
        self._eraser = eraser or Eraser(None, outbox)
        self._handlers, self._outbox, self._clock = handlers, outbox, clock
        self._repositories = {repository.kind.name: repository for repository in repositories}
        self._loader = Loader((*repositories, *lookups))

    async def run(self, conn: Connection, items: Sequence[Item], writes: Writes | None = None) -> bool:
        """Decides every item in order and writes all outcomes: at once, or with the caller's ``writes``.

        Answers whether there is anything to publish.
        An item whose rule refused or raised has ``error`` set and has changed nothing. An item that
        was done before has ``repeated`` set and the answer that was given then.
        """
        for item in items:
            item.answer, item.error, item.repeated = None, None, False
            item.handler = self._handler(item)
        await recall(conn, items)
        batch = _Batch(self._clock.now())
        await self._load(conn, batch, [item for item in items if not item.repeated and not item.error])
        broken: set[object] = set()
        firsts: dict[tuple[str, str], Item] = {}
        for item in items:
            if item.stream in broken:
                item.error = Follower()
            recall_twin(firsts, item)
            if not item.repeated and not item.error:
                _decide(batch, item)
            if item.error and item.stream is not None:
                broken.add(item.stream)
        together = Writes(conn) if writes is None else writes
        await self._save(conn, together, batch)
        await remember(together, items)
        if writes is None:
            await together.flush()
        return bool(batch.drafts or batch.last or batch.erasures)

    def _handler(self, item: Item) -> Handler:
        handler = self._handlers.find(item.message, item.kind)
        if handler is None and item.stream is None:
            raise UnknownMessage(type(item.message).__name__)
        return handler or IGNORED  # an event that concerns this service not at all

    async def _load(self, conn: Connection, batch: "_Batch", items: Sequence[Item]) -> None:
        locked: set[Ref] = set()
        looked_at: set[Ref] = set()
        asked: set[str] = set()
        for item in items:
            assert item.handler is not None
            try:
                touched = tuple(item.handler.touches(item.message))
                read = tuple(item.handler.reads(item.message))
            except MemoryError:
                raise
            except Exception as error:  # as for a rule that raises: the rest of the batch goes on
                item.error = error
                continue
            item.refs = touched + read
            item.about = about(item)
            locked.update(touched)
            looked_at.update(read)
            asked.update(item.about)
        asked.update(ref.id for ref in locked | looked_at)
        batch.rows, batch.erased = await self._loader.load(conn, locked, looked_at - locked, asked)

    async def _save(self, conn: Connection, writes: Writes, batch: "_Batch") -> None:
        for kind, refs in groupby(sorted(batch.changed), key=attrgetter("kind")):
            new: list[Stored] = []
            old: list[Stored] = []
            for ref in refs:
                (new if ref in batch.created else old).append(batch.rows[ref])
            if new:
                await self._repositories[kind].insert(writes, new)
            if old:
                await self._repositories[kind].update(writes, old)
        await _schedule(writes, batch)
        await self._outbox.append(writes, batch.drafts)
        if batch.erasures:  # last, so that what this very batch made of them goes, too
            await writes.flush()
            for id, erasure in batch.erasures.items():
                await self._eraser.erase(conn, id, erasure)
        await self._outbox.append(writes, batch.last)


class _Batch:
    """What a batch has read and what it will write."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.rows: dict[Ref, Stored] = {}
        self.changed: set[Ref] = set()
        self.created: set[Ref] = set()
        self.drafts: list[Draft] = []
        self.due: dict[tuple[str, str, str], tuple[Due, Meta]] = {}
        self.erased: set[str] = set()
        self.erasures: dict[str, Erasure] = {}
        self.last: list[Draft] = []


def _decide(batch: _Batch, item: Item) -> None:
    """Runs one rule over the states as earlier items of the batch have left them."""
    assert item.handler is not None
    if not batch.erased.isdisjoint(item.about):
        item.error = None if isinstance(item.message, Event) else gone()
        return  # a fact is passed over: its position moves on
    try:
        world = World(_states(batch, item), item.meta.correlation, item.meta.traceparent)
        changes = _of_the_living(batch, item.handler.decide(world, item.message, batch.now))
        drafts = [draft for ref, one in changes.decisions.items() for draft in _drafts(batch, ref, one, item)]
    except MemoryError:
        raise  # that is no message's fault: none is put aside for it, the whole batch comes again
    except Exception as error:  # a rule that raises must not take the rest of the batch with it
        item.error = error
        return
    item.answer = changes.answer
    erases = _erases(batch, changes)
    _apply(batch, item, changes)
    (batch.last if erases else batch.drafts).extend(drafts)
    batch.drafts += [Draft(event, 1, item.meta) for event in changes.loose]


def _states(batch: _Batch, item: Item) -> dict[Ref, Any]:
    """What its rule looks at. Raises StateUnreadable where some of it cannot be read."""
    states = {ref: batch.rows[ref].state for ref in item.refs}
    for ref, state in states.items():
        if isinstance(state, Unreadable):
            raise StateUnreadable(state.table, ref.id)
    return states


def _of_the_living(batch: _Batch, changes: Changes) -> Changes:
    """Without what a rule decides about erased persons besides what its message is about."""
    if not batch.erased or not any(ref.id in batch.erased for ref in changes.decisions):
        return changes
    return replace(
        changes,
        decisions={ref: one for ref, one in changes.decisions.items() if ref.id not in batch.erased},
    )


def _erases(batch: _Batch, changes: Changes) -> bool:
    """Whether these order an erasure that was not done here before; notes what it erases."""
    found = {
        ref.id: decision.state
        for ref, decision in changes.decisions.items()
        if ref.kind == ERASURE.name and decision.state is not None and _undone(batch.rows[ref].state)
    }
    batch.erasures |= found
    for erasure in found.values():
        batch.erased |= {*erasure.persons, *erasure.referrals}
    return bool(found)


def _undone(before: Erasure | None) -> bool:
    return before is None or before.answered_at is None


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


async def _schedule(writes: Writes, batch: _Batch) -> None:
    gone = [key for key, (due, _) in batch.due.items() if due.at is None]
    coming = [(*key, due.at, m.correlation, m.traceparent) for key, (due, m) in batch.due.items() if due.at]
    if gone:
        await writes.execute(
            "DELETE FROM due_work d USING unnest($1::text[], $2::text[], $3::text[]) AS gone(kind, id, what) "
            "WHERE d.kind = gone.kind AND d.id = gone.id AND d.what = gone.what",
            *map(list, zip(*gone, strict=True)),
        )
    if coming:
        await writes.execute(
            "INSERT INTO due_work (kind, id, what, at, correlation, traceparent) "
            "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[]) "
            "ON CONFLICT (kind, id, what) DO UPDATE SET at = EXCLUDED.at",
            *map(list, zip(*sorted(coming, key=lambda row: row[:3]), strict=True)),
        )
