"""What is looked at before something is done is looked at by one at a time, also of several processes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any, cast

import asyncpg
import pytest

from chassis import disposal
from chassis.operations import audit
from chassis.service import Running
from chassis.web.rates import Counts
from tests.support.locks import waits_for

DAY = date(2026, 3, 2)


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database()


async def test_what_somebody_may_do_so_often_is_counted_by_one_at_a_time(pool: asyncpg.Pool) -> None:
    counts = Counts("secret")
    await waits_for(pool, lambda conn: counts.one_at_a_time(conn, "arrival", "ruth"))


async def test_of_all_workers_one_lets_go_on_a_day_of_what_is_over(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = audit.record

    async def recorded_slowly(*what: Any) -> int:
        action = await record(*what)
        await asyncio.sleep(0.2)
        return action

    monkeypatch.setattr(audit, "record", recorded_slowly)
    worker = SimpleNamespace(
        pool=pool, name="small", clock=SimpleNamespace(now=datetime.now),
        service=SimpleNamespace(retention=SimpleNamespace(all=(), waiting=None)),
    )  # fmt: skip
    begun = await asyncio.gather(*(disposal.on_day(cast(Running, worker), DAY) for _ in range(4)))
    assert sorted(begun) == [False, False, False, True]
