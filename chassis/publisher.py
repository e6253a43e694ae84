"""Hands rows of the outbox to Kafka, in order, through one producer that the next relay's fences.

A relay that was frozen and wakes after another has taken over must leave nothing behind what that one has
written: where only the latest version counts, an older one would stand there for good. A producer with a
transactional id is given a higher epoch each time it starts, and a partition that holds records of the higher
refuses the lower, whether they come in transactions or not. So it starts as a transactional one and sends
without transactions, which would cost two more round trips a batch and a marker in every partition.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, NodeNotReadyError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder
from pydantic_core import from_json

from chassis.brokers import Brokers
from chassis.database import OUTAGES
from schemas.topics import PARTITIONS

TIMEOUT = 15.0
_STOP_SECONDS = 2.0
_PARTITIONER = DefaultPartitioner()
_RELIABLE = {
    "acks": "all",
    "linger_ms": 2,
    "max_batch_size": 131072,
    "request_timeout_ms": 10_000,
}


class Publisher:
    """The producer of one relay. After any error it is to be stopped and replaced by a new one."""

    def __init__(self, brokers: Brokers, prefix: str, transactional_id: str) -> None:
        self._prefix, self._publishing = prefix, False
        known: dict[str, Any] = {**brokers.client, **_RELIABLE}
        self._producer = AIOKafkaProducer(transactional_id=transactional_id, **known)

    async def start(self) -> None:
        """Connects, and shuts out whoever used the same transactional id. Raises KafkaError, TimeoutError."""
        try:
            await asyncio.wait_for(self._producer.start(), TIMEOUT)
        except AssertionError as error:
            # By which aiokafka means a broker that is up and knows of no broker yet.
            raise NodeNotReadyError from error
        # Its epoch stays; aiokafka asks for no transactions.
        self._producer._txn_manager.transactional_id = None

    async def stop(self) -> None:
        """Gives up what has not been acknowledged; within seconds nothing of the producer lives on."""
        if not self._publishing:
            with suppress(KafkaError, *OUTAGES):
                await asyncio.wait_for(self._producer.stop(), _STOP_SECONDS)
                return
        # aiokafka would first try to send what it still holds, which others may have published long ago.
        with suppress(KafkaError, *OUTAGES):
            await asyncio.wait_for(_abandon(self._producer), _STOP_SECONDS)

    async def publish(self, rows: Sequence[asyncpg.Record]) -> None:
        """Returns once all are acknowledged, in the order of each key. Raises KafkaError, TimeoutError."""
        self._publishing = True
        # An idempotent producer never gives a batch up by itself, so the wait has an end of its own.
        async with asyncio.timeout(TIMEOUT):
            sent = []
            # Kafka's batches are made here: a record at a time costs the producer a future each, and twice the work.
            for (topic, partition), records in (await self._by_partition(rows)).items():
                for batch in _batches(self._producer, records):
                    sent.append(await self._producer.send_batch(batch, topic, partition=partition))
            await asyncio.gather(*sent)
        self._publishing = False

    async def _by_partition(
        self, rows: Sequence[asyncpg.Record]
    ) -> dict[tuple[str, int], list[asyncpg.Record]]:
        counts = {
            name: min(PARTITIONS, len(await self._producer.partitions_for(self._prefix + name)))
            for name in {row["topic"] for row in rows}
        }
        found = defaultdict(list)
        for row in rows:
            partition = _partition(row["key"], counts[row["topic"]])
            found[(self._prefix + row["topic"], partition)].append(row)
        return found


@lru_cache(maxsize=4096)
def _partition(key: str, count: int) -> int:
    """Where every client of Kafka puts this key, of so many. Worked out in Python; most keys come several times."""
    return int(_PARTITIONER(key.encode(), range(count), ()))


def _batches(producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]) -> Iterator[BatchBuilder]:
    """The rows of one partition, in their order, in batches that are full or hold all of them."""
    batch = producer.create_batch()
    for row in rows:
        record = {
            "timestamp": None,
            "key": row["key"].encode(),
            "value": row["payload"],
            "headers": [(name, value.encode()) for name, value in from_json(row["headers"])],
        }
        if batch.append(**record) is None:  # it is full, which an empty one never is
            yield batch
            batch = producer.create_batch()
            batch.append(**record)
    batch.close()  # so that it does not wait for more
    yield batch


async def _abandon(producer: AIOKafkaProducer) -> None:
    producer._closed = True
    while tasks := _tasks_of(producer):
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for connection in producer.client._conns.values():
        if connection.connected():
            connection._writer.transport.abort()  # closing it would first write what it still holds
    await producer.client.close()


def _tasks_of(producer: AIOKafkaProducer) -> set[asyncio.Task[Any]]:
    """What runs for this producer. Its sender starts tasks that it keeps to itself, and that try for ever."""
    parts = {id(part) for part in (producer._sender, producer._message_accumulator, producer.client)}
    return {task for task in asyncio.all_tasks() if parts & _selves(task)}


def _selves(task: asyncio.Task[Any]) -> set[int]:
    frame = getattr(task.get_coro(), "cr_frame", None)
    return {id(frame.f_locals.get("self"))} if frame else set()
