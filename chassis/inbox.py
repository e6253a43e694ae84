"""The inbox: applies a batch of Kafka records in one transaction, each fact once and in order.

For each (topic, key) stream only the next version is applied. A version that was applied before, with
the same id, is a repeat; with another id it is a fork (its producer was set back to an older backup);
a version too high is a gap. A record that cannot be applied is parked with its reason, and those that
follow it in its stream are parked behind it; the rest of the partition moves on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
from pydantic import ValidationError

from chassis import metrics
from chassis.database import BAD_DATA, COLLISIONS
from chassis.dead_letters import Parked, fingerprint, park, parked_streams
from chassis.decision import Refused
from chassis.failpoints import failpoint
from chassis.outbox import Meta, Seals
from chassis.records import BadRecord, Decoder, Record
from chassis.runner import Follower, IdempotencyConflict, Item, Once, Work, try_again
from chassis.storage import Connection
from schemas.envelope import REGISTRY, BadEnvelope, Envelope, Event
from schemas.topics import BY_NAME, Topic

Stream = tuple[str, str]


class TooManyAlike(Exception):
    """Many records fail in the same way: that is a bug in this program and not in the records."""


@dataclass(slots=True)
class Arrival:
    """A record as far as it could be read. ``trouble`` says why it cannot be applied."""

    record: Record
    envelope: Envelope | None = None
    message: object = None
    trouble: tuple[str, str] | None = None  # reason, fingerprint
    item: Item | None = None

    @property
    def stream(self) -> Stream:
        return self.record.topic, (self.record.key or b"").decode("utf-8", "replace").replace(
            "\x00", "\ufffd"
        )

    def reject(self, kind: str, reason: str) -> None:
        self.trouble = (
            reason,
            fingerprint(kind, self.record.topic, self.envelope.type if self.envelope else None),
        )


@dataclass(slots=True)
class _Positions:
    """What the streams of a batch look like in the database."""

    version: dict[Stream, int] = field(default_factory=dict)
    ids: dict[tuple[str, str, int], UUID] = field(default_factory=dict)
    parked: set[Stream] = field(default_factory=set)


class Inbox:
    """Applies records through the rules of one service."""

    #: So many unexpected failures of one kind, still parked, stop the consumer.
    ALIKE = 25

    def __init__(
        self,
        pool: asyncpg.Pool,
        work: Work,
        seals: Seals,
        decoders: Mapping[str, Decoder],
        committed: Callable[[], None],
    ) -> None:
        self._pool, self._work, self._seals = pool, work, seals
        self._decoders, self._committed = decoders, committed

    async def apply(self, records: Sequence[Record]) -> None:
        """Applies ``records`` (in offset order per partition). Raises only what the infrastructure does.

        If the database refuses the batch for its data, each record is tried alone, so that only the
        guilty one is parked.
        """
        try:
            await try_again(lambda: self._transaction(records))
        except COLLISIONS:
            raise
        except BAD_DATA as error:
            if len(records) == 1:
                await self._transaction(records, refused=error)
            else:
                for record in records:
                    await self.apply([record])
        self._committed()

    async def redrive(self, conn: Connection, record: Record) -> str | None:
        """Runs one parked record again inside the caller's transaction; answers why it failed, or None."""
        arrival = self._read(record)
        await self._decide(conn, [arrival], redriven=True)
        return arrival.trouble and arrival.trouble[0]

    async def _transaction(self, records: Sequence[Record], refused: BaseException | None = None) -> None:
        async with self._pool.acquire(timeout=10) as conn, conn.transaction():
            with metrics.BATCH_SECONDS.labels("records").time():
                fresh = await _unread(conn, records)
                arrivals = [self._read(record) for record in fresh]
                if refused is not None:
                    for arrival in arrivals:
                        arrival.reject("data", f"the database refuses its data ({type(refused).__name__})")
                await self._decide(conn, arrivals)
                await self._park(conn, arrivals)
                failpoint("mid-batch")
        failpoint("after-commit")

    def _read(self, record: Record) -> Arrival:
        arrival = Arrival(record)
        try:
            arrival.envelope = Envelope.read(record.key, record.headers)
            arrival.message = self._message(BY_NAME[record.topic], arrival.envelope, record)
        except BadEnvelope as error:
            arrival.reject("envelope", str(error))
        except BadRecord as error:
            arrival.reject("unreadable", str(error))
        except ValidationError as error:
            where = sorted({".".join(map(str, fault["loc"])) or "the whole" for fault in error.errors()})
            arrival.reject("contract", f"not as its contract says: {', '.join(where)}")
        return arrival

    def _message(self, topic: Topic, envelope: Envelope, record: Record) -> object:
        if topic.name in self._decoders:
            return self._decoders[topic.name](envelope, record.value or b"")
        if envelope.version is None:
            raise BadRecord("the header ce_streamversion is missing")
        try:
            UUID(envelope.id)
        except ValueError:
            raise BadRecord("ce_id is not a UUID") from None
        if record.value is None:
            return None  # a tombstone: nothing to decide, but its version counts
        event = REGISTRY.get(envelope.type)
        if event is None:
            return None  # a newer producer's event: the position moves on
        if event.topic != topic:
            raise BadRecord(f"{envelope.type} does not belong on this topic")
        return self._checked(event, envelope, record.value)

    def _checked(self, event: type[Event], envelope: Envelope, value: bytes) -> Event:
        if event.topic.sealed:
            try:
                value = self._seals.open(event.topic.name, value)
            except Exception as error:
                raise BadRecord(f"cannot be opened ({type(error).__name__})") from None
        message = event.model_validate_json(value)
        if message.key != envelope.key:
            raise BadRecord(f"its key is not its {event.key_field}")
        return message

    async def _decide(self, conn: Connection, arrivals: Sequence[Arrival], redriven: bool = False) -> None:
        positions = await _positions(conn, arrivals)
        if redriven:
            positions.parked.clear()
        ready = [a for a in arrivals if self._place(positions, a)]
        for arrival in ready:
            arrival.item = _item(arrival)
        await self._work.run(conn, [a.item for a in ready if a.item])
        _spread_failures(ready)
        await _move_on(conn, [a for a in ready if not a.trouble])

    def _place(self, positions: _Positions, arrival: Arrival) -> bool:
        """Whether the arrival is next in its stream; what it is instead is put into its trouble."""
        topic = BY_NAME[arrival.record.topic]
        if arrival.trouble is None and topic.order == "once":
            return True
        if arrival.trouble is None and topic.order == "every-version" and arrival.stream in positions.parked:
            arrival.reject("follower", "an earlier record of its stream is parked")
        if arrival.trouble is None and not _is_next(positions, arrival, topic):
            return False
        if arrival.trouble is not None and topic.order == "every-version":
            positions.parked.add(arrival.stream)  # on other topics nothing has to wait behind it
        return arrival.trouble is None

    async def _park(self, conn: Connection, arrivals: Sequence[Arrival]) -> None:
        bad = [_parked(arrival) for arrival in arrivals if arrival.trouble]
        if not bad:
            return
        alike = await park(conn, bad)
        worst = max((n for mark, n in alike.items() if mark.startswith("raised")), default=0)
        if worst >= self.ALIKE:
            raise TooManyAlike(f"{worst} records failed in the same way: mend the program, then redrive")


def _is_next(positions: _Positions, arrival: Arrival, topic: Topic) -> bool:
    """False for a repeat, or an overtaken version; a fork or a gap is put into the arrival's trouble."""
    envelope = arrival.envelope
    assert envelope is not None
    assert envelope.version is not None
    at = positions.version.get(arrival.stream, 0)
    event_id = UUID(envelope.id)
    known = positions.ids.get((*arrival.stream, envelope.version))
    if known is not None and known != event_id:
        metrics.FORKS.labels(topic.name).inc()
        arrival.reject(
            "fork",
            f"version {envelope.version} was applied before with another id: its producer was set back",
        )
        return True
    if envelope.version <= at:
        return False
    if topic.order == "every-version" and envelope.version > at + 1:
        metrics.GAPS.labels(topic.name).inc()
        arrival.reject(
            "gap", f"version {envelope.version} came where {at + 1} was next: something is missing"
        )
        return True
    positions.version[arrival.stream] = envelope.version
    positions.ids[(*arrival.stream, envelope.version)] = event_id
    return True


def _item(arrival: Arrival) -> Item:
    envelope = arrival.envelope
    assert envelope is not None
    meta = Meta(envelope.correlation, envelope.id, envelope.traceparent)
    if BY_NAME[arrival.record.topic].order == "once":
        body: bytes = arrival.message.body  # type: ignore[attr-defined]
        once = Once(f"record:{envelope.source}", envelope.id, body)
        return Item(arrival.message, meta, once)
    if BY_NAME[arrival.record.topic].order == "latest-version":
        return Item(arrival.message, meta, stream=(*arrival.stream, envelope.version))
    return Item(arrival.message, meta, stream=arrival.stream)


def _spread_failures(ready: Sequence[Arrival]) -> None:
    """Puts what a rule refused or raised into its arrival's trouble, and those behind it too."""
    for arrival in ready:
        error = arrival.item.error if arrival.item else None
        if isinstance(error, Refused):
            arrival.reject("refused", f"refused by a rule: {error.code}")
        elif isinstance(error, IdempotencyConflict):
            arrival.reject("conflict", "its id came before with another content")
        elif isinstance(error, Follower):
            arrival.reject("follower", "an earlier record of its stream is parked")
        elif error is not None:
            arrival.reject(f"raised:{_where(error)}", f"the rule raised {_where(error)}")


def _where(error: Exception) -> str:
    """The class of an error and the line that raised it; never its text, which may hold a value."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"


def _parked(arrival: Arrival) -> Parked:
    assert arrival.trouble is not None
    reason, mark = arrival.trouble
    return Parked(arrival.record, arrival.envelope, arrival.stream[1], reason, mark)


async def _unread(conn: Connection, records: Sequence[Record]) -> list[Record]:
    """Those records that were not applied before; moves the partitions' positions past all of them."""
    ends: dict[tuple[str, int], int] = {}
    for record in records:
        ends[(record.topic, record.partition)] = record.offset + 1
    places = sorted(ends)
    rows = await conn.fetch(
        "INSERT INTO partition_position AS p (topic, partition, next_offset) "
        "SELECT topic, partition, 0 FROM unnest($1::text[], $2::int[]) AS read(topic, partition) "
        "ON CONFLICT (topic, partition) DO UPDATE SET next_offset = p.next_offset "
        "RETURNING topic, partition, next_offset",
        [topic for topic, _ in places],
        [partition for _, partition in places],
    )
    at = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    await conn.execute(
        "UPDATE partition_position p SET next_offset = read.next_offset "
        "FROM unnest($1::text[], $2::int[], $3::bigint[]) AS read(topic, partition, next_offset) "
        "WHERE p.topic = read.topic AND p.partition = read.partition AND p.next_offset < read.next_offset",
        [topic for topic, _ in places],
        [partition for _, partition in places],
        [ends[place] for place in places],
    )
    return [record for record in records if record.offset >= at[(record.topic, record.partition)]]


async def _positions(conn: Connection, arrivals: Sequence[Arrival]) -> _Positions:
    asked: dict[Stream, list[Arrival]] = {}
    for arrival in arrivals:
        asked.setdefault(arrival.stream, []).append(arrival)
    positions = _Positions(parked=await parked_streams(conn, sorted(asked)))
    every = sorted(stream for stream in asked if BY_NAME[stream[0]].order == "every-version")
    latest = sorted(stream for stream in asked if BY_NAME[stream[0]].order == "latest-version")
    if every:
        for row in await conn.fetch(_LAST, [topic for topic, _ in every], [key for _, key in every]):
            positions.version[(row["topic"], row["key"])] = row["version"]
        await _applied_ids(conn, positions, [a for stream in every for a in asked[stream]])
    if latest:
        for row in await conn.fetch(_LATEST, [topic for topic, _ in latest], [key for _, key in latest]):
            positions.version[(row["topic"], row["key"])] = row["version"]
            positions.ids[(row["topic"], row["key"], row["version"])] = row["event_id"]
    return positions


async def _applied_ids(conn: Connection, positions: _Positions, arrivals: Sequence[Arrival]) -> None:
    """Looks up the ids of versions that should have been applied before: only repeats cost this query."""
    old = [
        (*a.stream, a.envelope.version)
        for a in arrivals
        if a.envelope and a.envelope.version and a.envelope.version <= positions.version.get(a.stream, 0)
    ]
    if old:
        for row in await conn.fetch(_IDS, *map(list, zip(*old, strict=True))):
            positions.ids[(row["topic"], row["key"], row["version"])] = row["event_id"]


async def _move_on(conn: Connection, applied: Sequence[Arrival]) -> None:
    every, latest = [], {}
    for arrival in applied:
        envelope, order = arrival.envelope, BY_NAME[arrival.record.topic].order
        assert envelope is not None
        if order != "once":
            row = (*arrival.stream, envelope.version, UUID(envelope.id))
            if order == "every-version":
                every.append(row)
            else:
                latest[arrival.stream] = row
    if every:
        await conn.execute(_ADVANCE, *map(list, zip(*every, strict=True)))
    if latest:
        await conn.execute(_REPLACE, *map(list, zip(*(latest[s] for s in sorted(latest)), strict=True)))


_LAST = """
SELECT s.topic, s.key, last.version FROM unnest($1::text[], $2::text[]) AS s(topic, key)
CROSS JOIN LATERAL (
    SELECT i.version FROM inbox i WHERE i.topic = s.topic AND i.key = s.key ORDER BY i.version DESC LIMIT 1
) AS last
"""
_LATEST = """
SELECT l.topic, l.key, l.version, l.event_id FROM inbox_latest l
JOIN unnest($1::text[], $2::text[]) AS s(topic, key) ON l.topic = s.topic AND l.key = s.key
"""
_IDS = """
SELECT i.topic, i.key, i.version, i.event_id FROM inbox i
JOIN unnest($1::text[], $2::text[], $3::int[]) AS s(topic, key, version)
  ON i.topic = s.topic AND i.key = s.key AND i.version = s.version
"""
_ADVANCE = """
INSERT INTO inbox (topic, key, version, event_id) SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::uuid[])
"""
_REPLACE = """
INSERT INTO inbox_latest (topic, key, version, event_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::uuid[])
ON CONFLICT (topic, key) DO UPDATE SET version = EXCLUDED.version, event_id = EXCLUDED.event_id
"""
