"""Sessions: which open something, which are listed, and how exactly it is known when one was last used."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, cast

import asyncpg
import pytest
from fastapi import Request

from chassis.web.sessions import Cookie, Sessions, start
from tests.chassis.test_people import KIM, SAM, Staff

HOUR = timedelta(hours=1)


class Shop:
    """Sessions of two people, with an hour's patience for one that nobody uses."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.sessions = Sessions(pool, Staff(SAM, KIM), Cookie("bakery", secure=False), idle=HOUR)

    async def begins(
        self, agent: str, *, unseen: float = 0, staff_id: str = "s1", ended: bool = False
    ) -> str:
        """Begins a session that was last used so many minutes ago; answers its cookie."""
        token = await start(self.pool, staff_id, agent, -HOUR if ended else 12 * HOUR)
        await self.pool.execute(
            "UPDATE staff_session SET seen_at = clock_timestamp() - $2 * interval '1 minute' WHERE agent = $1",
            agent,
            unseen,
        )
        return token

    async def opens(self, token: str) -> bool:
        request: Any = type("Asked", (), {"cookies": {"bakery-session": token}})
        return await self.sessions.person(cast(Request, request)) is not None

    async def unseen(self, agent: str) -> timedelta:
        found: timedelta = await self.pool.fetchval(
            "SELECT clock_timestamp() - seen_at FROM staff_session WHERE agent = $1", agent
        )
        return found


@pytest.fixture
async def shop(database: Callable[..., Awaitable[asyncpg.Pool]]) -> Shop:
    return Shop(await database())


async def test_a_session_opens_until_it_ends_or_nobody_used_it_for_an_hour(shop: Shop) -> None:
    assert await shop.opens(await shop.begins("used", unseen=59))
    assert not await shop.opens(await shop.begins("unused", unseen=61))
    assert not await shop.opens(await shop.begins("ended", ended=True))
    assert not await shop.opens("another word")


async def test_those_are_listed_that_open_something_the_last_used_first(shop: Shop) -> None:
    await shop.begins("before", unseen=50)
    await shop.begins("last", unseen=1)
    await shop.begins("unused", unseen=61)
    await shop.begins("ended", ended=True)
    await shop.begins("another's", staff_id="s2")
    async with shop.pool.acquire() as conn:
        assert [each.agent for each in await shop.sessions.listed(conn, "s1")] == ["last", "before"]


async def test_that_a_session_is_used_is_written_down_once_a_minute_and_keeps_it_open(shop: Shop) -> None:
    for agent, unseen, is_written in (("now", 0.9, False), ("long ago", 1.1, True)):
        assert await shop.opens(await shop.begins(agent, unseen=unseen))
        assert (await shop.unseen(agent) < timedelta(seconds=30)) == is_written, agent


async def test_one_ends_one_s_own_sessions_only(shop: Shop) -> None:
    tokens = {
        agent: await shop.begins(agent, staff_id=who) for agent, who in (("mine", "s1"), ("theirs", "s2"))
    }
    ids = {
        row["agent"]: str(row["id"]) for row in await shop.pool.fetch("SELECT id, agent FROM staff_session")
    }
    async with shop.pool.acquire() as conn:
        assert not await shop.sessions.end_one(conn, "s1", ids["theirs"])
        assert await shop.sessions.end_one(conn, "s1", ids["mine"])
        assert not await shop.sessions.end_one(conn, "s1", "no id at all")
    assert [await shop.opens(tokens[agent]) for agent in ("mine", "theirs")] == [False, True]
