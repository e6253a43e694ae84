"""What a process forgets by itself: what only the last hour needed, and nothing younger."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from chassis import serving


async def tidied(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, as a process does at its start."""

    async def pause(stopping: asyncio.Event, _: float) -> None:
        stopping.set()

    monkeypatch.setattr("chassis.serving.pause", pause)
    running: Any = SimpleNamespace(
        pool=pool, stopping=asyncio.Event(), settings=SimpleNamespace(session_idle_minutes=60)
    )
    await serving._tidy(running)


async def test_the_note_of_a_commit_stays_for_an_hour_for_whoever_lost_the_reply(
    database: Callable[..., Awaitable[asyncpg.Pool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = await database()
    for age in ("61 minutes", "59 minutes"):
        await pool.execute(
            "INSERT INTO attempt SELECT gen_random_uuid(), clock_timestamp() - $1::text::interval", age
        )
    await tidied(pool, monkeypatch)
    assert await pool.fetchval("SELECT count(*) FROM attempt") == 1
    assert await pool.fetchval("SELECT min(at) > clock_timestamp() - interval '1 hour' FROM attempt")
