"""Records that Kafka deletes before they are read, where not each counts: the reader goes on, and says how many."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from chassis import consumer as consumer_module
from chassis import metrics
from chassis.brokers import Brokers
from chassis.consumer import Consumer
from chassis.places import places_of
from deploy.local import Stack
from schemas.topics import PERSONAL_DETAILS, REFERRAL_SUBMISSIONS, Topic
from tests.chassis import counters
from tests.chassis.roads import running
from tests.chassis.test_places import Log
from tests.support.topics import emptied

PERSONS = TopicPartition(PERSONAL_DETAILS.name, 0)


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database(extra=[counters.TABLE])


def counted(topic: Topic = PERSONAL_DETAILS) -> float:
    """How many records of the topic were counted as gone: an alert goes by it."""
    return metrics.REGISTRY.get_sample_value("fingerpost_gone_unread_total", {"topic": topic.name}) or 0


async def begins_at(pool: asyncpg.Pool, begin: int) -> int:
    """Where a reader of persons goes on whose log begins there."""
    return (await places_of(pool, Log(begin, 20), {PERSONS: PERSONAL_DETAILS}))[PERSONS]


async def test_what_is_gone_unread_is_counted_once_however_often_its_place_is_looked_up(
    pool: asyncpg.Pool,
) -> None:
    await pool.execute("INSERT INTO partition_position VALUES ($1, 0, 7)", PERSONS.topic)
    before = counted()
    assert [await begins_at(pool, 9) for _ in range(2)] == [9, 9]
    assert counted() == before + 2


async def test_whoever_begins_has_lost_nothing_of_before_and_what_goes_then_is_counted(
    pool: asyncpg.Pool,
) -> None:
    before = counted()
    assert await begins_at(pool, 8) == 8
    assert counted() == before
    assert await begins_at(pool, 10) == 10
    assert counted() == before + 2


async def test_a_place_that_was_moved_on_meanwhile_is_not_set_back(pool: asyncpg.Pool) -> None:
    """By whoever had the partition before, and was in the middle of a batch."""
    await pool.execute("INSERT INTO partition_position VALUES ($1, 0, 7)", PERSONS.topic)

    class Slow(Log):
        async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
            await pool.execute("UPDATE partition_position SET next_offset = 12")
            return await super().end_offsets(partitions)

    before = counted()
    await places_of(pool, Slow(9, 20), {PERSONS: PERSONAL_DETAILS})
    assert await pool.fetchval("SELECT next_offset FROM partition_position") == 12
    assert counted() == before


class Looks:
    """Looks places up as ever, but takes its time; knows what its reader said of itself meanwhile, each time."""

    def __init__(self, reader: Consumer) -> None:
        self._reader, self.said = reader, list[str | None]()

    async def __call__(self, pool: asyncpg.Pool, consumer: Any, heard: Mapping[Any, Any]) -> dict[Any, Any]:
        self.said.append(self._reader.ready())
        await asyncio.sleep(0.5)
        return await places_of(pool, consumer, heard)


class Reading:
    """A topic and its reader, which parks all that it reads: so it is known what that was."""

    def __init__(self, stack: Stack, topic: Topic, prefix: str, pool: asyncpg.Pool) -> None:
        self._bootstrap, self._topic, self._prefix, self._pool = stack.bootstrap, topic, prefix, pool
        self.has_room, self.waits = asyncio.Event(), asyncio.Event()

    def consumer(self) -> Consumer:
        """One that takes nothing before there is room for it."""
        brokers = Brokers.in_clear(self._bootstrap)
        return Consumer(
            self._pool, counters.inbox(self._pool), brokers, [self._topic],
            group="readers", prefix=self._prefix, full=self._full,
        )  # fmt: skip

    def _full(self) -> str | None:
        self.waits.set()
        return None if self.has_room.is_set() else "there is no room"

    async def send(self, *values: bytes) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self._bootstrap) as producer:
            for value in values:
                await producer.send_and_wait(self._prefix + self._topic.name, value, key=b"k", partition=0)

    async def delete(self) -> None:
        """All that is there until now, as Kafka does when somebody gave the topic an end of its days."""
        name = self._prefix + self._topic.name
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        try:
            mortal = {"cleanup.policy": "delete"}
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, mortal)])
        finally:
            await admin.close()
        await emptied(self._bootstrap, name)

    async def until_read(self, *values: bytes) -> None:
        """Waits until just these were read."""
        found: list[bytes] = []
        for _ in range(300):
            rows = await self._pool.fetch("SELECT payload FROM dead_letter ORDER BY record_at")
            if (found := [row["payload"] for row in rows]) == list(values):
                return
            await asyncio.sleep(0.1)
        assert found == list(values)


@pytest.mark.slow
@pytest.mark.parametrize("topic", [PERSONAL_DETAILS, REFERRAL_SUBMISSIONS], ids=lambda topic: topic.order)
async def test_what_is_deleted_while_a_reader_waits_before_it_is_looked_up_and_counted_once(
    stack: Stack,
    new_topics: Callable[..., Awaitable[str]],
    pool: asyncpg.Pool,
    monkeypatch: pytest.MonkeyPatch,
    topic: Topic,
) -> None:
    """Kafka's client goes on by itself at what is left; the reader goes back to where it was, which is gone."""
    reading, before = Reading(stack, topic, await new_topics(topic), pool), counted(topic)
    consumer = reading.consumer()
    looks = Looks(consumer)
    monkeypatch.setattr(consumer_module, "places_of", looks)
    async with running(consumer):
        await reading.send(b"1", b"2", b"3")
        await asyncio.wait_for(reading.waits.wait(), 30)
        await reading.delete()
        await reading.send(b"4")
        reading.has_room.set()
        await reading.until_read(b"4")
        await asyncio.sleep(2.5)  # within a second it would have looked again
    assert looks.said == ["no partitions assigned yet", "where it goes on is looked up"]
    assert counted(topic) == before + 3
