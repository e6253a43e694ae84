"""Own facts, read back from the topics on which they were published, into a database that lacks them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from chassis.decision import Decision, Due, Ref
from chassis.erasing import erased_among
from chassis.learning import Restore
from chassis.reading import Dated, TopicReader
from chassis.sealing import CannotOpen
from chassis.service import Running
from chassis.storage import Connection, Stored
from schemas.envelope import REGISTRY, BadEnvelope, Envelope, Event
from schemas.topics import Topic

_DUE = (
    "INSERT INTO due_work (kind, id, what, at) SELECT * FROM "
    "unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) ON CONFLICT DO NOTHING"
)

_FORKED = (
    "SELECT DISTINCT o.key FROM outbox o JOIN unnest($2::text[], $3::int[]) AS f(key, version) "
    "ON o.key = f.key AND o.version = f.version WHERE o.topic = $1"
)


@dataclass
class Restored:
    """How many facts were put back, and the (topic, key) of those that could not be.

    ``forked`` are those of which this database has written other facts under the same versions.
    """

    facts: int = 0
    unknown: set[tuple[str, str]] = field(default_factory=set)
    forked: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Fact:
    """One published fact as far as it can be read; ``event`` is None for a tombstone or an unknown type."""

    envelope: Envelope
    topic: Topic
    event: Event | None


def read_fact(running: Running, topic: Topic, dated: Dated) -> Fact | None:
    """The fact of a record, or None where it cannot be read, or where a stranger wrote it onto our own log."""
    record = dated.record
    try:
        envelope = Envelope.read(record.key, record.headers)
        if topic in running.service.says and envelope.source != running.source:
            return None
        model = REGISTRY.get(envelope.type)
        unversioned = envelope.version is None and topic.order != "once"
        if unversioned or model is None or model.topic != topic or record.value is None:
            return Fact(envelope, topic, None)
        value = running.seals.open(topic.name, record.value) if topic.sealed else record.value
        return Fact(envelope, topic, model.model_validate_json(value))
    except (BadEnvelope, CannotOpen, ValidationError):
        return None


Hints = dict[Ref, Any]


async def look_at_others(running: Running, reader: TopicReader) -> Hints:
    """What others said that our own facts cannot be understood without, of aggregates that the database lacks.

    It is not written down: whether something followed from it, only our own facts tell.
    """
    hints: Hints = {}
    rules, says = running.service.learning.restoring.rules, running.service.says
    topics = {event.topic.name: event.topic for event in rules if event.topic not in says}
    async for records in in_turn(reader, list(topics.values())):
        for dated in records:
            fact = read_fact(running, topics[dated.record.topic], dated)
            rule = rules.get(type(fact.event)) if fact and fact.event else None
            if fact and rule:
                ref = Ref(rule.kind.name, rule.key(fact.event))
                state = rule.decide(hints.get(ref), fact.event).state
                if state is not None:
                    hints[ref] = state
    return hints


async def restore(
    running: Running, reader: TopicReader, topics: Sequence[Topic], hints: Hints | None = None
) -> Restored:
    """Reads our own ``topics`` from their beginning and puts back each fact that is newer than the database.

    What the restored outbox still holds of them is taken out of it: it was published already, and on a
    compacted topic its older version must not become the last.
    """
    done, rules = Restored(), running.service.learning.restoring.rules
    wanted = [t for t in topics if t.order != "once"]
    by_name = {topic.name: topic for topic in wanted}
    async for records in in_turn(reader, wanted):
        topic = by_name[records[0].record.topic]
        facts = [fact for each in records if (fact := read_fact(running, topic, each)) is not None]
        async with running.pool.acquire() as conn, conn.transaction():
            published = [fact.envelope.id for fact in facts]
            await conn.execute("DELETE FROM outbox WHERE event_id::text = ANY($1::text[])", published)
            done.forked |= await _given_out_again(conn, topic, facts)
            living = await _of_the_living(conn, facts)
            await _Batch(running, conn, done, hints or {}).put_back(living, rules)
    return done


async def _given_out_again(conn: Connection, topic: Topic, facts: Sequence[Fact]) -> set[tuple[str, str]]:
    """What waits in the outbox under a version that another fact, published before, has already."""
    keys = [fact.envelope.key for fact in facts]
    versions = [fact.envelope.version or 0 for fact in facts]
    rows = await conn.fetch(_FORKED, topic.name, keys, versions)
    return {(topic.name, row["key"]) for row in rows}


async def _of_the_living(conn: Connection, facts: Sequence[Fact]) -> list[Fact]:
    """Without those about persons who were erased, and about what was theirs."""
    ids = [{fact.envelope.key, getattr(fact.event, "referral_id", "")} for fact in facts]
    erased = await erased_among(conn, set().union(*ids))
    return [fact for fact, its in zip(facts, ids, strict=True) if erased.isdisjoint(its)]


async def in_turn(reader: TopicReader, topics: Sequence[Topic]) -> AsyncIterator[list[Dated]]:
    """All records of the logs, and then those of the compacted topics, which build upon them."""
    for order in ("every-version", "latest-version"):
        partitions = await reader.partitions([topic for topic in topics if topic.order == order])
        begins, ends = await reader.beginnings(partitions), await reader.ends(partitions)
        async for records in reader.read(begins, ends):
            yield records


class _Batch:
    """A few facts on their way back, in one transaction."""

    def __init__(self, running: Running, conn: Connection, done: Restored, hints: Hints) -> None:
        self._running, self._conn, self._done, self._hints = running, conn, done, hints
        self._rows: dict[Ref, Stored] = {}
        self._existing: set[Ref] = set()
        self._changed: set[Ref] = set()
        self._due: list[tuple[str, Due]] = []

    async def put_back(self, facts: Sequence[Fact], rules: dict[type[Event], Restore]) -> None:
        places = [(fact, rules.get(type(fact.event)) if fact.event else None) for fact in facts]
        await self._load([Ref(rule.kind.name, rule.key(fact.event)) for fact, rule in places if rule])
        for fact, rule in places:
            if rule is not None:
                self._one(fact, rule)
        for repository in self._running.service.repositories:
            changed = sorted(ref for ref in self._changed if ref.kind == repository.kind.name)
            new = [self._rows[ref] for ref in changed if ref not in self._existing]
            old = [self._rows[ref] for ref in changed if ref in self._existing]
            if new:
                await repository.insert(self._conn, new)
            if old:
                await repository.update(self._conn, old)
        if self._due:
            cells = [(kind, due.id, due.what, due.at) for kind, due in self._due]
            await self._conn.execute(_DUE, *map(list, zip(*cells, strict=True)))

    async def _load(self, refs: Sequence[Ref]) -> None:
        for repository in self._running.service.repositories:
            ids = sorted({ref.id for ref in refs if ref.kind == repository.kind.name})
            if ids:
                for id, row in (await repository.load(self._conn, ids, lock=True)).items():
                    self._rows[Ref(repository.kind.name, id)] = row
        self._existing = set(self._rows)

    def _one(self, fact: Fact, rule: Restore) -> None:
        ref = Ref(rule.kind.name, rule.key(fact.event))
        row = self._rows.get(ref) or Stored(ref.id, 0, 0, self._hints.get(ref))
        if not rule.fills and not self._is_newer(fact, row):
            return
        decision: Decision[Any] = rule.decide(row.state, fact.event)
        if rule.fills and decision.state is None:
            return
        state = row.state if decision.state is None else decision.state
        if state is None:
            self._done.unknown.add((fact.topic.name, fact.envelope.key))
            return
        self._due += [(ref.kind, due) for due in decision.due if due.at is not None]
        self._rows[ref] = self._moved(fact, row, state)
        self._changed.add(ref)
        self._done.facts += 1

    @staticmethod
    def _is_newer(fact: Fact, row: Stored) -> bool:
        version = fact.envelope.version or 0
        return version > (row.said if fact.topic.order == "every-version" else row.version)

    @staticmethod
    def _moved(fact: Fact, row: Stored, state: Any) -> Stored:
        version = fact.envelope.version or 0
        if fact.topic.order == "every-version":
            return Stored(row.id, row.version + 1, version, state)
        # What is published next on a compacted topic carries the row's version: it must be the highest.
        return Stored(row.id, max(row.version + 1, version), row.said, state)
