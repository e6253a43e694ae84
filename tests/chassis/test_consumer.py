"""The consumer under trouble: it waits and tries again, notices that it is stuck, and ends in time."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from time import monotonic
from typing import cast

import asyncpg
import pytest

from chassis import consumer as consumer_module
from chassis.backlog import FULL, Held, TooManyAlike
from chassis.brokers import Brokers
from chassis.consumer import Consumer
from chassis.inbox import Inbox
from chassis.records import Record
from schemas.topics import REFERRALS
from tests.chassis import counters
from tests.chassis.roads import Road, running

pytestmark = pytest.mark.slow


class Failing(Inbox):
    """An inbox whose surroundings are away for a while."""

    def __init__(
        self, pool: asyncpg.Pool, failures: int, error: type[Exception] = ConnectionRefusedError
    ) -> None:
        super().__init__(pool, counters.work(), counters.Open(), {}, lambda: None)
        self.left, self.tried_at, self.error = failures, list[float](), error

    async def apply(self, records: list[Record]) -> None:  # type: ignore[override]
        """Fails as often as it was told to."""
        self.tried_at.append(monotonic())
        if self.left > 0:
            self.left -= 1
            raise self.error
        await super().apply(records)


def consumer_of(road: Road, inbox: Inbox) -> Consumer:
    return Consumer(
        road.receiver,
        inbox,
        road.brokers,
        [REFERRALS],
        group="counters",
        prefix=road.prefix,
    )


async def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    for _ in range(int(seconds * 10)):
        if holds():
            return
        await asyncio.sleep(0.1)
    assert holds()


async def test_a_batch_that_fails_for_its_surroundings_waits_longer_each_time_and_loses_nothing(
    road: Road,
) -> None:
    inbox = Failing(road.receiver, failures=4)
    consumer = consumer_of(road, inbox)
    async with running(road.relay(), consumer):
        await road.say(["a", "b", "c"], range(1, 4))
        await road.until({"a": 3, "b": 3, "c": 3})
    pauses = [later - earlier for earlier, later in pairwise(inbox.tried_at[:5])]
    # At least, since a busy machine makes any pause longer.
    assert [pause >= least for pause, least in zip(pauses, (0.1, 0.2, 0.4, 0.8), strict=True)] == [True] * 4
    assert await road.receiver.fetchval("SELECT count(*) FROM dead_letter") == 0
    assert consumer.ready() is None


async def test_while_its_batches_fail_it_says_that_it_is_not_ready_and_then_that_it_is_stuck(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "STUCK_SECONDS", 1.0)
    consumer = consumer_of(road, Failing(road.receiver, 1000, TooManyAlike))
    async with running(road.relay(), consumer):
        await road.say(["a"], range(1, 4))
        await eventually(lambda: (consumer.ready() or "").startswith("its batches wait and are tried again"))
        await eventually(lambda: consumer.trouble() is not None)
        assert consumer.busy


async def test_without_a_kafka_it_keeps_trying_and_still_stops_when_told(road: Road) -> None:
    consumer = Consumer(
        road.receiver,
        counters.inbox(road.receiver),
        Brokers.in_clear(["127.0.0.1:1"]),
        [REFERRALS],
        group="nobody",
    )
    stopping = asyncio.Event()
    task = asyncio.create_task(consumer.run(stopping))
    await asyncio.sleep(1.5)
    assert (consumer.ready() or "").startswith("no partitions assigned yet: Kafka cannot be reached")
    stopping.set()
    await asyncio.wait_for(task, 10)


async def test_a_consumer_that_no_longer_fetches_counts_as_stuck(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "STUCK_SECONDS", 1.0)
    monkeypatch.setattr(consumer_module, "_LOOK_SECONDS", 0.5)
    consumer = consumer_of(road, counters.inbox(road.receiver))
    async with running(road.relay(), consumer):
        await road.say(["a"], range(1, 4))
        await road.until({"a": 3})
        fetching = consumer._subscriber.consumer
        assert fetching is not None
        fetching.pause(*fetching.assignment())
        await road.say(["a"], range(4, 6))
        await eventually(lambda: consumer.trouble() is not None)
        fetching.resume(*fetching.assignment())
        await road.until({"a": 5})
        await eventually(lambda: consumer.trouble() is None)


@pytest.mark.parametrize(
    ("error", "stuck"), [(Held(FULL), False), (ConnectionRefusedError(), False), (TooManyAlike(), True)]
)
async def test_whoever_waits_for_others_does_not_count_as_stuck(
    monkeypatch: pytest.MonkeyPatch, error: Exception, stuck: bool
) -> None:
    monkeypatch.setattr(consumer_module, "_LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(consumer_module, "STUCK_SECONDS", 0.2)
    pool = cast(asyncpg.Pool, None)
    consumer = Consumer(
        pool, counters.inbox(pool), Brokers.in_clear(["127.0.0.1:1"]), [REFERRALS], group="nobody"
    )
    for _ in range(6):
        await consumer._pause(error)
    assert (consumer.trouble() is not None) == stuck
    assert (consumer.ready() or "") != ""
