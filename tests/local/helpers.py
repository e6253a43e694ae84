"""What several tests of the stack do with it."""

import time
from collections.abc import Callable

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.kafka import Topic, apply_topics


def a_topic(name: str = "things.v1", partitions: int = 1) -> Topic:
    return Topic(name=name, purpose="a test", partitions=partitions, cleanup="delete", retention_days=1)


async def send(bootstrap: list[str], topic: str, values: list[bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(topic, value)


async def receive(bootstrap: list[str], topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=f"readers-of-{topic}", auto_offset_reset="earliest"
    )
    async with consumer:
        return [(await consumer.getone()).value for _ in range(count)]


async def send_and_receive(bootstrap: list[str], name: str, values: list[bytes]) -> list[bytes]:
    """Make a topic, send the values and return what a consumer group receives."""
    await apply_topics(bootstrap, topics=[a_topic(name)])
    await send(bootstrap, name, values)
    return await receive(bootstrap, name, len(values))


async def ask(dsn: str, question: str) -> object:
    server = await asyncpg.connect(dsn)
    try:
        return await server.fetchval(question)
    finally:
        await server.close()


def wait_until(happened: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"did not happen within {seconds} seconds"
        time.sleep(0.05)
