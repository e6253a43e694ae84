"""Hands rows of the outbox to Kafka, in order, through two producers.

Where only the latest version counts, a relay that was frozen and wakes after another has taken over must not
leave an older version last. Those rows go in Kafka transactions, not for atomicity but for their fence: the
broker refuses the former relay. Elsewhere it could only repeat facts that consumers know, so those rows are
spared what a transaction costs: a marker in every partition, and tens of milliseconds of waiting.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, NodeNotReadyError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder
from pydantic_core import from_json

from chassis.brokers import Brokers
from chassis.database import OUTAGES
from schemas.topics import BY_NAME

TIMEOUT = 15.0
_STOP_SECONDS = 2.0
_PARTITIONER = DefaultPartitioner()
_LATEST = frozenset(topic.name for topic in BY_NAME.values() if topic.order == "latest-version")
_RELIABLE = {
    "acks": "all",
    "linger_ms": 2,
    "max_batch_size": 131072,
    "request_timeout_ms": 10_000,
}


class Publisher:
    """The producers of one relay. After any error it is to be stopped and replaced by a new one."""

    def __init__(self, brokers: Brokers, prefix: str, transactional_id: str) -> None:
        self._prefix = prefix
        known: dict[str, Any] = {**brokers.client, **_RELIABLE}
        self._plain = AIOKafkaProducer(enable_idempotence=True, **known)
        self._fenced = AIOKafkaProducer(
            transactional_id=transactional_id, transaction_timeout_ms=30_000, retry_backoff_ms=20, **known
        )

    async def start(self) -> None:
        """Connects, and shuts out whoever used the same transactional id. Raises KafkaError, TimeoutError."""
        try:
            await asyncio.wait_for(asyncio.gather(self._plain.start(), self._fenced.start()), TIMEOUT)
        except (
            AssertionError
        ) as error:  # by which aiokafka means a broker that is up and knows of no broker yet
            raise NodeNotReadyError from error

    async def stop(self) -> None:
        """Gives up what has not been acknowledged; within seconds nothing of the producers lives on."""
        await asyncio.gather(_end(self._plain), _end(self._fenced))

    async def publish(self, rows: Sequence[asyncpg.Record]) -> None:
        """Returns once all are acknowledged, in the order of each topic. Raises KafkaError, TimeoutError.

        The topics of which only the latest counts go first: they hold what the facts after them speak of, and
        who reads them in this order need not note down that something is still awaited.
        """
        latest = [row for row in rows if row["topic"] in _LATEST]
        others = [row for row in rows if row["topic"] not in _LATEST]
        # An idempotent producer never gives a batch up by itself, so the wait has an end of its own.
        async with asyncio.timeout(TIMEOUT):
            if not latest:
                await self._send(self._plain, others)
                return
            await self._fenced.begin_transaction()
            await self._send(self._fenced, latest)
            # They can be read from here on; what the commit still takes holds nobody up.
            await asyncio.gather(self._fenced.commit_transaction(), self._send(self._plain, others))

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]) -> None:
        """Makes Kafka's batches itself: a record at a time costs the producer a future each, and twice the work."""
        sent = []
        for (topic, partition), records in (await self._by_partition(producer, rows)).items():
            for batch in _batches(producer, records):
                sent.append(await producer.send_batch(batch, topic, partition=partition))
        await asyncio.gather(*sent)

    async def _by_partition(
        self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]
    ) -> dict[tuple[str, int], list[asyncpg.Record]]:
        topics = {row["topic"] for row in rows}
        known = {name: sorted(await producer.partitions_for(self._prefix + name)) for name in topics}
        found = defaultdict(list)
        for row in rows:
            partition = _PARTITIONER(row["key"].encode(), known[row["topic"]], ())
            found[(self._prefix + row["topic"], partition)].append(row)
        return found


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


async def _end(producer: AIOKafkaProducer) -> None:
    with suppress(KafkaError, *OUTAGES):
        await asyncio.wait_for(producer.stop(), _STOP_SECONDS)
        return
    # Kafka is silent. aiokafka would try for as long as it is, and then publish what others have long published.
    with suppress(KafkaError, *OUTAGES):
        async with asyncio.timeout(_STOP_SECONDS):
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
