"""Ask a Kafka or a PostgreSQL something, from code that may or may not run inside an event loop."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from aiokafka.admin import AIOKafkaAdminClient

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Cluster:
    """What a broker says of the cluster it belongs to."""

    cluster_id: str
    brokers: frozenset[int]


def run(question: Coroutine[Any, Any, Answer]) -> Answer:
    """Run the coroutine in a thread with an event loop of its own, since the caller may be in one already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, question).result()


def describe_cluster(bootstrap: list[str]) -> Cluster:
    """Return what the first broker that answers says. Raises aiokafka.errors.KafkaError where none does."""
    return run(_describe_cluster(bootstrap))


async def _describe_cluster(bootstrap: list[str]) -> Cluster:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        await admin.start()
        described = await admin.describe_cluster()
    finally:
        await admin.close()
    return Cluster(described["cluster_id"], frozenset(broker["node_id"] for broker in described["brokers"]))
