"""Where a consumer goes on is looked for while partitions change hands, or a log is not what it was."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import asyncpg
import pytest
from aiokafka import TopicPartition

from chassis.brokers import Brokers
from chassis.consumer import Consumer
from chassis.places import RecordsMissing
from schemas.topics import REFERRALS, Topic
from tests.chassis import counters

PARTITION, OTHER = TopicPartition(REFERRALS.name, 0), TopicPartition(REFERRALS.name, 1)
NOT_YET, AGAIN = "no partitions assigned yet", "where it goes on is looked up"


class Client:
    """Stands in for Kafka's: where it was told to begin, and what of it went astray."""

    def __init__(self) -> None:
        self.begun, self.astray = dict[TopicPartition, int](), set[TopicPartition]()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.begun[partition] = offset

    def gone_astray(self) -> set[TopicPartition]:
        found, self.astray = self.astray, set()
        return found


class Places:
    """Stands in for whoever knows the places: each who asks waits until the test answers."""

    def __init__(self) -> None:
        self.asked = list[asyncio.Future[int]]()

    async def __call__(
        self, pool: asyncpg.Pool, client: Client, heard: Mapping[TopicPartition, Topic]
    ) -> dict[TopicPartition, int]:
        self.asked.append(asyncio.Future())
        return dict.fromkeys(heard, await self.asked[-1])

    async def answer(self, number: int, place: int) -> None:
        """To whoever asked as this one; what follows from it has happened then."""
        self.asked[number].set_result(place)
        await settled()


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Places:
    found = Places()
    monkeypatch.setattr("chassis.consumer.places_of", found)
    return found


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def consumer(client: Client) -> Consumer:
    nobodys = cast(asyncpg.Pool, None)
    made = Consumer(
        nobodys, counters.inbox(nobodys), Brokers.in_clear(["127.0.0.1:1"]), [REFERRALS], group="nobody"
    )
    cast(Any, made._subscriber).consumer = client
    return made


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def assigned(consumer: Consumer, *partitions: TopicPartition) -> asyncio.Task[None]:
    seeking = asyncio.create_task(consumer.seek(set(partitions)))
    await settled()
    return seeking


async def test_places_that_come_when_the_partitions_were_taken_away_again_begin_nothing(
    consumer: Consumer, client: Client, places: Places
) -> None:
    await assigned(consumer, PARTITION)
    await consumer.release()
    await places.answer(0, 7)
    assert (client.begun, consumer.ready()) == ({}, NOT_YET)


async def test_of_two_who_look_for_places_the_later_one_is_heard(
    consumer: Consumer, client: Client, places: Places
) -> None:
    await assigned(consumer, PARTITION)
    await assigned(consumer, PARTITION)
    await places.answer(1, 9)
    await places.answer(0, 7)
    assert (client.begun, consumer.ready()) == ({PARTITION: 9}, None)


async def test_where_a_log_went_astray_nothing_is_taken_until_its_place_is_found(
    consumer: Consumer, client: Client, places: Places
) -> None:
    await assigned(consumer, PARTITION, OTHER)
    await places.answer(0, 7)
    client.astray = {OTHER}
    consumer._find_places()
    await settled()
    assert consumer.ready() == AGAIN
    await places.answer(1, 8)
    assert (client.begun, consumer.ready()) == ({PARTITION: 7, OTHER: 8}, None)


async def test_a_place_that_was_lost_is_looked_for_when_what_was_read_before_it_is_applied(
    consumer: Consumer, client: Client, places: Places
) -> None:
    """Else the place is written down before that is, which is then taken for read."""
    await assigned(consumer, PARTITION)
    await places.answer(0, 7)
    consumer._idle.clear()
    client.astray = {PARTITION}
    consumer._find_places()
    await settled()
    assert (consumer.ready(), len(places.asked)) == (None, 1)
    consumer._idle.set()
    consumer._find_places()
    await settled()
    assert len(places.asked) == 2


async def test_what_goes_astray_while_places_are_looked_for_does_not_overtake_that(
    consumer: Consumer, client: Client, places: Places
) -> None:
    """Else those of the other partitions would be forgotten."""
    await assigned(consumer, PARTITION, OTHER)
    client.astray = {OTHER}
    consumer._find_places()
    await settled()
    await places.answer(0, 7)
    assert client.begun == {PARTITION: 7, OTHER: 7}
    consumer._find_places()
    await settled()
    assert len(places.asked) == 2, "it is looked for afterwards"


async def test_a_consumer_whose_records_are_missing_takes_nothing_and_says_why(
    consumer: Consumer, client: Client, places: Places
) -> None:
    await assigned(consumer, PARTITION)
    places.asked[0].set_exception(RecordsMissing("they are gone"))
    await settled()
    assert (client.begun, consumer.ready(), str(consumer.fatal)) == ({}, NOT_YET, "they are gone")


async def test_whoever_stops_while_a_lost_place_is_looked_for_leaves_nobody_looking(
    consumer: Consumer, client: Client, places: Places
) -> None:
    await assigned(consumer, PARTITION)
    await places.answer(0, 7)
    client.astray = {PARTITION}
    consumer._find_places()
    await settled()
    stopping = asyncio.Event()
    stopping.set()
    await consumer.run(stopping)
    assert places.asked[1].cancelled()
