"""What the bare processes share: tables, rows, outbox, relay, consumer."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener

from tests.bench.bare.plan import Plan, Sizes

TABLES = """
CREATE TABLE IF NOT EXISTS state (id text PRIMARY KEY, data json NOT NULL) WITH (fillfactor = 80);
CREATE TABLE IF NOT EXISTS outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL, key text NOT NULL, headers bytea NOT NULL, payload bytea NOT NULL);
CREATE TABLE IF NOT EXISTS inbox (event_id uuid PRIMARY KEY);
CREATE TABLE IF NOT EXISTS position (
    topic text, partition int, next_offset bigint NOT NULL, PRIMARY KEY (topic, partition));
CREATE TABLE IF NOT EXISTS message (
    id text PRIMARY KEY, seq bigint GENERATED ALWAYS AS IDENTITY, phase text NOT NULL, data json NOT NULL,
    sent_at timestamptz) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS message_to_send ON message (seq) WHERE phase = 'pending';
"""
_STATE = """
INSERT INTO state (id, data) SELECT id, data::json FROM unnest($1::text[], $2::text[]) AS new(id, data)
ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data
"""
_OUTBOX = """
INSERT INTO outbox (topic, key, headers, payload)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[])
"""
_INBOX = "INSERT INTO inbox SELECT * FROM unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id"
_POSITION = """
INSERT INTO position SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[])
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = EXCLUDED.next_offset
"""
Out = tuple[str, str, bytes, bytes]  # topic, key, headers, payload
Heard = tuple[str, str, dict[str, Any] | None]  # topic, key, content; None where it is sealed


def filled(content: dict[str, str], size: int) -> str:
    """The content as JSON of ``size`` bytes."""
    bare = len(json.dumps({**content, "pad": ""}))
    return json.dumps({**content, "pad": "x" * max(0, size - bare)})


def event(sizes: Sizes, topic: str, kind: str, key: str, referral: str, sealed: bool = False) -> Out:
    """An outbox row of the same size as the real event's; a sealed one is opaque bytes."""
    headers = bytes([sizes.counts[kind]]) + uuid4().bytes + b"h" * max(0, sizes.headers[kind] - 16)
    if sealed:
        return topic, key, headers, b"s" * sizes.values[kind]
    return topic, key, headers, filled({"kind": kind, "referral_id": referral}, sizes.values[kind]).encode()


async def write(conn: Any, rows: dict[str, str], out: Sequence[Out]) -> None:
    """State rows and outbox rows, inside the caller's transaction."""
    if rows:
        ids = sorted(rows)
        await conn.execute(_STATE, ids, [rows[id] for id in ids])
    if out:
        await conn.execute(_OUTBOX, *map(list, zip(*out, strict=True)))


class Relay:
    """Publishes the outbox in order, pipelined."""

    def __init__(self, plan: Plan, pool: asyncpg.Pool) -> None:
        self._plan, self._pool = plan, pool
        self.wake = asyncio.Event()

    async def run(self) -> None:
        """Until the process ends."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._plan.kafka,
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            max_batch_size=131072,
        )
        await producer.start()
        async with self._pool.acquire() as conn:
            while True:
                self.wake.clear()
                rows = await conn.fetch("SELECT * FROM outbox ORDER BY seq LIMIT 500")
                if rows:
                    await self._publish(producer, rows)
                    await conn.execute("DELETE FROM outbox WHERE seq = ANY($1)", [r["seq"] for r in rows])
                    continue
                try:
                    await asyncio.wait_for(self.wake.wait(), 0.05)
                except TimeoutError:
                    continue

    async def _publish(self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]) -> None:
        await asyncio.gather(
            *[
                await producer.send(
                    self._plan.prefix + row["topic"],
                    row["payload"],
                    row["key"].encode(),
                    headers=_headers(row["headers"]),
                )
                for row in rows
            ]
        )


def _headers(packed: bytes) -> list[tuple[str, bytes]]:
    """As many headers as a real record has, of the same bytes in all; the first is the id."""
    further, whole = packed[0] - 1, packed[1:]
    size = -(-max(1, len(whole) - 16) // further)
    return [("ce_id", whole[:16]), *((f"ce_{n}", whole[16 + n * size :][:size]) for n in range(further))]


Apply = Callable[[Any, Sequence[Heard]], Awaitable[None]]


async def consume(
    plan: Plan, pool: asyncpg.Pool, topics: Sequence[str], apply: Apply, wake: asyncio.Event
) -> None:
    """Until the process ends: each batch in one transaction with its inbox rows and positions."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=plan.kafka,
        group_id=f"{plan.prefix}{plan.role}",
        enable_auto_commit=True,
        auto_offset_reset="earliest",
    )
    consumer.subscribe([plan.prefix + topic for topic in topics], listener=_Ready())
    await consumer.start()
    cut = len(plan.prefix)
    while True:
        batches = await consumer.getmany(timeout_ms=10, max_records=500)
        records = [record for batch in batches.values() for record in batch]
        if not records:
            continue
        async with pool.acquire() as conn, conn.transaction():
            await _apply(conn, records, cut, apply)
        wake.set()


class _Ready(ConsumerRebalanceListener):  # type: ignore[misc]
    async def on_partitions_revoked(self, revoked: object) -> None:
        return None

    async def on_partitions_assigned(self, assigned: object) -> None:
        print("ready", flush=True)


async def _apply(conn: Any, records: Sequence[Any], cut: int, apply: Apply) -> None:
    ids = [UUID(bytes=record.headers[0][1][:16]) for record in records]
    fresh = {row["event_id"] for row in await conn.fetch(_INBOX, sorted(ids))}
    heard: list[Heard] = []
    ends: dict[tuple[str, int], int] = {}
    for id, record in zip(ids, records, strict=True):
        topic = record.topic[cut:]
        ends[(topic, record.partition)] = record.offset + 1
        if id in fresh:
            content = json.loads(record.value) if record.value[:1] == b"{" else None
            heard.append((topic, record.key.decode(), content))
    await apply(conn, heard)
    places = sorted(ends)
    await conn.execute(_POSITION, [t for t, _ in places], [p for _, p in places], [ends[p] for p in places])
