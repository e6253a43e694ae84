"""Changing the key of a compacted, sealed topic: its latest records are published again under the new one.

A record that is published again is the same fact in a new envelope: same key, id, version and headers. Whoever
has applied it knows it as a repeat; whoever reads the topic from its beginning finds it as the latest.
What is left to do stands on the topic itself, so a rotation that was broken off is simply begun again.

Of each key only the place of its latest record is held, for a share of a partition's keys at a time
(`chassis.operations.shares`), so that a topic of any size is rotated in the same memory.
"""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from sys import intern
from typing import Any

from aiokafka import TopicPartition

from chassis.operations.shares import ALL, Share, in_shares, not_too_many
from chassis.reading import Dated, TopicReader
from chassis.records import Record
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
#: The header alone, which names the key: values may be long.
_PARKED = (
    "SELECT substring(payload FROM 1 FOR 1000) AS payload FROM dead_letter "
    "WHERE status = 'parked' AND topic = $1 AND payload IS NOT NULL"
)


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


def sealing_key(running: Running, topic: Topic) -> str:
    """The id of the key under which this service publishes a topic's records again. Raises CannotRotate."""
    newest = newest_key(running, topic)
    if topic not in running.service.says:
        raise CannotRotate(f"{topic.name} is written by {topic.writer}: rotate its key there")
    return newest


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
            await in_shares(partial(_counted, reader, partition, found))
    for row in await running.pool.fetch(_PARKED, topic.name):
        found.parked[key_id(row["payload"])] += 1
    return found


async def _counted(reader: TopicReader, partition: TopicPartition, found: Count, share: Share) -> None:
    latest: dict[bytes, str | None] = {}
    replaced: Counter[str] = Counter()
    async for dated in _whole(reader, partition):
        key, value = dated.record.key or b"", dated.record.value
        if share.holds(key):
            if before := latest.get(key):
                replaced[before] += 1
            latest[key] = intern(key_id(value)) if value else None
            not_too_many(len(latest))
    found.latest.update(kid for kid in latest.values() if kid)
    found.replaced.update(replaced)


async def rotate(
    running: Running, topic: Topic, per_second: float, progress: Callable[[int, int], None]
) -> int:
    """Publishes each latest record under the newest key, through the outbox; answers how many those were.

    ``progress(done, found)`` is told after each few. Raises CannotRotate.
    """
    newest, done = sealing_key(running, topic), 0

    async def share_of(partition: TopicPartition, share: Share) -> None:
        nonlocal done
        one = _Partition(running, reader, topic, partition, newest, share)
        for _ in range(_ROUNDS):
            waiting = await one.waiting()
            found = done + len(waiting)
            for start in range(0, len(waiting), _AT_ONCE):
                some = waiting[start : start + _AT_ONCE]
                done += await one.again(some)
                progress(done, found)
                await asyncio.sleep(len(some) / per_second)
            if not waiting:
                return
            await _published(running, topic)
        raise CannotRotate("records of the old key keep coming: give every service the new ring first")

    async with TopicReader(running.brokers, running.settings.topic_prefix) as reader:
        for partition in await reader.partitions([topic]):
            await in_shares(partial(share_of, partition))
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
    """Where the latest record of each key of a share stands, as long as it is sealed by an older key."""

    def __init__(
        self,
        running: Running,
        reader: TopicReader,
        topic: Topic,
        partition: TopicPartition,
        newest: str,
        share: Share = ALL,
    ) -> None:
        self._running, self._reader, self._topic = running, reader, topic
        self._partition, self._newest, self._share = partition, newest, share
        self._old: dict[str, int] = {}
        self._at = 0

    async def waiting(self) -> list[str]:
        """The keys whose latest record is sealed by another key than the newest, as they stand on the topic."""
        await self._catch_up()
        return sorted(self._old, key=self._old.__getitem__)

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
            places = {self._old[key] for key in keys if key in self._old and key not in pending}
            return await self._append(conn, await self._records(places))

    async def _catch_up(self) -> None:
        begins = await self._reader.beginnings([self._partition])
        ends = await self._reader.ends([self._partition])
        starts = {self._partition: max(self._at, begins[self._partition])}
        async for records in self._reader.read(starts, ends):
            for dated in records:
                self._see(dated.record)
        self._at = ends[self._partition]

    def _see(self, record: Record) -> None:
        if not self._share.holds(record.key or b""):
            return
        key = (record.key or b"").decode("utf-8", "replace")
        if record.value is not None and key_id(record.value) != self._newest:
            self._old[key] = record.offset
            not_too_many(len(self._old))
        else:
            self._old.pop(key, None)

    async def _records(self, places: set[int]) -> list[Dated]:
        """The records at these offsets: neighbours, since they are asked for as they stand on the topic."""
        found: list[Dated] = []
        if places:
            starts, ends = {self._partition: min(places)}, {self._partition: max(places) + 1}
            async for records in self._reader.read(starts, ends):
                found += [dated for dated in records if dated.record.offset in places]
        return found

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
