"""A producer must not write where its own topics already hold newer versions than its database.

That is what happens when a database is restored from a backup: the versions would be given out a second
time, with other facts. Looked at once, before a service says anything.
"""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from chassis.storage import Repository
from schemas.envelope import BadEnvelope, Envelope
from schemas.topics import Topic

#: How many records at the end of each partition are looked at; transaction markers count among them.
_TAIL = 50
_SECONDS = 10.0


class DatabaseSetBack(Exception):
    """The database is older than what was published from it: restore a newer backup, or catch up by hand."""


async def check_not_set_back(
    pool: asyncpg.Pool,
    repositories: Sequence[Repository],
    bootstrap: Sequence[str],
    says: Sequence[Topic],
    prefix: str,
) -> None:
    """Raises DatabaseSetBack if a version at the end of one of our logs is higher than the database knows."""
    logs = {prefix + topic.name: topic for topic in says if topic.order == "every-version"}
    newest = await _newest_versions(list(bootstrap), list(logs))
    async with pool.acquire() as conn:
        known: dict[str, int] = {}
        for repository in repositories:
            for id, row in (await repository.load(conn, sorted(newest), lock=False)).items():
                known[id] = max(known.get(id, 0), row.said)
    behind = sum(known.get(key, 0) < version for key, version in newest.items())
    if behind:
        raise DatabaseSetBack(
            f"{behind} of the last {len(newest)} aggregates published are newer on Kafka than in this database: "
            "restore a newer backup before this service writes again"
        )


async def _newest_versions(bootstrap: list[str], topics: list[str]) -> dict[str, int]:
    """The highest version by key among the last records of each partition of ``topics``."""
    newest: dict[str, int] = {}
    if not topics:
        return newest
    # A group that it never joins: without any, aiokafka's stop() may end in a CancelledError.
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=f"{uuid4().hex}-guard", enable_auto_commit=False
    )
    await reader.start()
    try:
        partitions = await _partitions(bootstrap, topics)
        reader.assign(partitions)
        ends = await reader.end_offsets(partitions)
        begins = await reader.beginning_offsets(partitions)
        waiting = {p for p in partitions if ends[p] > begins[p]}
        for partition in partitions:
            reader.seek(partition, max(begins[partition], ends[partition] - _TAIL))
        async with asyncio.timeout(_SECONDS):
            while waiting:
                for records in (await reader.getmany(timeout_ms=200)).values():
                    for record in records:
                        _note(newest, record.key, record.headers)
                for partition in list(waiting):
                    if await reader.position(partition) >= ends[partition]:
                        waiting.discard(partition)
    finally:
        await reader.stop()
    return newest


async def _partitions(bootstrap: list[str], topics: list[str]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        found = await admin.describe_topics(topics)
    finally:
        await admin.close()
    return [
        TopicPartition(topic["topic"], part["partition"]) for topic in found for part in topic["partitions"]
    ]


def _note(newest: dict[str, int], key: bytes | None, headers: Sequence[tuple[str, bytes]]) -> None:
    try:
        envelope = Envelope.read(key, headers)
    except BadEnvelope:
        return  # somebody else's record: consumers park it
    newest[envelope.key] = max(newest.get(envelope.key, 0), envelope.version or 0)
