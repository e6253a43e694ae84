"""What this machine can do at most, measured in the same run: PostgreSQL and Kafka each alone, in batches."""

import asyncio
import secrets
import time

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.local import Stack

_ROWS, _PAYLOAD = 500, 300
_CONNECTIONS = 2


async def postgres_rows(stack: Stack, seconds: float) -> float:
    """Rows a second of 300 bytes, 500 by ``unnest`` in each transaction, over two connections."""
    name = f"limit_{secrets.token_hex(4)}"
    dsn = await asyncio.to_thread(stack.create_database, name, name, secrets.token_urlsafe(16))
    pool = await asyncpg.create_pool(dsn, min_size=_CONNECTIONS, max_size=_CONNECTIONS)
    try:
        await pool.execute("CREATE TABLE fact (id text PRIMARY KEY, payload bytea NOT NULL)")
        began = time.monotonic()
        written = await asyncio.gather(*(_write(pool, began + seconds) for _ in range(_CONNECTIONS)))
        return sum(written) / (time.monotonic() - began)
    finally:
        await pool.close()


async def _write(pool: asyncpg.Pool, until: float) -> int:
    written = 0
    while time.monotonic() < until:
        ids = [secrets.token_hex(16) for _ in range(_ROWS)]
        await pool.execute(
            "INSERT INTO fact SELECT * FROM unnest($1::text[], $2::bytea[])", ids, [b"x" * _PAYLOAD] * _ROWS
        )
        written += _ROWS
    return written


async def kafka_records(stack: Stack, topic: str, seconds: float) -> tuple[float, float]:
    """Records a second of 300 bytes: produced (idempotent, acks=all, pipelined), and consumed again."""
    producer = AIOKafkaProducer(
        bootstrap_servers=stack.bootstrap,
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_batch_size=131072,
    )
    await producer.start()
    began, sent = time.monotonic(), 0
    try:
        while time.monotonic() < began + seconds:
            batch = [
                await producer.send(topic, b"x" * _PAYLOAD, str(n).encode())
                for n in range(sent, sent + _ROWS)
            ]
            await asyncio.gather(*batch)
            sent += _ROWS
        produced = sent / (time.monotonic() - began)
    finally:
        await producer.stop()
    return produced, await _consumed(stack, topic, sent)


async def _consumed(stack: Stack, topic: str, expected: int) -> float:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=stack.bootstrap, group_id=f"limit-{secrets.token_hex(4)}", enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, n) for n in range(12)])
        await consumer.seek_to_beginning()
        began, read = time.monotonic(), 0
        while read < expected:
            batches = await consumer.getmany(timeout_ms=100, max_records=_ROWS)
            read += sum(map(len, batches.values()))
        return read / (time.monotonic() - began)
    finally:
        await consumer.stop()
