"""A log that has lost its end, or what somebody had yet to read of its beginning: nobody goes on as if it had not."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from chassis.operations.lost_end import CutOff, Found, publish_again, read_again
from chassis.places import RecordsMissing
from chassis.reading import TopicReader
from deploy.local import Stack
from schemas.topics import REFERRALS
from tests.chassis import counters
from tests.chassis.test_road import Road, running


@pytest.fixture
async def road(
    stack: Stack, database: Callable[..., Awaitable[asyncpg.Pool]], new_topics: Callable[..., Awaitable[str]]
) -> Road:
    """A sender and a receiver, with a Kafka between them."""
    return Road(stack, await new_topics(REFERRALS), await database(), await database(extra=[counters.TABLE]))


async def test_a_log_whose_beginning_is_missing_stops_the_consumer(road: Road) -> None:
    async with running(road.relay(), road.consumer()):
        await road.say(["a"], range(1, 6))
        await road.until({"a": 5})
    await road.receiver.execute("TRUNCATE counter, inbox, partition_position, outbox")
    await delete_records(road)
    with pytest.raises(RecordsMissing, match="restore the topic"):
        await asyncio.wait_for(road.consumer().run(asyncio.Event()), 30)


async def test_a_log_whose_beginning_is_cut_off_while_a_consumer_waits_before_it_stops_that_consumer(
    road: Road,
) -> None:
    """Kafka's client would go on at the new beginning, as if nothing had stood before it."""
    has_room, waits = asyncio.Event(), asyncio.Event()

    def full() -> str | None:
        waits.set()
        return None if has_room.is_set() else "there is no room"

    consumer = road.consumer(full=full)
    reading = asyncio.create_task(consumer.run(asyncio.Event()))
    async with running(road.relay()):
        await road.say(["a"], range(1, 4))
        await road.until_published()
        await asyncio.wait_for(waits.wait(), 30)
        await delete_records(road)
        has_room.set()
    with pytest.raises(RecordsMissing, match="restore the topic"):
        await asyncio.wait_for(reading, 30)
    assert await road.counts() == {}
    # As docs/operations.md has it: what was sent is published again, and what is gone of the log given up.
    async with road.sender.acquire() as conn, conn.transaction():
        await publish_again(conn, [REFERRALS.name])
    begins = await begins_of(road)
    gone = [CutOff(TopicPartition(*place), 0, begin) for place, begin in begins.items()]
    async with road.receiver.acquire() as conn, conn.transaction():
        await read_again(conn, Found([REFERRALS.name], begins, [], gone), without_beginning=True)
    async with running(road.relay(), road.consumer()):
        await road.until({"a": 3})
    assert await road.receiver.fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_a_log_that_loses_its_end_while_a_consumer_reads_it_stops_that_consumer(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kafka's client would begin anew, and what comes in the lost places would be taken for read."""
    monkeypatch.setattr("chassis.places.LATE_SECONDS", 0.2)
    consumer = road.consumer()
    reading = asyncio.create_task(consumer.run(asyncio.Event()))
    async with running(road.relay()):
        await road.say(["a"], range(1, 6))
        await road.until({"a": 5})
        await road.receiver.execute("UPDATE partition_position SET next_offset = next_offset + 1")
        client = consumer._subscriber.consumer
        assert client is not None
        for partition in client.assignment():  # as if there had been a sixth
            client._subscription.seek(partition, 6)
    with pytest.raises(RecordsMissing, match="ends at 5, but 6 is next"):
        await asyncio.wait_for(reading, 30)


async def test_a_log_that_ends_before_what_was_read_of_it_stops_the_consumer(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kafka has lost its last records: what comes in their place would be taken for read."""
    monkeypatch.setattr("chassis.places.LATE_SECONDS", 0.2)
    async with running(road.relay(), road.consumer()):
        await road.say(["a"], range(1, 6))
        await road.until({"a": 5})
    await road.receiver.execute("UPDATE partition_position SET next_offset = next_offset + 1")
    with pytest.raises(RecordsMissing, match="ends at 5, but 6 is next"):
        await asyncio.wait_for(road.consumer().run(asyncio.Event()), 30)
    # As docs/operations.md has it: what was sent is published again, and the log read from its beginning.
    async with road.sender.acquire() as conn, conn.transaction():
        await publish_again(conn, [REFERRALS.name])
    async with road.receiver.acquire() as conn, conn.transaction():
        begins = {(REFERRALS.name, partition): 0 for partition in range(12)}
        await read_again(conn, Found([REFERRALS.name], begins, []))
    async with running(road.relay(), road.consumer()):
        await road.say(["a"], range(6, 7))
        await road.until({"a": 6})
    assert await road.receiver.fetchval("SELECT count(*) FROM dead_letter") == 0


async def begins_of(road: Road) -> dict[tuple[str, int], int]:
    async with TopicReader(road.brokers, road.prefix) as reader:
        begins = await reader.beginnings(await reader.partitions([REFERRALS]))
    return {(REFERRALS.name, partition.partition): begin for partition, begin in begins.items()}


async def delete_records(road: Road) -> None:
    topic = road.prefix + REFERRALS.name
    admin = AIOKafkaAdminClient(bootstrap_servers=road.stack.bootstrap)
    await admin.start()
    try:
        await admin.delete_records(
            {TopicPartition(topic, n): RecordsToDelete(before_offset=-1) for n in range(12)}
        )
    finally:
        await admin.close()
