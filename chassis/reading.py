"""Reading topics from a place to their present end, outside any consumer group: nothing of it is remembered."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from chassis.brokers import Brokers
from chassis.log_ids import ids_of
from chassis.records import Record
from schemas.topics import Topic

#: Seconds without any progress after which a reader gives up.
PATIENCE = 30.0
_MOST = 500

Places = Mapping[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class Dated:
    """A record, and when its producer sent it (real time)."""

    record: Record
    at: datetime


class TopicReader:
    """Reads the topics of one installation. Raises KafkaError, or TimeoutError where Kafka falls silent."""

    def __init__(self, brokers: Brokers, prefix: str) -> None:
        self._brokers, self._prefix = brokers, prefix
        # Short fetches: one that still waits at the end of a partition holds up the next partition's.
        # A group that it never joins: without any, aiokafka's stop() may end in a CancelledError.
        self._consumer = AIOKafkaConsumer(
            **brokers.client, group_id=f"reader-{uuid4().hex}", enable_auto_commit=False, fetch_max_wait_ms=50
        )

    async def __aenter__(self) -> Self:
        try:
            await self._consumer.start()
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()

    async def partitions(self, topics: Sequence[Topic]) -> list[TopicPartition]:
        """Every partition of ``topics``."""
        if not topics:
            return []
        admin = AIOKafkaAdminClient(**self._brokers.client)
        await admin.start()
        try:
            found = await admin.describe_topics([self._prefix + topic.name for topic in topics])
        finally:
            await admin.close()
        return [
            TopicPartition(each["topic"], part["partition"]) for each in found for part in each["partitions"]
        ]

    async def beginnings(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset of the first record that each partition still holds."""
        return dict(await self._consumer.beginning_offsets(list(partitions))) if partitions else {}

    async def ends(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record of each partition."""
        return dict(await self._consumer.end_offsets(list(partitions))) if partitions else {}

    async def logs(self, topics: Sequence[Topic]) -> dict[str, UUID]:
        """Which log the name of each topic stands for, by Kafka's id."""
        found = await ids_of(self._consumer, [self._prefix + topic.name for topic in topics])
        return {name.removeprefix(self._prefix): log for name, log in found.items()}

    def topic(self, partition: TopicPartition) -> str:
        """The name of a partition's topic, without the installation's prefix."""
        return str(partition.topic).removeprefix(self._prefix)

    async def read(self, starts: Places, ends: Places) -> AsyncIterator[list[Dated]]:
        """The records from ``starts`` up to ``ends``, in lists of one partition each, in its order."""
        waiting = {p for p, end in ends.items() if starts.get(p, 0) < end}
        if not waiting:
            return
        self._consumer.assign(sorted(waiting))
        for partition in waiting:
            self._consumer.seek(partition, starts.get(partition, 0))
        moved = monotonic()
        while waiting:
            found = await self._consumer.getmany(*waiting, timeout_ms=200, max_records=_MOST)
            for partition, raws in found.items():
                moved = monotonic()
                records = [self._dated(raw) for raw in raws if raw.offset < ends[partition]]
                if records:
                    yield records
            for partition in list(waiting):
                if await self._consumer.position(partition) >= ends[partition]:
                    waiting.discard(partition)
            if monotonic() - moved > PATIENCE:
                raise TimeoutError(f"Kafka has sent nothing for {PATIENCE:.0f} s")

    def _dated(self, raw: Any) -> Dated:
        topic = str(raw.topic).removeprefix(self._prefix)
        return Dated(Record.of(topic, raw), datetime.fromtimestamp(raw.timestamp / 1000, UTC))
