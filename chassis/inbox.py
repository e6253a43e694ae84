"""The inbox: applies a batch of Kafka records in one transaction, each fact once and in order.

For each (topic, key) stream only the next version is applied. A version that was applied before, with
the same id, is a repeat; with another id it is a fork (its producer was set back to an older backup);
a version too high is a gap. A record that cannot be applied is parked with its reason, and those that
follow it in its stream are parked behind it; the rest of the partition moves on.
"""

from collections.abc import Callable, Mapping, Sequence

import asyncpg
from asyncpg.pgproto.pgproto import UUID
from pydantic import ValidationError

from chassis import metrics
from chassis.backlog import TooManyAlike
from chassis.database import BAD_DATA
from chassis.decision import Refused
from chassis.failpoints import failpoint
from chassis.ids import new_id
from chassis.once import IdempotencyConflict, Item, Once, scope_of_records
from chassis.outbox import Meta, Seals
from chassis.parking import UNREADABLE, Parked, fingerprint, park, unreadable
from chassis.positions import Arrival, Positions, move_on, read_positions, unread
from chassis.records import BadRecord, Decoder, Record
from chassis.redaction import random_id, trace_of
from chassis.runner import try_again
from chassis.storage import Connection, StateUnreadable
from chassis.together import Writes
from chassis.work import Follower, Work
from schemas.envelope import REGISTRY, BadEnvelope, Envelope, Event
from schemas.topics import BY_NAME, Topic


class Inbox:
    """Applies records through the rules of one service."""

    #: So many unexpected failures of one kind, still parked, stop the consumer. What one row brings about, which nobody
    #: can read, is one failure.
    ALIKE = 25

    def __init__(
        self,
        pool: asyncpg.Pool,
        work: Work,
        seals: Seals,
        decoders: Mapping[str, Decoder],
        said: Callable[[], None],
    ) -> None:
        """``said`` is called after each transaction that has left something to publish."""
        self._pool, self._work, self._seals = pool, work, seals
        self._decoders, self._said = decoders, said

    async def apply(self, records: Sequence[Record]) -> None:
        """Applies ``records`` (in offset order per partition). Raises only what the infrastructure does.

        If the database refuses the batch for its data, each record is tried alone, so that only the
        guilty one is parked.
        """
        # Persons and words before the facts that speak of them, where a batch holds both.
        records = sorted(records, key=lambda record: BY_NAME[record.topic].order != "latest-version")
        said = False
        try:
            said = await try_again(lambda: self._transaction(records))
        except BAD_DATA as error:  # a unique value that is taken, try after try, among them
            if len(records) == 1:
                said = await self._transaction(records, refused=error)
            else:
                for record in records:
                    await self.apply([record])
        if said:
            self._said()

    async def redrive(self, conn: Connection, record: Record) -> str | None:
        """Runs one parked record again inside the caller's transaction; answers why it failed, or None."""
        arrival = self._read(record)
        await self._decide(conn, [arrival], redriven=True)
        return arrival.trouble and arrival.trouble[0]

    async def _transaction(self, records: Sequence[Record], refused: BaseException | None = None) -> bool:
        async with self._pool.acquire(timeout=10) as conn, conn.transaction():
            with metrics.BATCH_SECONDS.labels("records").time():
                fresh = await unread(conn, records)
                arrivals = [self._read(record) for record in fresh]
                if refused is not None:
                    for arrival in arrivals:
                        arrival.reject("data", f"the database refuses its data ({type(refused).__name__})")
                said = await self._decide(conn, arrivals)
                await self._park(conn, arrivals)
                failpoint("mid-batch")
                failpoint("mid-records")
        failpoint("after-commit")
        return said

    def _read(self, record: Record) -> Arrival:
        arrival = Arrival(record)
        try:
            arrival.envelope = Envelope.read(record.key, record.headers)
            arrival.message = self._message(BY_NAME[record.topic], arrival)
        except BadEnvelope as error:
            arrival.reject("envelope", str(error))
        except BadRecord as error:
            arrival.reject("unreadable", str(error))
        except ValidationError as error:
            where = sorted({".".join(map(str, fault["loc"])) or "the whole" for fault in error.errors()})
            arrival.reject("contract", f"not as its contract says: {', '.join(where)}")
        return arrival

    def _message(self, topic: Topic, arrival: Arrival) -> object:
        envelope, record = arrival.envelope, arrival.record
        assert envelope is not None
        if topic.name in self._decoders:
            return _outsiders(self._decoders[topic.name], envelope, record.value or b"")
        if envelope.version is None:
            raise BadRecord("the header ce_streamversion is missing")
        try:
            arrival.event_id = UUID(envelope.id)
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
            except MemoryError:
                raise
            except Exception as error:
                raise BadRecord(f"cannot be opened ({type(error).__name__})") from None
        message = event.model_validate_json(value)
        if message.key != envelope.key:
            raise BadRecord(f"its key is not its {event.key_field}")
        return message

    async def _decide(self, conn: Connection, arrivals: Sequence[Arrival], redriven: bool = False) -> bool:
        """Answers whether there is anything to publish."""
        positions = await read_positions(conn, arrivals)
        if redriven:
            positions.parked.clear()
        ready = [a for a in arrivals if self._place(positions, a)]
        for arrival in ready:
            arrival.item = _item(arrival)
        writes = Writes(conn)
        said = await self._work.run(conn, [a.item for a in ready if a.item], writes)
        _spread_failures(ready)
        await move_on(writes, positions, [a for a in ready if not a.trouble])
        await writes.flush()
        return said

    def _place(self, positions: Positions, arrival: Arrival) -> bool:
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
        raised = {mark: n for mark, n in alike.items() if mark.startswith("raised")} | await unreadable(
            conn, alike
        )
        worst = max(raised, key=lambda mark: raised[mark], default="")
        if raised.get(worst, 0) >= self.ALIKE:
            raise TooManyAlike(f"{raised[worst]} records failed alike ({worst}): mend the program")


def _outsiders(decode: Decoder, envelope: Envelope, value: bytes) -> object:
    try:
        return decode(envelope, value)
    except (BadRecord, ValidationError, MemoryError):
        raise
    except Exception as error:  # an outsider may send anything, and the partition has to move on
        raise BadRecord(f"cannot be read ({type(error).__name__})") from None


def _is_next(positions: Positions, arrival: Arrival, topic: Topic) -> bool:
    """False for a repeat, or an overtaken version; a fork or a gap is put into the arrival's trouble."""
    envelope = arrival.envelope
    assert envelope is not None
    assert envelope.version is not None
    at = positions.version.get(arrival.stream, 0)
    event_id = arrival.event_id
    assert event_id is not None
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
    if BY_NAME[arrival.record.topic].order == "once":
        return _item_of_an_outsider(arrival, envelope)
    meta = Meta(envelope.correlation, envelope.id, envelope.traceparent)
    if BY_NAME[arrival.record.topic].order == "latest-version":
        return Item(arrival.message, meta, stream=(*arrival.stream, envelope.version))
    return Item(arrival.message, meta, stream=arrival.stream)


def _item_of_an_outsider(arrival: Arrival, envelope: Envelope) -> Item:
    """Of an outsider's ids only random ones are handed on: they would stand on our own topics in clear."""
    body: bytes = arrival.message.body  # type: ignore[attr-defined]
    meta = Meta(
        random_id(envelope.correlation) or new_id(),
        random_id(envelope.id),
        trace_of(envelope.traceparent),
    )
    return Item(arrival.message, meta, Once(scope_of_records(envelope.source), envelope.id, body))


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
        elif isinstance(error, StateUnreadable):
            arrival.reject(fingerprint(UNREADABLE, error.table, error.id), str(error))
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
