"""Changing the key of a compacted, sealed topic: its latest records are published again under the new one.

A record that is published again is the same fact in a new envelope: same key, id, version and headers. Whoever
has applied it knows it as a repeat; whoever reads the topic from its beginning finds it as the latest.
What is left to do stands on the topic itself, so a rotation that was broken off is simply begun again.
"""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import TopicPartition

from chassis.reading import Dated, TopicReader
from chassis.sealing import CannotOpen
from chassis.service import Running
from chassis.storage import Connection
from schemas.envelope import BadEnvelope, Envelope
from schemas.topics import Topic

_AT_ONCE = 100
_ROUNDS = 20
#: The outbox has one shard; see chassis.outbox.
_SHARD = 0
_PENDING = "SELECT DISTINCT key FROM outbox WHERE topic = $1 AND key = ANY($2::text[])"
_AGAIN = """
INSERT INTO outbox (shard, event_id, topic, key, version, headers, payload)
SELECT $1, event_id::uuid, $2, key, version, headers::json, payload
FROM unnest($3::text[], $4::text[], $5::int[], $6::text[], $7::bytea[]) AS a(event_id, key, version, headers, payload)
"""
_PARKED = "SELECT payload FROM dead_letter WHERE status = 'parked' AND topic = $1 AND payload IS NOT NULL"


class CannotRotate(Exception):
    """The rotation was not begun; the text says why and what to do."""


@dataclass
class Count:
    """Records by the id of the key that sealed them: the latest of each key, and those that they replaced.

    ``parked`` are this service's own dead letters of the topic.
    """

    newest: str
    latest: Counter[str] = field(default_factory=Counter)
    replaced: Counter[str] = field(default_factory=Counter)
    parked: Counter[str] = field(default_factory=Counter)

    @property
    def left(self) -> int:
        """How many records that still count are sealed by another key than the newest."""
        return sum(
            n for found in (self.latest, self.parked) for kid, n in found.items() if kid != self.newest
        )


def newest_key(running: Running, topic: Topic) -> str:
    """The id of the key that seals a topic now. Raises CannotRotate."""
    ring = running.settings.keyrings.get(topic.name)
    if not ring or not topic.sealed or topic.order != "latest-version":
        raise CannotRotate(
            f"{topic.name} is not a sealed, compacted topic that this service has a key ring for"
        )
    return ring[0].kid


def key_id(value: bytes) -> str:
    """The id that a sealed value names its key by, or a question mark."""
    head = value.split(b".", 1)[0]
    try:
        return str(json.loads(urlsafe_b64decode(head + b"=" * (-len(head) % 4)))["kid"])
    except (ValueError, KeyError, TypeError):
        return "?"


async def count(running: Running, topic: Topic) -> Count:
    """Which keys the records of a topic, and this service's dead letters of it, are sealed by."""
    found = Count(newest_key(running, topic))
    async with TopicReader(running.brokers, running.settings.topic_prefix) as reader:
        for partition in await reader.partitions([topic]):
            latest: dict[bytes | None, str | None] = {}
            async for dated in _whole(reader, partition):
                before = latest.get(dated.record.key)
                if before:
                    found.replaced[before] += 1
                latest[dated.record.key] = key_id(dated.record.value) if dated.record.value else None
            found.latest.update(kid for kid in latest.values() if kid)
    for row in await running.pool.fetch(_PARKED, topic.name):
        found.parked[key_id(row["payload"])] += 1
    return found


async def rotate(
    running: Running, topic: Topic, per_second: float, progress: Callable[[int, int], None]
) -> int:
    """Publishes each latest record under the newest key, through the outbox; answers how many those were.

    ``progress(done, found)`` is told after each few. Raises CannotRotate.
    """
    newest, done, found = newest_key(running, topic), 0, 0
    if topic not in running.service.says:
        raise CannotRotate(f"{topic.name} is written by {topic.writer}: rotate its key there")
    async with TopicReader(running.brokers, running.settings.topic_prefix) as reader:
        for partition in await reader.partitions([topic]):
            one = _Partition(running, reader, topic, partition, newest)
            for _ in range(_ROUNDS):
                waiting = await one.waiting()
                found = done + len(waiting)
                for start in range(0, len(waiting), _AT_ONCE):
                    some = waiting[start : start + _AT_ONCE]
                    done += await one.again(some)
                    progress(done, found)
                    await asyncio.sleep(len(some) / per_second)
                if not waiting:
                    break
                await _published(running, topic)
            else:
                raise CannotRotate(
                    "records of the old key keep coming: give every service the new ring first"
                )
    return done


async def _published(running: Running, topic: Topic) -> None:
    """Waits for the service's relay. Raises CannotRotate where it publishes nothing."""
    for _ in range(300):
        if not await running.pool.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE topic = $1)", topic.name):
            return
        await asyncio.sleep(0.1)
    raise CannotRotate("the outbox is not published: start the service's worker, then begin again")


async def _whole(reader: TopicReader, partition: TopicPartition) -> AsyncIterator[Dated]:
    begins, ends = await reader.beginnings([partition]), await reader.ends([partition])
    async for records in reader.read(begins, ends):
        for dated in records:
            yield dated


class _Partition:
    """The latest record of each key of one partition, kept up to date."""

    def __init__(
        self, running: Running, reader: TopicReader, topic: Topic, partition: TopicPartition, newest: str
    ) -> None:
        self._running, self._reader, self._topic = running, reader, topic
        self._partition, self._newest = partition, newest
        self._latest: dict[str, Dated] = {}
        self._at = 0

    async def waiting(self) -> list[str]:
        """The keys whose latest record is sealed by another key than the newest."""
        await self._catch_up()
        return [key for key, dated in self._latest.items() if self._is_old(dated)]

    async def again(self, keys: Sequence[str]) -> int:
        """Writes the latest records of ``keys`` into the outbox, sealed anew.

        The aggregates are locked meanwhile and nothing of them waits in the outbox, so what the topic ends
        with is their latest state: an older one could otherwise become the topic's last, for good.
        """
        async with self._running.pool.acquire() as conn, conn.transaction():
            for repository in self._running.service.repositories:
                await repository.load(conn, sorted(keys), lock=True)
            pending = {row["key"] for row in await conn.fetch(_PENDING, self._topic.name, list(keys))}
            await self._catch_up()
            chosen = [self._latest[k] for k in keys if k not in pending and self._is_old(self._latest[k])]
            return await self._append(conn, chosen)

    async def _catch_up(self) -> None:
        begins = await self._reader.beginnings([self._partition])
        ends = await self._reader.ends([self._partition])
        starts = {self._partition: max(self._at, begins[self._partition])}
        async for records in self._reader.read(starts, ends):
            for dated in records:
                self._latest[(dated.record.key or b"").decode("utf-8", "replace")] = dated
        self._at = ends[self._partition]

    def _is_old(self, dated: Dated) -> bool:
        return dated.record.value is not None and key_id(dated.record.value) != self._newest

    async def _append(self, conn: Connection, chosen: Sequence[Dated]) -> int:
        rows = [self._row(dated) for dated in chosen]
        if rows:
            await conn.execute(_AGAIN, _SHARD, self._topic.name, *map(list, zip(*rows, strict=True)))
        return len(rows)

    def _row(self, dated: Dated) -> tuple[Any, ...]:
        record, name = dated.record, self._topic.name
        try:
            envelope = Envelope.read(record.key, record.headers)
            opened = self._running.seals.open(name, record.value or b"")
        except (BadEnvelope, CannotOpen) as error:
            where = f"{record.partition}, offset {record.offset}"
            raise CannotRotate(f"the record at partition {where} cannot be read: {error}") from None
        headers = json.dumps([(key, (value or b"").decode()) for key, value in record.headers])
        return (
            envelope.id,
            envelope.key,
            envelope.version or 0,
            headers,
            self._running.seals.seal(name, opened),
        )
