"""Rebuilding what a service learnt from others: from the beginning of the logs into an empty database.

No relay, no sender, no due work runs, and what rules say is not written down: nothing outside is touched.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg

from chassis.database import OUTAGES, connect, migrate, why_away
from chassis.inbox import Inbox
from chassis.learning import LearntOnly
from chassis.operations.erased_again import erase_again
from chassis.operations.restoring import look_at_others, restore
from chassis.outbox import Draft, Outbox
from chassis.positions import next_offsets
from chassis.reading import Dated, TopicReader
from chassis.service import Running, Service
from chassis.storage import Writer
from chassis.work import Work
from schemas.topics import Topic

#: Records of outsiders are commands and not knowledge: they are not read again.
_ORDERS = ("every-version", "latest-version")
_NOT_EMPTY = "SELECT EXISTS (SELECT FROM inbox) OR EXISTS (SELECT FROM partition_position)"
# On a compacted topic a later record has taken the place of one that could not be read.
_OVERTAKEN = """
DELETE FROM dead_letter d USING inbox_latest l
WHERE d.topic = l.topic AND d.key = l.key AND l.version >= coalesce(d.version, 0)
"""


class CannotRebuild(Exception):
    """The rebuild was not begun; the text says why and what to do."""


class ReplayClock:
    """Says when the record at hand was published: what rules make of it bears that time."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at


class _Mute(Outbox):
    """Says nothing."""

    async def append(self, conn: Writer, drafts: Sequence[Draft]) -> None:
        return


def heard(service: Service) -> list[Topic]:
    """The topics that the service learns from."""
    return [topic for topic in service.hears if topic.order in _ORDERS]


class Rebuild:
    """A database that learns from the beginning of the logs, or from where it is, with nothing else running."""

    def __init__(self, running: Running) -> None:
        self.running, self._clock = running, ReplayClock()
        service = running.service
        rules = LearntOnly(service.handlers, service.learning.learnt)
        mute = _Mute(running.source, running.seals)
        self._work = Work(rules, service.repositories, mute, self._clock)
        self._inbox = Inbox(running.pool, self._work, running.seals, {}, lambda: None)

    async def follow(self, cut_over: datetime) -> int:
        """Reads all that is new on the logs; answers how many records of others that were.

        May be called again, to catch up. Raises CannotRebuild where the beginning of a log is gone,
        KafkaError and TimeoutError.
        """
        settings, service = self.running.settings, self.running.service
        async with TopicReader(settings.brokers, settings.topic_prefix) as reader:
            await erase_again(self.running, reader)
            if service.learning.restoring.first:
                hints = await look_at_others(self.running, reader)
                await restore(self.running, reader, service.says, hints)
            read = await self.hear(reader, cut_over)
            if not service.learning.restoring.first:
                await restore(self.running, reader, service.says)
        async with self.running.pool.acquire() as conn, conn.transaction():
            await conn.execute(_OVERTAKEN)
            if service.learning.cut_over is not None:
                await service.learning.cut_over(conn, cut_over)
        return read

    async def hear(self, reader: TopicReader, instant: datetime) -> int:
        """Applies what others have said since; answers how many records that were. Raises as `follow`.

        What is made of a record from before ``instant`` bears a time before it.
        """
        topics = {topic.name: topic for topic in heard(self.running.service)}
        partitions = await reader.partitions(list(topics.values()))
        begins, ends = await reader.beginnings(partitions), await reader.ends(partitions)
        at = await next_offsets(self.running.pool)
        starts = {p: at.get((reader.topic(p), p.partition), 0) for p in partitions}
        for partition, begin in begins.items():
            if topics[reader.topic(partition)].order == "every-version" and starts[partition] < begin:
                raise CannotRebuild(
                    f"{partition.topic}/{partition.partition} begins at {begin}: restore the topic"
                )
        read = 0
        async for records in reader.read({p: max(starts[p], begins[p]) for p in partitions}, ends):
            read += len(records)
            for some in _parts(records, instant):
                self._clock.at = min(dated.at for dated in some)
                await self._inbox.apply([dated.record for dated in some])
        return read


def _parts(records: list[Dated], instant: datetime) -> list[list[Dated]]:
    """The records before the first from ``instant`` on, and the others: all of a part get one time."""
    cut = next((n for n, dated in enumerate(records) if dated.at >= instant), len(records))
    return [part for part in (records[:cut], records[cut:]) if part]


@asynccontextmanager
async def rebuilding(service: Service, into: str) -> AsyncIterator[Rebuild]:
    """An empty database, migrated, ready to be filled.

    Raises CannotRebuild where it is not empty, or is the live one.
    """
    if not service.learning.learnt:
        raise CannotRebuild(f"{service.name} learns nothing from others that could be rebuilt")
    if into == service.settings.database.get_secret_value():
        raise CannotRebuild("--into names the live database: make an empty one and name that")
    pool = await _migrated(service, into)
    try:
        if await pool.fetchval(_NOT_EMPTY) or await _has_rows(pool, service):
            raise CannotRebuild("the database named by --into is not empty: make a new one")
        yield Rebuild(Running(service, pool))
    finally:
        await pool.close()


async def _migrated(service: Service, into: str) -> asyncpg.Pool:
    """The database to rebuild into. Raises CannotRebuild where it cannot be had, and says which of the two it is."""
    try:
        await migrate(into, service.all_migrations)
        return await connect(into, service.settings.pool_size)
    except asyncpg.exceptions.ClientConfigurationError:
        raise CannotRebuild(
            "--into is no address of a database: write postgresql://user:password@host:port/name"
        ) from None
    except OUTAGES as error:
        raise CannotRebuild(
            f"the database named by --into: {why_away(error)}. Make it with `createdb -O USER NAME`, USER being the "
            "one in its address, then begin again"
        ) from None


async def _has_rows(pool: asyncpg.Pool, service: Service) -> bool:
    tables = [each.table.table for each in (*service.learning.learnt, *service.learning.own)]
    return any([await pool.fetchval(f"SELECT EXISTS (SELECT FROM {table})") for table in tables])
