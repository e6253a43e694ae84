"""What Kafka's client does with records that it cannot read, and with when it fetches, put right.

The name of a header is text by Kafka's protocol, but no broker looks: any producer may write other bytes.
aiokafka then raises in the middle of a fetch, fetches the same again for ever, and what it had already taken
of other partitions in that call is gone, since their positions have moved. So one record of an outsider would
stop a service and lose what others wrote. Here such a name is read with U+FFFD in the place of what is
no text, which the envelope refuses, so that the record is parked like any other that nobody can read.

And aiokafka fetches ahead. What it has then grows old while a batch is being applied; and where that takes longer than
a tenth of a second it asks the broker for the partitions of which it holds nothing, which are those that are quiet. The
broker answers when something comes there, after half a second otherwise, and aiokafka asks it for nothing else
meanwhile. So under load every hop waited for that. Here it fetches when somebody waits for records, from everywhere.

And where a broker refuses partitions, aiokafka tells of one each time that it is asked for records, and hands out none
of others meanwhile. FastStream then rests for five seconds, so that those of one topic cost all others a minute, and
another one after the right was given back. Here records come first, and one refusal speaks for all.

And where a broker no longer has what is next, since the log was cut off or has lost its end, aiokafka goes on at the
beginning of what there is, and says so to nobody. Here it is noted, and whoever reads can ask.
"""

import struct
from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import consumer, fetcher
from aiokafka.errors import KafkaError
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

from chassis.log_ids import ids_of
from chassis.outages import why
from chassis.telemetry import get_logger

log = get_logger(__name__)

_LENGTH = struct.Struct(">i")
_WAIT_MS = 500
_LENGTH_AT, _HEAD = 8, 12  # a batch begins with its offset (8 bytes) and the length of what follows (4)


class _Lenient(bytearray):
    """Bytes of which every part decodes."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return _Lenient(found) if isinstance(place, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return super().decode(encoding, "replace")


class _Batch:
    """One of Kafka's batches: aiokafka's own, read again in Python where that stumbles over a record."""

    def __init__(self, batch: Any, data: memoryview) -> None:
        self._batch, self._data = batch, data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except UnicodeDecodeError:
            return iter(_leniently(self._data))


def _leniently(data: memoryview) -> Any:
    batch = iter(_DefaultRecordBatchPy(data))  # unpacks what is compressed
    batch._buffer = _Lenient(batch._buffer)
    return batch


class Records:
    """What was fetched of one partition; stands in for aiokafka's ``MemoryRecords``."""

    def __init__(self, data: bytes) -> None:
        self._records, self._data, self._at = MemoryRecords(data), memoryview(data), 0

    def size_in_bytes(self) -> int:
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        return bool(self._records.has_next())

    def next_batch(self) -> Any:
        batch, began = self._records.next_batch(), self._at
        self._at += _HEAD + _LENGTH.unpack_from(self._data, began + _LENGTH_AT)[0]
        return _Batch(batch, self._data[began : self._at])


class Fetcher(fetcher.Fetcher):  # type: ignore[misc]
    """aiokafka's own, which can be told to rest; and which topics are handed out before the others."""

    resting = False
    first: Collection[str] = ()

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        #: Partitions of which the broker did not have what was next.
        self.astray: set[TopicPartition] = set()

    def work(self) -> None:
        """Somebody waits for records."""
        self.resting = False
        self._notify(self._wait_consume_future)

    def _get_actions_per_node(self, assignment: Any) -> Any:
        if self.resting:
            return [], {}, self._fetcher_timeout, False, []
        return super()._get_actions_per_node(assignment)

    async def _proc_fetch_request(self, assignment: Any, node: Any, request: Any) -> Any:
        found = await super()._proc_fetch_request(assignment, node, request)
        if assignment.active:
            asked = {TopicPartition(topic, at[0]) for topic, places in request.topics for at in places}
            self.astray |= {each for each in asked if assignment.state_value(each).awaiting_reset}
        for partition in [each for each in self._records if each.topic in self.first]:
            self._records.move_to_end(partition, last=False)
        for partition in self._refused():
            self._records.move_to_end(partition)
        return found

    def forget_refusals(self) -> None:
        """What was refused was told, and is asked for again. aiokafka would tell of one partition at a time."""
        for partition in self._refused():
            del self._records[partition]

    def _refused(self) -> list[TopicPartition]:
        return [each for each, found in self._records.items() if isinstance(found, fetcher.FetchError)]


class CarefulConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """Goes back to where it was when a fetch fails: what it had taken by then was handed to nobody.

    Where it was told to begin meanwhile, since its partitions were assigned anew, it begins there.
    """

    _sought = _sought_before = 0
    #: Why Kafka gave no records when it was last asked, or None.
    trouble: str | None = None

    def __init__(self, *topics: str, first: Collection[str] = (), **settings: Any) -> None:
        """``first``: topics whose records come before the others', where one fetch brings more than is asked for."""
        super().__init__(*topics, **settings)
        self._first = first

    async def getmany(self, *partitions: Any, **asked: Any) -> Any:
        """Waits for records for half a second, whatever it is told; only meanwhile does it fetch.

        FastStream asks again every hundredth of one, which costs a process some of its time and brings nothing sooner.
        """
        asked["timeout_ms"] = _WAIT_MS
        self._fetcher.first = self._first
        self._fetcher.work()
        self._back_to = {partition: self.at(partition) for partition in self.assignment()}
        self._sought_before = self._sought
        try:
            found = await super().getmany(*partitions, **asked)
            self.trouble = None
            return found
        except Exception as error:
            self.go_back()
            self._fetcher.forget_refusals()
            self._note(error)
            raise
        finally:
            self._fetcher.resting = True

    def _note(self, error: Exception) -> None:
        """Whoever asks it for records tries again in a while, and says so to nobody."""
        if isinstance(error, KafkaError):
            self.trouble = f"no records come: {why(error)}"
            log.warning("records_not_fetched", error=type(error).__name__, why=self.trouble)

    @property
    def stale(self) -> bool:
        """Whether nobody knows from where the last fetch read: it was told where to begin meanwhile, or went astray."""
        return self._sought != self._sought_before or bool(self._fetcher.astray)

    def gone_astray(self) -> set[TopicPartition]:
        """Partitions that it reads from another place than it should, since theirs is gone. Said once."""
        found: set[TopicPartition] = self._fetcher.astray & self.assignment()
        self._fetcher.astray = set()
        return found

    def go_back(self) -> None:
        """To where the last fetch began, or where it was told to begin since."""
        for partition in self.assignment():
            at = self._back_to.get(partition)
            if at is not None and self.at(partition) != at:
                super().seek(partition, at)

    def seek(self, partition: Any, offset: int) -> None:
        """Begin there; remembered for a fetch that is under way. Wherever it went astray before, it no longer is."""
        self._sought += 1
        self._fetcher.astray.discard(partition)
        self.__dict__.setdefault("_back_to", {})[partition] = offset
        super().seek(partition, offset)

    async def log_ids(self, topics: Collection[str]) -> dict[str, UUID]:
        """Which log each of these names stands for. Raises KafkaError."""
        return await ids_of(self, topics)

    def at(self, partition: Any) -> int | None:
        """The offset that is next; position() would wait for one where there is none."""
        assigned = self._assigned()
        state = assigned.state_value(partition) if assigned else None
        return state.position if state is not None and state.has_valid_position else None

    def _assigned(self) -> Any:
        subscription = self._subscription.subscription
        return subscription.assignment if subscription else None


fetcher.MemoryRecords = Records
consumer.Fetcher = Fetcher
