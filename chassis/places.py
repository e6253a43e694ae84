"""Where a consumer goes on in each partition, and whether the log still holds what it has to."""

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Any

import asyncpg
from aiokafka import TopicPartition

from chassis import metrics
from chassis.positions import next_offsets
from chassis.telemetry import get_logger
from schemas.topics import Topic

log = get_logger(__name__)

#: How long a broker that has just begun to lead may say that a log ends before it does.
LATE_SECONDS = 10.0


class RecordsMissing(Exception):
    """The log no longer holds records that this service has not read, or has read: it must not go on as if it did.

    Where the last ones are gone, others will come in their places, and would be taken for read.
    """


async def places_of(
    pool: asyncpg.Pool, consumer: Any, heard: Mapping[TopicPartition, Topic]
) -> dict[TopicPartition, int]:
    """What is next in each, by the database. Waits while database or Kafka are away.

    It is the first that is left, where those that are next are gone and not each counts. Raises RecordsMissing.
    """
    asked, partitions = monotonic(), list(heard)
    while partitions:
        try:
            positions = await next_offsets(pool)
            begins = await consumer.beginning_offsets(partitions)
            ends = await consumer.end_offsets(partitions)
        except Exception as error:
            log.warning("positions_unreadable", error=type(error).__name__)
            await asyncio.sleep(1)
            continue
        starts = {each: positions.get((heard[each].name, each.partition), 0) for each in partitions}
        if monotonic() - asked > LATE_SECONDS or all(starts[each] <= ends[each] for each in partitions):
            for each in partitions:
                _check(heard[each], each, starts[each], begins[each], ends[each])
            return {each: max(starts[each], begins[each]) for each in partitions}
        await asyncio.sleep(0.5)
    return {}


def _check(topic: Topic, partition: TopicPartition, start: int, begin: int, end: int) -> None:
    where = f"{partition.topic}/{partition.partition}"
    if topic.order == "every-version" and start < begin:
        raise RecordsMissing(
            f"{where} begins at {begin}, but {start} is next: "
            "restore the topic, or have its writer `publish-again`, and this service "
            "`read-again --without-beginning`, see docs/operations.md"
        )
    if start > end:
        raise RecordsMissing(
            f"{where} ends at {end}, but {start} is next: Kafka has lost its last records; "
            "have its writer `publish-again`, and this service `read-again`, see docs/operations.md"
        )
    if 0 < start < begin:
        log.error(
            "records_gone_unread", topic=topic.name, partition=partition.partition, records=begin - start
        )
        metrics.GONE_UNREAD.labels(topic.name).inc(begin - start)
