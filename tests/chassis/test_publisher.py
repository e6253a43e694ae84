"""The publisher keeps the order of each key; one that was overtaken is refused, and one that gave up is gone."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.partitioner import murmur2

from chassis.brokers import Brokers
from chassis.publisher import Publisher
from chassis.reading import TopicReader
from deploy.local import Stack
from schemas.topics import PERSONAL_DETAILS, REFERRALS, Topic
from tests.support.topics import widened

#: Bytes that the table outbox takes at most.
LARGEST = 899_999


def row_for(topic: Topic, key: str = "k", payload: bytes = b"{}") -> asyncpg.Record:
    headers = '[["name", "value"]]'
    return cast(asyncpg.Record, {"topic": topic.name, "key": key, "payload": payload, "headers": headers})


def connections(publisher: Publisher) -> Iterator[Any]:
    yield from publisher._producer.client._conns.values()


@pytest.mark.parametrize("topic", [REFERRALS, PERSONAL_DETAILS], ids=lambda topic: topic.order)
async def test_of_a_publisher_that_gave_up_a_silent_kafka_nothing_lives_on(
    stack: Stack,
    new_topics: Callable[..., Awaitable[str]],
    topic: Topic,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prefix = await new_topics(topic)
    before = asyncio.all_tasks()
    publisher = Publisher(Brokers.in_clear(stack.bootstrap), prefix, f"{prefix}gives-up")
    await publisher.start()
    await publisher.publish([row_for(topic)])
    opened = list(connections(publisher))
    for connection in opened:
        connection._writer.transport.pause_reading()
    monkeypatch.setattr("chassis.publisher.TIMEOUT", 1.0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(publisher.publish([row_for(topic)]), 15)
    await asyncio.wait_for(publisher.stop(), 10)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before
    assert opened
    assert not any(connection.connected() for connection in [*opened, *connections(publisher)])


@pytest.mark.parametrize("topic", [REFERRALS, PERSONAL_DETAILS], ids=lambda topic: topic.order)
async def test_a_relay_that_wakes_leaves_nothing_behind_what_the_one_that_took_over_wrote(
    stack: Stack, new_topics: Callable[..., Awaitable[str]], topic: Topic
) -> None:
    prefix = await new_topics(topic)
    asleep, awake = (Publisher(Brokers.in_clear(stack.bootstrap), prefix, f"{prefix}same") for _ in range(2))
    await asleep.start()
    await asleep.publish([row_for(topic, payload=b"1")])
    await awake.start()
    await awake.publish([row_for(topic, payload=b"1"), row_for(topic, payload=b"2")])
    with pytest.raises(KafkaError):
        await asleep.publish([row_for(topic, payload=b"1")])
    await asleep.stop()
    await awake.publish([row_for(topic, payload=b"3")])
    await awake.stop()
    assert [value for _, value in (await read(stack, prefix, topic))["k"]] == [b"1", b"1", b"2", b"3"]


async def test_what_a_publisher_gave_up_is_not_sent_while_it_stops(
    stack: Stack, new_topics: Callable[..., Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By then Kafka may have forgotten the epochs, if the process was frozen for days, and take anything."""
    prefix = await new_topics(REFERRALS)
    publisher = Publisher(Brokers.in_clear(stack.bootstrap), prefix, f"{prefix}frozen")
    await publisher.start()
    await publisher.publish([row_for(REFERRALS, payload=b"1")])

    async def away(*_: Any, **__: Any) -> Any:
        raise KafkaConnectionError

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("chassis.publisher.TIMEOUT", 0.5)
        meanwhile.setattr(publisher._producer.client, "send", away)
        with pytest.raises(TimeoutError):
            await publisher.publish([row_for(REFERRALS, payload=b"2")])
    await publisher.stop()
    assert [value for _, value in (await read(stack, prefix, REFERRALS))["k"]] == [b"1"]


async def read(stack: Stack, prefix: str, topic: Topic) -> dict[str, list[tuple[int, bytes]]]:
    """What is on the topic: by key, in order, the partition and the beginning of each value."""
    found: dict[str, list[tuple[int, bytes]]] = {}
    async with TopicReader(Brokers.in_clear(stack.bootstrap), prefix) as reader:
        partitions = await reader.partitions([topic])
        async for some in reader.read({}, await reader.ends(partitions)):
            for record in (dated.record for dated in some):
                assert list(record.headers) == [("name", b"value")]
                value = (record.value or b"").strip()
                found.setdefault((record.key or b"").decode(), []).append((record.partition, value))
    return found


@pytest.mark.parametrize("topic", [REFERRALS, PERSONAL_DETAILS], ids=lambda topic: topic.order)
async def test_each_key_keeps_its_order_and_its_partition_however_many_batches_it_takes(
    stack: Stack, new_topics: Callable[..., Awaitable[str]], topic: Topic
) -> None:
    prefix = await new_topics(topic)
    publisher = Publisher(Brokers.in_clear(stack.bootstrap), prefix, f"{prefix}in-order")
    keys, values = ["a", "b", "c", "d"], [b"%d" % n for n in range(9)]
    await publisher.start()
    # Three of these fill a batch of Kafka's, and one of them is larger than a batch may be.
    rows = [row_for(topic, key, v.ljust(200_000 if v == b"4" else 50_000)) for v in values for key in keys]
    await publisher.publish(rows)
    await publisher.publish([row_for(topic, key, b"last") for key in keys])
    await publisher.stop()
    found = await read(stack, prefix, topic)
    # The partition is the one that every client of Kafka gives the key: murmur2.
    where = {key: (murmur2(key.encode()) & 0x7FFFFFFF) % 12 for key in keys}
    assert found == {key: [(where[key], value) for value in [*values, b"last"]] for key in keys}


async def test_a_key_stays_in_its_partition_where_a_topic_was_given_more_of_them(
    stack: Stack, new_topics: Callable[..., Awaitable[str]]
) -> None:
    """Elsewhere a later fact would be read before an earlier one, and a person's old details would stay for good."""
    prefix = await new_topics(PERSONAL_DETAILS)
    await widened(stack.bootstrap, f"{prefix}{PERSONAL_DETAILS.name}", 31)
    publisher = Publisher(Brokers.in_clear(stack.bootstrap), prefix, f"{prefix}widened")
    keys = [f"key-{n}" for n in range(40)]
    await publisher.start()
    await publisher.publish([row_for(PERSONAL_DETAILS, key) for key in keys])
    await publisher.stop()
    found = await read(stack, prefix, PERSONAL_DETAILS)
    where = {key: (murmur2(key.encode()) & 0x7FFFFFFF) % 12 for key in keys}
    assert found == {key: [(where[key], b"{}")] for key in keys}


async def test_kafka_takes_the_largest_fact_that_the_outbox_does(
    stack: Stack, new_topics: Callable[..., Awaitable[str]]
) -> None:
    prefix = await new_topics(REFERRALS)
    publisher = Publisher(Brokers.in_clear(stack.bootstrap), prefix, f"{prefix}largest")
    await publisher.start()
    await publisher.publish([row_for(REFERRALS, payload=b"x" * LARGEST)])
    await publisher.stop()
    ((_, value),) = (await read(stack, prefix, REFERRALS))["k"]
    assert len(value) == LARGEST


async def test_a_broker_that_knows_of_no_broker_yet_is_one_that_is_away(
    stack: Stack, new_topics: Callable[..., Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = await new_topics(PERSONAL_DETAILS)
    publisher = Publisher(Brokers.in_clear(stack.bootstrap), prefix, f"{prefix}starting")
    monkeypatch.setattr(publisher._producer.client, "get_random_node", lambda: None)
    with pytest.raises(KafkaError):
        await publisher.start()
    await publisher.stop()
