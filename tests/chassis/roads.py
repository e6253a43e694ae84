"""A sender and a receiver with a real Kafka between them, to try the way from one to the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import asyncpg

from chassis.backlog import Room, always_room
from chassis.brokers import Brokers
from chassis.consumer import Consumer
from chassis.outbox import Draft, Meta, Outbox
from chassis.relay import Relay
from deploy.local import Stack
from schemas.topics import REFERRALS
from tests.chassis import counters
from tests.chassis.counters import withdrawn


class Road:
    """Two databases and a Kafka between them: facts are said on one side and counted on the other."""

    def __init__(self, stack: Stack, prefix: str, sender: asyncpg.Pool, receiver: asyncpg.Pool) -> None:
        self.stack, self.prefix, self.sender, self.receiver = stack, prefix, sender, receiver

    async def say(self, keys: list[str], versions: range) -> None:
        outbox = Outbox("/919/referrals", counters.Open())
        async with self.sender.acquire() as conn, conn.transaction():
            for version in versions:
                await outbox.append(conn, [Draft(withdrawn(key), version, Meta("c")) for key in keys])

    @property
    def brokers(self) -> Brokers:
        return Brokers.in_clear(self.stack.bootstrap)

    def relay(self) -> Relay:
        return Relay(
            self.sender, Brokers.in_clear(self.stack.bootstrap), name="referrals", prefix=self.prefix
        )

    def consumer(self, batch: int = 500, full: Room = always_room) -> Consumer:
        inbox = counters.inbox(self.receiver)
        return Consumer(
            self.receiver,
            inbox,
            Brokers.in_clear(self.stack.bootstrap),
            [REFERRALS],
            group="counters",
            prefix=self.prefix,
            batch=batch,
            full=full,
        )

    async def counts(self) -> dict[str, int]:
        return {row["id"]: row["n"] for row in await self.receiver.fetch("SELECT id, n FROM counter")}

    async def until(self, expected: dict[str, int], seconds: float = 30) -> None:
        end = monotonic() + seconds
        while monotonic() < end:
            if await self.counts() == expected:
                return
            await asyncio.sleep(0.05)
        assert await self.counts() == expected

    async def until_published(self, seconds: float = 30) -> None:
        end, waiting = monotonic() + seconds, 1
        while waiting and monotonic() < end:
            await asyncio.sleep(0.05)
            waiting = await self.sender.fetchval("SELECT count(*) FROM outbox")
        assert waiting == 0


@asynccontextmanager
async def running(*parts: Any) -> AsyncIterator[asyncio.Event]:
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stopping)) for part in parts]
    try:
        yield stopping
    finally:
        stopping.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 30)
