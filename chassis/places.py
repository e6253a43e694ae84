"""Where a consumer goes on in each partition, and whether the log still holds what it has to."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import TopicPartition

from chassis import metrics
from chassis.positions import go_on_at, heard_logs, next_offsets, remember_logs
from chassis.telemetry import get_logger
from schemas.topics import Topic

log = get_logger(__name__)

#: How long a broker that has just begun to lead may say that a log ends before it does.
LATE_SECONDS = 10.0


class RecordsMissing(Exception):
    """The log no longer holds records that this service has not read, or has read: it must not go on as if it did.

    Where the last ones are gone, others will come in their places, and would be taken for read.
    """


@dataclass(frozen=True, slots=True)
class _Place:
    """A partition: what comes next in it (None where its reader has not begun), and what Kafka has of it.

    ``is_other``: it is not of the log that was read before under this name.
    """

    topic: Topic
    partition: TopicPartition
    known: int | None
    begin: int
    end: int
    log: UUID | None = None
    is_other: bool = False

    @property
    def next(self) -> int:
        return self.known or 0

    @property
    def where(self) -> str:
        return f"{self.partition.topic}/{self.partition.partition}"


async def places_of(
    pool: asyncpg.Pool, consumer: Any, heard: Mapping[TopicPartition, Topic]
) -> dict[TopicPartition, int]:
    """What is next in each, by the database. Waits while database or Kafka are away.

    It is the first that is left, where those that are next are gone and not each counts; that is written down.
    Raises RecordsMissing.
    """
    asked = monotonic()
    while heard:
        try:
            places = await _look(pool, consumer, heard)
            if monotonic() - asked > LATE_SECONDS or all(
                place.next <= place.end or place.is_other for place in places
            ):
                await _check(pool, places)
                return {place.partition: max(place.next, place.begin) for place in places}
        except RecordsMissing:
            raise
        except Exception as error:
            log.warning("positions_unreadable", error=type(error).__name__)
            await asyncio.sleep(1)
            continue
        await asyncio.sleep(0.5)
    return {}


async def check_logs(pool: asyncpg.Pool, prefix: str, logs: Mapping[str, UUID]) -> None:
    """Raises RecordsMissing where one of these topics (by its whole name) is not the log that was read."""
    read = await heard_logs(pool)
    for name, log in logs.items():
        if read.get(name.removeprefix(prefix), log) != log:
            raise _made_anew(name)


def _made_anew(name: str) -> RecordsMissing:
    return RecordsMissing(
        f"{name} is not the log that was read: it was deleted and made anew; "
        "have its writer `publish-again`, and this service `read-again`, see docs/operations.md"
    )


async def _look(pool: asyncpg.Pool, consumer: Any, heard: Mapping[TopicPartition, Topic]) -> list[_Place]:
    known, read, partitions = await next_offsets(pool), await heard_logs(pool), list(heard)
    logs = await consumer.log_ids({each.topic for each in partitions})
    begins = await consumer.beginning_offsets(partitions)
    ends = await consumer.end_offsets(partitions)
    return [
        _Place(
            topic,
            each,
            known.get((topic.name, each.partition)),
            begins[each],
            ends[each],
            log := logs.get(each.topic),
            is_other=log is not None and read.get(topic.name, log) != log,
        )
        for each, topic in heard.items()
    ]


async def _check(pool: asyncpg.Pool, places: Sequence[_Place]) -> None:
    for place in places:
        if place.is_other:
            raise _made_anew(place.partition.topic)
        if place.topic.order == "every-version" and place.next < place.begin:
            raise RecordsMissing(
                f"{place.where} begins at {place.begin}, but {place.next} is next: "
                "restore the topic, or have its writer `publish-again`, and this service "
                "`read-again --without-beginning`, see docs/operations.md"
            )
        if place.next > place.end:
            raise RecordsMissing(
                f"{place.where} ends at {place.end}, but {place.next} is next: Kafka has lost its last records; "
                "have its writer `publish-again`, and this service `read-again`, see docs/operations.md"
            )
    await remember_logs(pool, {place.topic.name: place.log for place in places if place.log})
    await _pass_over(pool, [place for place in places if place.topic.order != "every-version"])


async def _pass_over(pool: asyncpg.Pool, places: Sequence[_Place]) -> None:
    """Goes on behind what is gone, and tells of it: once, since it is written down where that was.

    So is where whoever is new begins: what went before is no loss, and what goes from then on is one.
    """
    late = {
        (place.topic.name, place.partition.partition): place
        for place in places
        if place.known is None or place.known < place.begin
    }
    if not late:
        return
    for at in sorted(await go_on_at(pool, [(*at, place.begin) for at, place in late.items()])):
        place = late[at]
        if place.known is not None:
            gone = place.begin - place.known
            log.error("records_gone_unread", topic=at[0], partition=at[1], records=gone)
            metrics.GONE_UNREAD.labels(at[0]).inc(gone)
