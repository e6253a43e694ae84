"""Business time: real, or stepped forwards in a demo and shared by the processes of a service."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from chassis.clock import ClockRefused, SteppedClock, SystemClock, make_clock
from chassis.settings import ServiceSettings

START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def settings(**values: object) -> ServiceSettings:
    return ServiceSettings.model_validate(
        {"database": "postgresql://x", "kafka": "k:1", "profile": "test", **values}
    )


def test_the_system_clock_tells_real_time_in_utc() -> None:
    clock = make_clock(settings())
    assert isinstance(clock, SystemClock)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().utcoffset() == timedelta(0)


def test_production_refuses_a_stepped_clock() -> None:
    with pytest.raises(ClockRefused, match="only the profiles demo and test"):
        SteppedClock(settings(profile="production"))


def test_a_stepped_clock_stands_where_it_was_started() -> None:
    clock = make_clock(settings(clock="stepped", clock_start=START))
    assert (clock.now(), clock.now()) == (START, START)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ClockRefused, match="time zone"):
        SteppedClock(settings(), datetime(2026, 11, 2))


async def test_another_process_of_the_service_follows(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool = await database()
    here, there = SteppedClock(settings(), START), SteppedClock(settings(), START)
    await here.step(pool, START + timedelta(days=1))
    assert there.now() == START
    await there.refresh(pool)
    assert there.now() == here.now() == START + timedelta(days=1)


async def test_the_clock_never_goes_back(database: Callable[..., Awaitable[asyncpg.Pool]]) -> None:
    pool = await database()
    here, there = SteppedClock(settings(), START), SteppedClock(settings(), START)
    await here.step(pool, START + timedelta(days=2))
    with pytest.raises(ClockRefused, match="forwards only"):
        await here.step(pool, START)
    with pytest.raises(ClockRefused, match="forwards only"):
        await there.step(pool, START + timedelta(days=1))
    await here.step(pool, here.now())
