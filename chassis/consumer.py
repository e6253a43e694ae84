"""The consumer: the only module that knows FastStream. Kafka's batches in, the inbox's transactions out.

None of FastStream's defaults is safe for what must not be lost: it acknowledges first, decodes record by
record, and redelivers a failed batch at once. Here a batch is acknowledged after its transaction, records
are decoded one by one by the inbox, and a failure waits before it is tried again. Positions live in the
service's database and are sought on assignment; committing them to Kafka only shows the lag.
"""

import asyncio
import random
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy, BaseMiddleware
from faststream.exceptions import AckMessage
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage
from faststream.kafka.subscriber.usecase import BatchSubscriber
from faststream.message import AckStatus
from faststream.security import BaseSecurity

from chassis import metrics
from chassis.assignments import Listener
from chassis.backlog import Held, Room, always_room, in_words
from chassis.brokers import Brokers
from chassis.database import OUTAGES
from chassis.ends import Ends
from chassis.fetched import CarefulConsumer
from chassis.inbox import Inbox
from chassis.lag import lags, observe
from chassis.log_watch import LogWatch
from chassis.pause import pause
from chassis.places import RecordsMissing, places_of
from chassis.records import Record
from chassis.telemetry import get_logger
from schemas.topics import Topic

log = get_logger(__name__)

#: Lag with no progress for so long means that the consumer is stuck, and the process must be replaced.
STUCK_SECONDS = 90.0
_REBALANCE_SECONDS = 30
_LONGEST_PAUSE = _LOOK_SECONDS = 10.0
_KNOWN_MS = 30_000  # so long a topic that is made, or may be seen again, waits until it is read
_FETCH_BYTES = 8 * 1024 * 1024  # of a broker at once: it waits in memory while the database is slow or away


class Consumer:
    """Reads what a service hears, as one member of its consumer group."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        inbox: Inbox,
        brokers: Brokers,
        hears: Sequence[Topic],
        *,
        group: str,
        prefix: str = "",
        batch: int = 500,
        member: str = "",
        full: Room = always_room,
    ) -> None:
        """``member``: a name of its own, kept over restarts; ``full``: why records must wait in Kafka, or None."""
        self._pool, self._inbox, self._prefix, self._full = pool, inbox, prefix, full
        self._hears = {prefix + topic.name: topic for topic in hears}
        self._idle, self._sought = asyncio.Event(), asyncio.Event()
        self._idle.set()
        self._moved = self._told = self._looked = monotonic()
        self._failures, self._cause = 0, ""
        #: How often places were sought, or given up: who began before the latest has nothing to say any more.
        self._seeks = 0
        self._seeking: asyncio.Task[None] | None = None
        self.joined = self._unfetched = False
        self.fatal: RecordsMissing | None = None
        self._ends = Ends(lambda: AIOKafkaConsumer(**brokers.client))
        self._watch = LogWatch(pool, brokers, prefix, self._hears)
        self._broker = self._made(brokers)
        self._subscriber = self._subscribed(group, member, batch)
        self._subscriber(self._handle)

    def _made(self, brokers: Brokers) -> "_Broker":
        made = _Broker(
            list(brokers.addresses),
            security=BaseSecurity(ssl_context=brokers.tls) if brokers.tls else None,
            consumer_only=True,
            allow_auto_create_topics=False,
            metadata_max_age_ms=_KNOWN_MS,
            apply_types=False,  # what looks for a handler's arguments goes through a thread for each batch
            graceful_timeout=10,
            middlewares=[self._backoff()],
            logger=None,
        )
        # Persons and words before the facts that speak of them, as in the inbox.
        made.first = {name for name, topic in self._hears.items() if topic.order == "latest-version"}
        return made

    def _subscribed(self, group: str, member: str, batch: int) -> BatchSubscriber:
        return self._broker.subscriber(
            *self._hears,
            group_id=self._prefix + group,
            group_instance_id=f"{self._prefix}{group}-{member}" if member else None,
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_FETCH_BYTES // 8,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            batch=True,
            max_records=batch,
            batch_timeout_ms=10,  # how long FastStream rests when it was handed nothing; see CarefulConsumer
            parser=self._unparsed,
            decoder=_undecoded,
            listener=Listener(self),
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=_REBALANCE_SECONDS * 1000,
            max_poll_interval_ms=300_000,
        )

    async def run(self, stopping: asyncio.Event) -> None:
        """Consumes until ``stopping``. Raises RecordsMissing; waits out a Kafka that is away."""
        watching = asyncio.create_task(self._watch.run())
        while not stopping.is_set():
            try:
                await self._broker.start()
                break
            except Exception as error:
                self._cause = in_words(error)
                log.warning("kafka_unreachable", error=type(error).__name__, why=self._cause)
                with suppress(Exception):
                    await self._broker.stop()
                await pause(stopping, 1.0)
        while not stopping.is_set() and self.fatal is None:
            observe(self._lags())
            self._find_places()
            await self._look_ahead()
            await self._tell_kafka()
            self.fatal = self.fatal or self._watch.fatal
            await pause(stopping, 1.0)
        for looking in filter(None, (watching, self._seeking)):
            looking.cancel()
        await self._tell_kafka()
        with suppress(Exception):
            await self._broker.stop()
        await self._ends.stop()
        if self.fatal is not None:
            raise self.fatal

    def lag(self) -> int:
        """Records that Kafka has for this member and that it has not read yet."""
        return sum(behind for _, behind in self._lags())

    async def behind(self) -> bool:
        """Whether the log holds more at this moment than this member has read. Raises KafkaError and TimeoutError."""
        consumer = self._subscriber.consumer
        if consumer is None or not consumer.assignment():
            return True
        ends = await self._ends.of(consumer.assignment())
        return any((consumer.at(partition) or 0) < end for partition, end in ends.items())

    async def _look_ahead(self) -> None:
        """After ten quiet seconds: whether Kafka has more. A consumer that no longer fetches cannot tell."""
        if monotonic() - self._looked < _LOOK_SECONDS or not self._sought.is_set():
            return
        self._looked = monotonic()
        with suppress(Exception):  # without an answer the last one stands
            self._unfetched = await self.behind()

    def trouble(self) -> str | None:
        """Why this consumer counts as stuck, or None. For the liveness check."""
        if self.lag() == 0 and not self.busy and not self._unfetched:
            self._moved = monotonic()
        if monotonic() - self._moved > STUCK_SECONDS:
            return f"behind, and no progress for {STUCK_SECONDS:.0f} seconds"
        return None

    def ready(self) -> str | None:
        """Why this consumer takes nothing just now, or None. For the readiness check."""
        if not self._sought.is_set():
            not_yet = filter(None, ("no partitions assigned yet", self._cause or self._watch.why))
            return "where it goes on is looked up" if self.joined else ": ".join(not_yet)
        waits = f"its batches wait and are tried again: {self._cause}" if self._failures else None
        return getattr(self._subscriber.consumer, "trouble", None) or self._watch.why or waits

    @property
    def busy(self) -> bool:
        return not self._idle.is_set() or not self._sought.is_set() or self._failures > 0

    def _lags(self) -> list[tuple[TopicPartition, int]]:
        consumer = self._subscriber.consumer
        return lags(consumer) if consumer is not None and self._sought.is_set() else []

    async def _tell_kafka(self) -> None:
        """Commits the positions to Kafka, for whoever watches the lag from there; failing is no harm."""
        consumer, moved = self._subscriber.consumer, self._moved
        if consumer is None or self._told == moved or not self._sought.is_set():
            return
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(consumer.commit(), 5)
            self._told = moved

    async def _handle(self, message: KafkaAckableMessage) -> None:
        consumer: Any = self._subscriber.consumer
        if not self._sought.is_set() or consumer.stale:
            # Fetched while partitions changed hands, perhaps behind a batch passed over here: it is read again.
            consumer.go_back()
            raise AckMessage
        self._idle.clear()
        try:
            if why := self._full():
                raise Held(why)
            records = [Record.of(self._hears[raw.topic].name, raw) for raw in message.raw_message]
            await self._inbox.apply(records)
        finally:
            self._idle.set()
        self._moved = self._looked = monotonic()
        self._unfetched, self._failures = False, 0
        # The database has the positions. Kafka would write one for every partition; it is told once a second.
        message.committed = AckStatus.ACKED

    async def _unparsed(self, records: tuple[Any, ...]) -> KafkaAckableMessage:
        """The batch as it came: FastStream's own parser skips the whole of it for one header that is no text."""
        assert self._subscriber.consumer is not None
        return KafkaAckableMessage(body=b"", raw_message=records, consumer=self._subscriber.consumer)

    def _backoff(self) -> type[BaseMiddleware]:
        consumer = self

        class Backoff(BaseMiddleware):
            """Waits before a failed batch is delivered again; without it a failure is a hot loop."""

            async def after_processed(
                self, exc_type: Any = None, exc_val: BaseException | None = None, exc_tb: Any = None
            ) -> bool | None:
                if exc_type is not None and exc_type is not AckMessage and issubclass(exc_type, Exception):
                    await consumer._pause(exc_val or exc_type())
                return False

        return Backoff

    async def _pause(self, error: BaseException) -> None:
        self._failures += 1
        self._cause = in_words(error)
        if isinstance(error, (Held, *OUTAGES)):
            # It waits for others: a restart would help nobody, and stop the relay, too.
            self._moved = monotonic()
        if not isinstance(error, Held):
            metrics.CONSUMER_FAILURES.inc()
        log.warning("batch_failed", error=type(error).__name__, why=self._cause, failures=self._failures)
        longest = min(_LONGEST_PAUSE, 0.1 * 2 ** min(self._failures, 10))
        await asyncio.sleep(random.uniform(longest / 2, longest))

    async def release(self) -> None:
        """Before partitions go to another member: nothing new starts, what is under way ends."""
        self._sought.clear()
        self._seeks += 1
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), _REBALANCE_SECONDS - 5)

    def _find_places(self) -> None:
        """Where Kafka no longer had what was next, while it was read: as after an assignment, between two batches."""
        consumer: Any = self._subscriber.consumer
        if self._sought.is_set() and self._idle.is_set() and (astray := consumer.gone_astray()):
            self._sought.clear()
            self._seeking = asyncio.create_task(self.seek(astray))

    async def seek(self, partitions: set[TopicPartition]) -> None:
        """After an assignment: go on where the database says. Waits as long as the database is away."""
        consumer: Any = self._subscriber.consumer
        self._seeks = latest = self._seeks + 1
        try:
            heard = {partition: self._hears[partition.topic] for partition in partitions}
            places = await places_of(self._pool, consumer, heard)
        except RecordsMissing as error:
            self.fatal = error
            return
        if latest != self._seeks:
            return
        for partition, start in places.items():
            consumer.seek(partition, start)
        self._moved, self.joined = monotonic(), True
        self._sought.set()


class _Broker(KafkaBroker):
    first: Collection[str] = ()

    async def _connect(self) -> Any:
        builder: Any = await super()._connect()
        self.config.broker_config.builder = partial(CarefulConsumer, first=self.first, **builder.keywords)
        return self.config.broker_config.builder


async def _undecoded(message: KafkaAckableMessage) -> KafkaAckableMessage:
    return message
