"""A cluster of three loses nothing, repeats nothing and keeps the order when the leader is killed."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from deploy.kafka import apply_topics
from deploy.local import Stack, start_stack
from tests.local.helpers import a_topic
from tests.support.addresses import without_addresses

pytestmark = pytest.mark.slow

TOPIC = "leader-killed.v1"
COUNT = 3_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[Stack]:
    with without_addresses():
        running = start_stack(brokers=3)
    with running:
        yield running


async def partition_of(cluster: Stack) -> dict[str, Any]:
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    await admin.start()
    try:
        [topic] = await admin.describe_topics([TOPIC])
    finally:
        await admin.close()
    return dict(topic["partitions"][0])


async def send_all(cluster: Stack, half_sent: asyncio.Event) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=cluster.bootstrap, acks="all", enable_idempotence=True
    ) as producer:
        sent = []
        for number in range(COUNT):
            sent.append(await producer.send(TOPIC, str(number).encode()))
            if number == COUNT // 2:
                half_sent.set()
            await asyncio.sleep(0.001)
        await asyncio.gather(*sent)


async def until_all_in_sync(cluster: Stack) -> None:
    for _ in range(300):
        if len((await partition_of(cluster))["isr"]) == len(cluster.brokers):
            return
        await asyncio.sleep(0.2)
    pytest.fail("the restarted broker did not catch up")


async def test_a_killed_leader_loses_nothing_and_is_taken_back(cluster: Stack) -> None:
    await apply_topics(cluster.bootstrap, topics=[a_topic(TOPIC)])
    leader = (await partition_of(cluster))["leader"]
    half_sent = asyncio.Event()
    sending = asyncio.create_task(send_all(cluster, half_sent))
    await half_sent.wait()
    cluster.brokers[leader - 1].kill()
    await asyncio.wait_for(sending, 90)

    assert (await partition_of(cluster))["leader"] != leader
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=cluster.bootstrap, auto_offset_reset="earliest")
    async with consumer:
        received = [int((await consumer.getone()).value) for _ in range(COUNT)]
    assert received == list(range(COUNT))

    await asyncio.to_thread(cluster.brokers[leader - 1].start)
    await until_all_in_sync(cluster)


async def test_every_topic_of_a_cluster_of_three_has_three_replicas(cluster: Stack) -> None:
    await apply_topics(cluster.bootstrap, prefix="three.")
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    await admin.start()
    try:
        topics = await admin.describe_topics(["three.referrals.v1"])
    finally:
        await admin.close()
    assert {len(partition["replicas"]) for partition in topics[0]["partitions"]} == {3}
