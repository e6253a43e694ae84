"""What a process does every few seconds or minutes: forgets what only the last hour needed, measures what waits."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from chassis import metrics, serving
from schemas.topics import PANELS, REFERRALS


@pytest.fixture(autouse=True)
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is done time and again is done once."""

    async def pause(stopping: asyncio.Event, _: float) -> None:
        stopping.set()

    monkeypatch.setattr("chassis.serving.pause", pause)


async def test_the_note_of_a_commit_stays_for_an_hour_for_whoever_lost_the_reply(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool = await database()
    for age in ("61 minutes", "59 minutes"):
        await pool.execute(
            "INSERT INTO attempt SELECT gen_random_uuid(), clock_timestamp() - $1::text::interval", age
        )
    running: Any = SimpleNamespace(
        pool=pool, stopping=asyncio.Event(), settings=SimpleNamespace(session_idle_minutes=60)
    )
    await serving._tidy(running)
    assert await pool.fetchval("SELECT count(*) FROM attempt") == 1
    assert await pool.fetchval("SELECT min(at) > clock_timestamp() - interval '1 hour' FROM attempt")


class Waiting:
    """Stands in for what is told how much waits, and for what else a process has; ``told`` is what it was told."""

    def __init__(self) -> None:
        self.told, self.trouble = list[tuple[int, float]](), None

    def measured(self, rows: int, age: float, trouble: str | None) -> None:
        self.told.append((rows, age))

    def forget(self) -> None:
        """No part has stopped."""

    async def why(self) -> None:
        """The database beats."""

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 9, tzinfo=UTC)


def gauge(name: str, **labels: str) -> float | None:
    return metrics.REGISTRY.get_sample_value(f"fingerpost_{name}", labels)


async def test_what_is_due_by_the_business_clock_and_what_is_still_parked_is_counted_and_nothing_else(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool, it = await database(), Waiting()
    for id, at in (("due", it.now()), ("not yet", it.now() + timedelta(seconds=1))):
        await pool.execute("INSERT INTO due_work VALUES ('counter', $1, 'remind', $2)", id, at)
    for place, (topic, status) in enumerate(
        ((REFERRALS, "parked"), (REFERRALS, "redriven"), (REFERRALS, "discarded"), (PANELS, "discarded"))
    ):
        await pool.execute(
            "INSERT INTO dead_letter (topic, partition, record_at, headers, reason, fingerprint, status) "
            "VALUES ($1, 0, $2, '[]', 'r', 'f', $3)",
            topic.name,
            place,
            status,
        )
    running: Any = SimpleNamespace(
        pool=pool, stopping=asyncio.Event(), parts=it, pulse=it, clock=it, backlog=it, relay=it,
        service=SimpleNamespace(hears=(REFERRALS, PANELS)),
    )  # fmt: skip
    metrics.DEAD_LETTERS.labels(PANELS.name).set(7)
    await serving._gauges(running)
    assert gauge("due_work_overdue") == 1
    assert gauge("dead_letters_parked", topic=REFERRALS.name) == 1
    assert gauge("dead_letters_parked", topic=PANELS.name) == 0
    assert it.told == [(0, 0)]
