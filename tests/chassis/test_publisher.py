"""The publisher when Kafka says nothing any more: it gives up in time, and nothing of it lives on."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import asyncpg
import pytest
from aiokafka.errors import KafkaError

from chassis.brokers import Brokers
from chassis.publisher import Publisher
from deploy.local import Stack
from schemas.topics import PERSONAL_DETAILS, REFERRALS, Topic


def row_for(topic: Topic) -> asyncpg.Record:
    return cast(
        asyncpg.Record, {"topic": topic.name, "key": "k", "payload": b"{}", "headers": '[["name", "value"]]'}
    )


def connections(publisher: Publisher) -> Iterator[Any]:
    for producer in (publisher._plain, publisher._fenced):
        yield from producer.client._conns.values()


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


async def test_a_broker_that_knows_of_no_broker_yet_is_one_that_is_away(
    stack: Stack, new_topics: Callable[..., Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = await new_topics(PERSONAL_DETAILS)
    publisher = Publisher(Brokers.in_clear(stack.bootstrap), prefix, f"{prefix}starting")
    monkeypatch.setattr(publisher._fenced.client, "get_random_node", lambda: None)
    with pytest.raises(KafkaError):
        await publisher.start()
    await publisher.stop()
