"""A fetch that fails while partitions change hands."""

from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.subscription_state import SubscriptionState

from chassis.fetched import CarefulConsumer

PARTITION = TopicPartition("t", 0)


class Reassigned(CarefulConsumer):
    """A consumer without a Kafka, which stands at 120 until its partition is assigned anew, at 100."""

    def __init__(self) -> None:
        self._closed = True
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
