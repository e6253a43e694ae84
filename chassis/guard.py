"""A producer must not write where its own topics already hold newer versions than its database.

That is what happens when a database is restored from a backup: the versions would be given out a second
time, with other facts. Looked at once, before a service says anything.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg
from aiokafka.errors import KafkaConnectionError

from chassis.brokers import Brokers
from chassis.erasing import erased_among
from chassis.reading import TopicReader
from chassis.storage import Repository
from schemas.envelope import BadEnvelope, Envelope
from schemas.topics import Topic

if TYPE_CHECKING:
    from chassis.service import Running

#: How many records at the end of each partition are looked at.
_TAIL = 50
_SECONDS = 10.0


class DatabaseSetBack(Exception):
    """The database is older than what was published from it: restore a newer backup, or catch up by hand.

    ``how_far`` says it without what to do.
    """

    def __init__(self, how_far: str) -> None:
        super().__init__(
            f"{how_far}: restore a newer backup before this service writes again, or run its `recover` command"
        )
        self.how_far = how_far


async def check_not_set_back(
    pool: asyncpg.Pool,
    repositories: Sequence[Repository],
    brokers: Brokers,
    says: Sequence[Topic],
    prefix: str,
    source: str | None = None,
) -> None:
    """Raises DatabaseSetBack if a version at the end of one of our logs is higher than the database knows.

    Only what ``source`` said counts: a stranger's record on our log is parked by those who hear it, and no
    reason to refuse to write. None counts whatever stands there. Raises KafkaError if Kafka does not answer.
    """
    try:
        async with TopicReader(brokers, prefix) as reader:
            logs = [topic for topic in says if topic.order == "every-version"]
            newest = await _newest_versions(reader, logs, source)
    except OSError as error:  # a timeout is one; the database's look the same
        raise KafkaConnectionError(f"Kafka did not answer: {type(error).__name__}") from error
    async with pool.acquire() as conn:
        known: dict[str, int] = {}
        for repository in repositories:
            for id, said in (await repository.said(conn, sorted(newest))).items():
                known[id] = max(known.get(id, 0), said)
        erased = await erased_among(conn, newest.keys())
    behind = sum(known.get(key, 0) < version for key, version in newest.items() if key not in erased)
    if behind:
        raise DatabaseSetBack(
            f"{behind} of the last {len(newest)} aggregates published are newer on Kafka than in this database"
        )


async def check_running(running: "Running") -> None:
    """The same for a service and its database, as it is now. Raises as `check_not_set_back`."""
    service, settings = running.service, running.settings
    await check_not_set_back(
        running.pool,
        service.repositories,
        running.brokers,
        service.says,
        settings.topic_prefix,
        running.source,
    )


async def _newest_versions(
    reader: TopicReader, topics: Sequence[Topic], source: str | None
) -> dict[str, int]:
    """The highest version by key among the last records of each partition of ``topics``."""
    newest: dict[str, int] = {}
    partitions = await reader.partitions(topics)
    begins, ends = await reader.beginnings(partitions), await reader.ends(partitions)
    tails = {partition: max(begins[partition], ends[partition] - _TAIL) for partition in partitions}
    async with asyncio.timeout(_SECONDS):
        async for records in reader.read(tails, ends):
            for dated in records:
                _note(newest, dated.record.key, dated.record.headers, source)
    return newest


def _note(
    newest: dict[str, int],
    key: bytes | None,
    headers: Sequence[tuple[str, bytes | None]],
    source: str | None,
) -> None:
    try:
        envelope = Envelope.read(key, headers)
    except BadEnvelope:
        return  # somebody else's record: consumers park it
    if source in (None, envelope.source):
        newest[envelope.key] = max(newest.get(envelope.key, 0), envelope.version or 0)
