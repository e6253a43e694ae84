"""Records that no well-behaved client writes: the name of a header need not be text on the wire."""

from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

#: A name, and a value, as they stand on the wire.
RawHeaders = Sequence[tuple[bytes, bytes | None]]


class _Name(str):
    """Text to aiokafka, and these bytes on the wire."""

    __slots__ = ("raw",)
    raw: bytes

    def encode(self, *_: object, **__: object) -> bytes:
        return self.raw


async def send_raw(
    producer: AIOKafkaProducer,
    topic: str,
    partition: int,
    key: bytes | None,
    value: bytes | None,
    headers: RawHeaders,
) -> int:
    """Writes one record with exactly these headers; answers its offset."""
    batch = producer.create_batch()
    # aiokafka's compiled builder takes nothing but real text.
    batch._builder = _DefaultRecordBatchBuilderPy(
        2, 0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=0, batch_size=2**20
    )
    batch.append(timestamp=None, key=key, value=value, headers=[(_named(n), v) for n, v in headers])
    written: Any = await (await producer.send_batch(batch, topic, partition=partition))
    return int(written.offset)


def _named(raw: bytes) -> _Name:
    name = _Name("name")
    name.raw = raw
    return name
