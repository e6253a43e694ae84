"""Reading topics as an outside client would: everything, from the first record to the present last one."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete

from chassis.fetched import CarefulConsumer
from deploy.kafka import apply_topics
from schemas.envelope import BadEnvelope, Envelope

SECONDS = 30.0
Stream = tuple[str, str]  # topic without prefix, key


@dataclass(frozen=True, slots=True)
class Said:
    """One event's place in its stream."""

    version: int
    event_id: str
    type: str


async def names(bootstrap: Sequence[str], prefix: str) -> list[str]:
    """Every topic whose name begins with ``prefix``."""
    reader = _reader(bootstrap)
    await reader.start()
    try:
        return sorted(name for name in await reader.topics() if name.startswith(prefix))
    finally:
        await reader.stop()


async def records(bootstrap: Sequence[str], topics: Iterable[str]) -> list[Any]:
    """All records of ``topics``, those of aborted transactions too; in order within each partition."""
    reader = _reader(bootstrap)
    await reader.start()
    try:
        return await _all(reader, await _partitions(bootstrap, list(topics)))
    finally:
        await reader.stop()


async def ends(bootstrap: Sequence[str], topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """Where each partition of ``topics`` ends at this moment: the offset of the next record."""
    reader = _reader(bootstrap)
    await reader.start()
    try:
        found = await reader.end_offsets(await _partitions(bootstrap, list(topics)))
        return {(partition.topic, partition.partition): end for partition, end in found.items()}
    finally:
        await reader.stop()


async def emptied(bootstrap: Sequence[str], topic: str) -> None:
    """Deletes all records that ``topic`` holds; its logs then begin where they end."""
    everything = RecordsToDelete(before_offset=-1)
    partitions = await _partitions(bootstrap, [topic])
    admin = AIOKafkaAdminClient(bootstrap_servers=list(bootstrap))
    await admin.start()
    try:
        await admin.delete_records(dict.fromkeys(partitions, everything))
    finally:
        await admin.close()


async def made_anew(bootstrap: Sequence[str], prefix: str, topic: str) -> None:
    """Deletes ``topic`` (without the prefix) with all that is in it, and makes it again."""
    whole = prefix + topic
    admin = AIOKafkaAdminClient(bootstrap_servers=list(bootstrap))
    await admin.start()
    try:
        await admin.delete_topics([whole])
        for _ in range(int(SECONDS * 10)):  # brokers let go of a topic after they have said so
            if whole not in await admin.list_topics():
                break
            await asyncio.sleep(0.1)
    finally:
        await admin.close()
    await apply_topics(bootstrap, prefix)


async def widened(bootstrap: Sequence[str], topic: str, count: int) -> None:
    """Gives ``topic`` more partitions, so that there are ``count``. Raises KafkaError where it has as many."""
    admin = AIOKafkaAdminClient(bootstrap_servers=list(bootstrap))
    await admin.start()
    try:
        await admin.create_partitions({topic: NewPartitions(count)})
    finally:
        await admin.close()
    for _ in range(int(SECONDS * 10)):
        if len(await _partitions(bootstrap, [topic])) >= count:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(f"{topic} has not been given its partitions")


async def _partitions(bootstrap: Sequence[str], topics: list[str]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=list(bootstrap))
    await admin.start()
    try:
        found = await admin.describe_topics(topics)
    finally:
        await admin.close()
    return [TopicPartition(each["topic"], part["partition"]) for each in found for part in each["partitions"]]


def _reader(bootstrap: Sequence[str]) -> CarefulConsumer:
    # A group that it never joins: without any, aiokafka's stop() may end in a CancelledError.
    return CarefulConsumer(
        bootstrap_servers=list(bootstrap), group_id=f"reader-{uuid4().hex}", enable_auto_commit=False
    )


async def _all(reader: CarefulConsumer, partitions: list[TopicPartition]) -> list[Any]:
    if not partitions:
        return []
    reader.assign(partitions)
    ends = await reader.end_offsets(partitions)
    begins = await reader.beginning_offsets(partitions)
    for partition in partitions:
        reader.seek(partition, begins[partition])
    waiting = {partition for partition in partitions if ends[partition] > begins[partition]}
    found: list[Any] = []
    async with asyncio.timeout(SECONDS):
        while waiting:
            for batch in (await reader.getmany(timeout_ms=100)).values():
                found += batch
            for partition in list(waiting):
                if await reader.position(partition) >= ends[partition]:
                    waiting.discard(partition)
    return found


def streams(found: Iterable[Any], prefix: str) -> dict[Stream, list[Said]]:
    """The events of each stream in the order of their first occurrence; repeats (the same id) are dropped."""
    said: dict[Stream, list[Said]] = defaultdict(list)
    seen: set[str] = set()
    for stream, event in _said(found, prefix):
        if event.event_id not in seen:
            seen.add(event.event_id)
            said[stream].append(event)
    return dict(said)


def versions_of(found: Iterable[Any], prefix: str) -> dict[Stream, list[int]]:
    """The versions of each stream in the order in which they stand there, repeats too."""
    versions: dict[Stream, list[int]] = defaultdict(list)
    for stream, event in _said(found, prefix):
        versions[stream].append(event.version)
    return dict(versions)


def _said(found: Iterable[Any], prefix: str) -> Iterator[tuple[Stream, Said]]:
    for record in found:
        try:
            envelope = Envelope.read(record.key, record.headers)
        except BadEnvelope:
            continue  # nothing that anybody could say
        stream = record.topic.removeprefix(prefix), envelope.key
        yield stream, Said(envelope.version or 0, envelope.id, envelope.type)
