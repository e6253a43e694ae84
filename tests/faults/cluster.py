"""The brokers as a fault sees them: who leads, who co-ordinates, whether all copies are there again."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import AlterPartitionReassignmentsRequest, DeleteGroupsRequest

from deploy.local import Stack
from deploy.local.kafka import Broker
from tests.faults.small_disk import Ballast, mounted

IN_SYNC_SECONDS = 90.0
#: What a small disk has free at first.
ROOM_BYTES = 48 * 2**20


def leader(stack: Stack, topic: str, partition: int = 0) -> Broker:
    """The broker that leads this partition. Raises KafkaError if there is none just now."""
    for each in _ask(stack, lambda admin: admin.describe_topics([topic]))[0]["partitions"]:
        if each["partition"] == partition:
            return _broker(stack, each["leader"])
    raise KafkaError(f"{topic} has no partition {partition}")


def coordinator(stack: Stack, group: str) -> Broker:
    """The broker that looks after this consumer group. Raises KafkaError if there is none just now."""
    return _broker(stack, _ask(stack, lambda admin: admin.find_coordinator(group)))


def let(stack: Stack, topic: str, nodes: Sequence[int]) -> None:
    """Has only these brokers hold the topic, the first of them as its leader where it can be."""
    _ask(stack, lambda admin: _assigned(admin, topic, nodes))


async def _assigned(admin: AIOKafkaAdminClient, topic: str, nodes: Sequence[int]) -> None:
    (found,) = await admin.describe_topics([topic])
    none: Any = {}  # of the tagged fields that later brokers may know
    places = [(part["partition"], list(nodes), none) for part in found["partitions"]]
    answer = await admin._send_request(
        AlterPartitionReassignmentsRequest(5_000, [(topic, places, none)], none)
    )
    if answer.error_code:
        raise for_code(answer.error_code)(f"{topic} is not moved")


def forget_group(stack: Stack, group: str) -> None:
    """Deletes a consumer group, which nobody may be in. Raises KafkaError where the broker refuses."""
    _ask(stack, lambda admin: _forgotten(admin, group))


async def _forgotten(admin: AIOKafkaAdminClient, group: str) -> None:
    node = await admin.find_coordinator(group)
    answer = await admin._send_request(DeleteGroupsRequest([group]), node)
    for _, code in answer.results:
        if code:
            raise for_code(code)(f"{group} is not deleted")


def restart(stack: Stack, brokers: Sequence[Broker]) -> None:
    """Starts those that are down, together, and waits until every copy is in step again."""
    for broker in brokers:
        broker.start(wait=False)
    for broker in brokers:
        broker.wait_until_ready()
    wait_in_sync(stack)


def restore(stack: Stack) -> None:
    """Has every broker up and in step; costs next to nothing where nothing was done to them."""
    for broker in stack.brokers:
        broker.resume()
    if not all(broker.running for broker in stack.brokers) or _out_of_sync(stack):
        restart(stack, stack.brokers)


def wait_in_sync(stack: Stack) -> None:
    """Until each partition of each topic has three copies in step."""
    end = time.monotonic() + IN_SYNC_SECONDS
    while behind := _out_of_sync(stack):
        assert time.monotonic() < end, f"{behind} partitions are not in step after {IN_SYNC_SECONDS:.0f} s"
        time.sleep(0.2)


@contextmanager
def on_small_disk(stack: Stack, broker: Broker) -> Iterator[Ballast]:
    """Moves a broker's data onto a small file system, and back at the end. It is down for a moment, both times.

    Raises NotPossibleHere where no file system can be mounted.
    """
    data = broker.folder / "data"
    broker.stop()
    with mounted(_bytes_in(data) + ROOM_BYTES) as folder:
        _move(data, folder / "data")
        data.symlink_to(folder / "data")
        disk = Ballast(folder)
        try:
            restart(stack, [broker])
            yield disk
        finally:
            disk.empty()
            broker.stop()
            data.unlink()
            _move(folder / "data", data)
    restart(stack, [broker])


def _bytes_in(folder: Path) -> int:
    """What it takes of a disk: Kafka's indexes are mostly holes."""
    return sum(each.stat().st_blocks * 512 for each in folder.rglob("*"))


def _move(source: Path, target: Path) -> None:
    """Holes stay holes."""
    subprocess.run(["cp", "-a", "--sparse=always", str(source), str(target)], check=True, capture_output=True)
    shutil.rmtree(source)


def _out_of_sync(stack: Stack) -> int:
    try:
        topics = _ask(stack, _described)
    except (KafkaError, OSError, TimeoutError):
        return -1
    return sum(len(part["isr"]) < len(part["replicas"]) for each in topics for part in each["partitions"])


async def _described(admin: AIOKafkaAdminClient) -> Any:
    names = await admin.list_topics()
    return await admin.describe_topics(names) if names else []


def _broker(stack: Stack, node: int) -> Broker:
    for broker in stack.brokers:
        if broker.node_id == node:
            return broker
    raise KafkaError(f"there is no broker {node}")


def _ask(stack: Stack, question: Any) -> Any:
    async def ask() -> Any:
        up = [broker.address for broker in stack.brokers if broker.running]
        admin = AIOKafkaAdminClient(bootstrap_servers=up, request_timeout_ms=5_000)
        try:
            async with asyncio.timeout(10):
                await admin.start()
                return await question(admin)
        finally:
            await admin.close()

    return asyncio.run(ask())
