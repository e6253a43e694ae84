"""A log that has lost its end, or what somebody had yet to read of its beginning: nobody goes on as if it had not."""

import asyncio
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from fastapi import APIRouter
from pydantic_settings import SettingsConfigDict

from chassis.operations import lost_end_command
from chassis.operations.lost_end import CutOff, Found, publish_again, read_again
from chassis.places import RecordsMissing
from chassis.reading import TopicReader
from chassis.service import Running, Service
from chassis.settings import ServiceSettings
from schemas.topics import REFERRALS
from tests.chassis import counters
from tests.chassis.roads import Road, running
from tests.support.commands import typed
from tests.support.topics import emptied, made_anew


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="LOST_LOGS_TEST_")


async def test_a_log_whose_beginning_is_missing_stops_the_consumer(road: Road) -> None:
    async with running(road.relay(), road.consumer()):
        await road.say(["a"], range(1, 6))
        await road.until({"a": 5})
    await road.receiver.execute("TRUNCATE counter, inbox, partition_position, outbox")
    await emptied(road.stack.bootstrap, road.prefix + REFERRALS.name)
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
        await emptied(road.stack.bootstrap, road.prefix + REFERRALS.name)
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


async def test_a_log_that_was_made_anew_stops_the_consumer_although_it_has_grown_beyond_what_was_read(
    road: Road,
) -> None:
    """What stands before the place that is next was never read of this one: the fourth fact here."""
    async with running(road.relay(), road.consumer()):
        await road.say(["a"], range(1, 4))
        await road.until({"a": 3})
    await made_anew(road.stack.bootstrap, road.prefix, REFERRALS.name)
    async with running(road.relay()):
        await road.say(["a"], range(4, 8))
        await road.until_published()
    with pytest.raises(RecordsMissing, match="deleted and made anew"):
        await asyncio.wait_for(road.consumer().run(asyncio.Event()), 30)

    said = await asked(road, "--reason", "deleted by mistake")
    assert f"{REFERRALS.name} was deleted and made anew since it was read" in said
    async with running(road.consumer()):
        await road.until({"a": 7})
    assert await road.receiver.fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_a_log_that_is_made_anew_while_a_consumer_reads_it_stops_that_consumer(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kafka's client would hear of the new one within minutes, by when it may have grown."""
    monkeypatch.setattr("chassis.log_watch.LOOK_SECONDS", 1.0)
    consumer = road.consumer()
    reading = asyncio.create_task(consumer.run(asyncio.Event()))
    async with running(road.relay()):
        await road.say(["a"], range(1, 4))
        await road.until({"a": 3})
    await made_anew(road.stack.bootstrap, road.prefix, REFERRALS.name)
    with pytest.raises(RecordsMissing, match="deleted and made anew"):
        await asyncio.wait_for(reading, 30)


async def test_what_is_gone_unread_is_given_up_only_where_the_operator_says_so_and_the_record_says_how_much(
    road: Road,
) -> None:
    async with running(road.relay()):
        await road.say(["a"], range(1, 4))
        await road.until_published()
    await emptied(road.stack.bootstrap, road.prefix + REFERRALS.name)
    why = ("--reason", "deleted by mistake")
    said = await asked(road, *why)
    assert "3 were deleted before they were read: --without-beginning gives them up" in said
    assert "nothing is to be read again" in said
    await asked(road, REFERRALS.name, *why)
    assert "nothing was changed" in await asked(road, "--without-beginning", "--dry-run")
    with pytest.raises(RecordsMissing, match="begins at 3, but 0 is next"):
        await asyncio.wait_for(road.consumer().run(asyncio.Event()), 30)

    said = await asked(road, "--without-beginning", *why)
    assert "3 were deleted before they were read: given up" in said
    assert f"when the service starts: {REFERRALS.name}" in said
    outcomes = await road.receiver.fetch("SELECT what, why, outcome FROM operator_action ORDER BY id")
    began_too_late = "0 partitions had ended too early, 1 began too late"
    assert [tuple(row) for row in outcomes] == [
        (REFERRALS.name, "deleted by mistake", began_too_late),
        (REFERRALS.name, "deleted by mistake", f"{began_too_late}: 3 records given up"),
    ]
    async with running(road.relay(), road.consumer()):
        await road.say(["b"], range(1, 3))
        await road.until({"b": 2})


async def asked(road: Road, *words: str) -> str:
    """What ``read-again`` says where the receiver is a service that hears this topic."""
    service = Service(
        name="small",
        settings=Settings(
            profile="test",
            database="postgresql://small@127.0.0.1/small",
            kafka=",".join(road.stack.bootstrap),
            topic_prefix=road.prefix,
        ),
        handlers=counters.handlers(),
        repositories=[counters.TABLE_OF_COUNTERS],
        hears=[REFERRALS],
        says=[],
        migrations=Path(),
        router=lambda _: APIRouter(),
    )
    said = await typed(Running(service, road.receiver), lost_end_command.add, "read-again", *words)
    assert said.exit_code == 0, said.output
    return said.output


async def begins_of(road: Road) -> dict[tuple[str, int], int]:
    async with TopicReader(road.brokers, road.prefix) as reader:
        begins = await reader.beginnings(await reader.partitions([REFERRALS]))
    return {(REFERRALS.name, partition.partition): begin for partition, begin in begins.items()}
