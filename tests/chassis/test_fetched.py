"""A fetch that fails while partitions change hands, and records that come while others are being applied."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import TopicAuthorizationFailedError

from chassis.fetched import CarefulConsumer, Fetcher
from deploy.local import Stack
from schemas.topics import PANELS, PERSONAL_DETAILS, REFERRALS

PARTITION = TopicPartition("t", 0)
#: How long a broker keeps whoever asks for quiet partitions: longer than a test has patience.
QUIET_MS = 30_000
PATIENCE = 15


class Idle:
    """Stands in for what fetches."""

    first: tuple[str, ...] = ()
    resting = False

    def __init__(self) -> None:
        self.astray = set[TopicPartition]()

    def work(self) -> None:
        """There is nothing to fetch."""

    def forget_refusals(self) -> None:
        """There are none."""


class Reassigned(CarefulConsumer):
    """A consumer without a Kafka, which stands at 120 until its partition is assigned anew, at 100."""

    def __init__(self) -> None:
        self._closed, self._fetcher, self._first = True, Idle(), ()
        self._subscription = SubscriptionState()
        self._subscription.subscribe({PARTITION.topic})
        self.assign(120)

    def assign(self, offset: int) -> None:
        self._subscription.assign_from_subscribed({PARTITION})
        self.seek(PARTITION, offset)

    def take(self, until: int) -> None:
        """What a fetch under way does: the position moves on."""
        self._subscription.seek(PARTITION, until)


@pytest.mark.parametrize("reassigned", [True, False])
async def test_a_failed_fetch_goes_back_unless_the_position_was_sought_anew_meanwhile(
    monkeypatch: pytest.MonkeyPatch, reassigned: bool
) -> None:
    monkeypatch.setattr(AIOKafkaConsumer, "seek", lambda self, at, to: self._subscription.seek(at, to))
    consumer = Reassigned()

    async def fails(*_: Any, **__: Any) -> None:
        if reassigned:
            consumer.assign(100)
        else:
            consumer.take(130)
        raise RuntimeError

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", fails)
    with pytest.raises(RuntimeError):
        await consumer.getmany()
    assert consumer.at(PARTITION) == (100 if reassigned else 120)


async def test_why_no_records_come_is_known_until_some_are_asked_for_in_peace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(AIOKafkaConsumer, "seek", lambda self, at, to: self._subscription.seek(at, to))
    consumer, answers = Reassigned(), iter([TopicAuthorizationFailedError(), None])

    async def refuses_first(*_: Any, **__: Any) -> dict[Any, Any]:
        if (error := next(answers)) is not None:
            raise error
        return {}

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", refuses_first)
    with pytest.raises(TopicAuthorizationFailedError):
        await consumer.getmany()
    assert consumer.trouble is not None
    assert consumer.trouble.startswith("no records come: Kafka refuses us the right to a topic")
    await consumer.getmany()
    assert consumer.trouble is None


async def test_records_come_before_what_was_refused_and_one_refusal_speaks_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fetches(found: Any, *_: Any) -> bool:
        for n in range(12):
            error = TopicAuthorizationFailedError()
            found._records[TopicPartition("refused", n)] = fetcher.FetchError(error=error, backoff=0)
        found._records[PARTITION] = "records"
        return True

    monkeypatch.setattr(fetcher.Fetcher, "_proc_fetch_request", fetches)
    fetching = Fetcher.__new__(Fetcher)
    fetching.astray, fetching._records = set(), OrderedDict()
    await fetching._proc_fetch_request(SimpleNamespace(active=False), 0, None)
    assert next(iter(fetching._records)) == PARTITION
    fetching.forget_refusals()
    assert list(fetching._records) == [PARTITION]


async def test_it_waits_for_records_longer_than_faststream_would_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited = []

    async def finds_nothing(*_: Any, timeout_ms: int, max_records: int) -> dict[Any, Any]:
        waited.append((timeout_ms, max_records))
        return {}

    monkeypatch.setattr(AIOKafkaConsumer, "seek", lambda self, at, to: self._subscription.seek(at, to))
    monkeypatch.setattr(AIOKafkaConsumer, "getmany", finds_nothing)
    assert await Reassigned().getmany(timeout_ms=10, max_records=7) == {}
    assert waited == [(500, 7)]


async def test_what_was_read_astray_is_stale_and_is_said_once_of_its_own_partitions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def goes_astray(*_: Any, **__: Any) -> dict[Any, Any]:
        consumer._fetcher.astray |= {PARTITION, TopicPartition("somebody else's by now", 0)}
        return {}

    monkeypatch.setattr(AIOKafkaConsumer, "seek", lambda self, at, to: self._subscription.seek(at, to))
    monkeypatch.setattr(AIOKafkaConsumer, "getmany", goes_astray)
    consumer = Reassigned()
    await consumer.getmany()
    assert consumer.stale
    assert (consumer.gone_astray(), consumer.gone_astray()) == ({PARTITION}, set())


@asynccontextmanager
async def reading(stack: Stack, *topics: str, first: tuple[str, ...] = ()) -> AsyncIterator[CarefulConsumer]:
    """A consumer of all partitions of these topics, from their beginnings."""
    consumer = CarefulConsumer(
        *topics, first=first, bootstrap_servers=stack.bootstrap, auto_offset_reset="earliest",
        fetch_max_wait_ms=QUIET_MS, request_timeout_ms=2 * QUIET_MS,
    )  # fmt: skip
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def taken(consumer: CarefulConsumer, most: int = 500) -> list[bytes]:
    """The values of the next records. Raises TimeoutError where none come in time."""
    async with asyncio.timeout(PATIENCE):
        while not (found := await consumer.getmany(max_records=most)):
            pass
    return [record.value for records in found.values() for record in records]


async def test_what_comes_while_a_batch_is_applied_waits_for_no_quiet_partition(
    stack: Stack, new_topics: Callable[..., Awaitable[str]]
) -> None:
    prefix = await new_topics(REFERRALS, PANELS)
    busy, quiet = prefix + REFERRALS.name, prefix + PANELS.name
    async with (
        AIOKafkaProducer(bootstrap_servers=stack.bootstrap) as producer,
        reading(stack, busy, quiet) as consumer,
    ):
        for number in (b"1", b"2", b"3"):
            await producer.send_and_wait(busy, number, partition=0)
            assert await taken(consumer) == [number]
            await producer.send_and_wait(busy, number * 2, partition=0)
            await asyncio.sleep(0.5)  # applying it takes longer than aiokafka lets what it has fetched lie
            assert await taken(consumer) == [number * 2]


async def test_where_more_comes_than_is_asked_for_persons_come_first(
    stack: Stack, new_topics: Callable[..., Awaitable[str]]
) -> None:
    prefix = await new_topics(REFERRALS, PANELS, PERSONAL_DETAILS)
    topics = [prefix + topic.name for topic in (REFERRALS, PANELS, PERSONAL_DETAILS)]
    async with AIOKafkaProducer(bootstrap_servers=stack.bootstrap) as producer:
        for topic in topics:
            for partition in await producer.partitions_for(topic):
                await producer.send_and_wait(topic, topic.encode(), key=b"k", partition=partition)
        persons = len(await producer.partitions_for(topics[-1]))
    async with reading(stack, *topics, first=(topics[-1],)) as consumer:
        assert await taken(consumer, most=persons) == [topics[-1].encode()] * persons
