"""How long the relay lets events gather between two batches, and how long it leads."""

import asyncio
from typing import Any

import pytest

from chassis.relay import BATCH, LEADS_SECONDS, Relay


class Outbox:
    """A connection behind which events always wait: so many for each batch, then the relay is told to stop."""

    def __init__(self, *batches: int) -> None:
        self.batches, self.stopping = list(batches), asyncio.Event()

    async def fetch(self, *_: Any) -> list[dict[str, int]]:
        found = self.batches.pop(0)
        if not self.batches:
            self.stopping.set()
        return [{"seq": n} for n in range(found)]

    async def execute(self, *_: Any) -> None:
        return None


class Kafka:
    """Takes so many seconds over each batch."""

    def __init__(self, *seconds: float) -> None:
        self.now, self._seconds = 0.0, iter(seconds)

    async def publish(self, _: Any) -> None:
        self.now += next(self._seconds)


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the relay has rested, each time."""
    found: list[float] = []

    async def pause(_: asyncio.Event, seconds: float) -> None:
        found.append(round(seconds, 3))

    monkeypatch.setattr("chassis.relay.pause", pause)
    return found


async def relayed(outbox: Outbox, kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    pool: Any = None
    relay = Relay(pool, pool, name="referrals")
    monkeypatch.setattr("chassis.relay.monotonic", lambda: kafka.now)
    monkeypatch.setattr(relay, "_ensure_partitions", lambda _: asyncio.sleep(0))
    await relay._relay_batches(outbox, kafka, outbox.stopping)  # type: ignore[arg-type]


async def test_after_a_small_batch_the_relay_rests_as_long_as_that_took_but_not_for_long(
    rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    await relayed(Outbox(5, 5, 5), Kafka(0.001, 0.03, 3.0), monkeypatch)
    assert rests == [0.02, 0.03, 0.05]


async def test_after_a_full_batch_the_relay_goes_on_at_once(
    rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    await relayed(Outbox(BATCH, BATCH), Kafka(0.06, 0.06), monkeypatch)
    assert rests == []


async def test_after_a_day_the_relay_gives_way_so_that_kafka_never_forgets_whom_to_fence(
    rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = Outbox(5, 5, 5)
    await relayed(outbox, Kafka(LEADS_SECONDS / 2, LEADS_SECONDS / 2, 0.01), monkeypatch)
    assert len(rests) == 2
    assert outbox.batches == [5]
