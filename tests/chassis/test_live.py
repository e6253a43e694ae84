"""Counts that follow the database while a page is open."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any

import asyncpg
import httpx2
import pytest
from fastapi import Request

from chassis.web import live as module
from chassis.web.app import create_app
from chassis.web.live import Live
from chassis.web.people import People, Person, nothing_allowed
from tests.support.browser import served


class Named:
    """Whoever a header names has signed in."""

    async def person(self, request: Request) -> Person | None:
        name = request.headers.get("x-name")
        return Person(name, name, frozenset(), "") if name else None


class Desk:
    """A service with a queue, and pages that follow it."""

    def __init__(self, pool: asyncpg.Pool, **given: float) -> None:
        self.pool, self.stopping, self.asked = pool, asyncio.Event(), 0
        running: Any = SimpleNamespace(pool=pool, stopping=self.stopping)
        self.live = Live(running, **({"every": 0.05} | given))
        self.live.counts("queues", self.count)
        self.live.changes("work-of", self.version)
        self.app = create_app("test", "1", (), [self.live.router()])
        self.app.state.people = People(Named(), nothing_allowed)

    async def count(self, conn: Any, person: Person) -> Mapping[str, int]:
        self.asked += 1
        return {"mine": await conn.fetchval("SELECT count(*) FROM work WHERE owner = $1", person.id)}

    async def version(self, conn: Any, person: Person, id: str) -> int:
        if id != person.id:
            return 0
        return int(await conn.fetchval("SELECT count(*) FROM work WHERE owner = $1", id))

    async def add(self, owner: str) -> None:
        await self.pool.execute("INSERT INTO work VALUES ($1)", owner)


Desks = Callable[..., Awaitable[Desk]]


@pytest.fixture
def desk(database: Callable[..., Awaitable[asyncpg.Pool]]) -> Desks:
    async def make(**given: float) -> Desk:
        return Desk(await database(extra=["CREATE TABLE work (owner text)"]), **given)

    return make


async def counts(response: httpx2.Response) -> AsyncIterator[Mapping[str, int]]:
    """What a stream says."""
    async for line in response.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def follow(url: str, name: str = "ana", what: str = "queues") -> Any:
    return httpx2.AsyncClient(base_url=url, timeout=10).stream(
        "GET", f"/live/{what}", headers={"X-Name": name}
    )


async def test_a_page_is_told_when_a_count_changes_and_only_then(desk: Desks) -> None:
    it = await desk()
    async with served(it.app) as url, follow(url) as page:
        assert page.headers["content-type"].startswith("text/event-stream")
        told = counts(page)
        assert await anext(told) == {"mine": 0}
        await it.add("bob")
        await it.add("ana")
        assert await anext(told) == {"mine": 1}
        await it.add("ana")
        assert await anext(told) == {"mine": 2}
        it.stopping.set()


async def test_each_person_is_told_their_own(desk: Desks) -> None:
    it = await desk()
    await it.add("ana")
    async with served(it.app) as url, follow(url) as one, follow(url, "bob") as other:
        assert await anext(counts(one)) == {"mine": 1}
        assert await anext(counts(other)) == {"mine": 0}
        it.stopping.set()


async def test_pages_of_one_person_cost_one_question(desk: Desks) -> None:
    it = await desk()
    async with served(it.app) as url, follow(url) as one, follow(url) as two:
        streams = counts(one), counts(two)
        await asyncio.gather(*(anext(each) for each in streams))
        before = it.asked
        await it.add("ana")
        assert await asyncio.gather(*(anext(each) for each in streams)) == [{"mine": 1}] * 2
        assert it.asked - before <= 2, "a write of somebody else's may cost another look"
        it.stopping.set()


async def test_nobody_follows_who_has_not_signed_in(desk: Desks) -> None:
    it = await desk()
    async with served(it.app) as url, follow(url, "") as page:
        assert page.status_code == 401


async def test_unknown_counts_are_not_found(desk: Desks) -> None:
    it = await desk()
    async with served(it.app) as url, follow(url, what="secrets") as page:
        assert page.status_code == 404


async def test_one_person_has_only_so_many_streams(desk: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_EACH", 1)
    it = await desk()
    async with served(it.app) as url, follow(url) as first:
        assert first.status_code == 200
        async with follow(url) as second, follow(url, "bob") as other:
            assert (second.status_code, other.status_code) == (503, 200)
            it.stopping.set()


async def test_streams_end_when_the_service_stops(desk: Desks) -> None:
    it = await desk()
    async with served(it.app) as url, follow(url) as page:
        told = counts(page)
        await anext(told)
        it.stopping.set()
        assert [each async for each in told] in ([], [{"mine": 0}])


async def test_a_stream_ends_after_a_while_so_that_who_follows_is_asked_again(desk: Desks) -> None:
    it = await desk(longest=0.3)
    async with served(it.app) as url, follow(url) as page:
        assert [each async for each in counts(page)] == [{"mine": 0}]


async def test_a_page_that_was_closed_makes_room(desk: Desks) -> None:
    it = await desk()
    async with served(it.app) as url:
        async with follow(url) as page:
            await anext(counts(page))
        while it.live._streams:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_question_that_fails_once_is_asked_again(desk: Desks) -> None:
    it = await desk()
    await it.pool.execute("ALTER TABLE work RENAME TO elsewhere")
    async with served(it.app) as url, follow(url) as page:
        await asyncio.sleep(0.1)
        await it.pool.execute("ALTER TABLE elsewhere RENAME TO work")
        assert await anext(counts(page)) == {"mine": 0}
        it.stopping.set()


async def test_a_page_is_told_that_its_subject_changed_and_nothing_else_of_it(desk: Desks) -> None:
    it = await desk()
    await it.add("ana")
    async with served(it.app) as url, follow(url, what="work-of/ana") as page:
        told = counts(page)
        assert await anext(told) == {"version": 1}
        await it.add("bob")
        await it.add("ana")
        assert await anext(told) == {"version": 2}
        it.stopping.set()


@pytest.mark.parametrize("whose", ["bob", "nobody"])
async def test_a_subject_that_one_may_not_see_is_not_found_as_one_that_is_not_there(
    desk: Desks, whose: str
) -> None:
    it = await desk()
    await it.add("bob")
    async with served(it.app) as url, follow(url, what=f"work-of/{whose}") as page:
        assert page.status_code == 404


async def test_an_unknown_subject_is_not_found(desk: Desks) -> None:
    it = await desk()
    async with served(it.app) as url, follow(url, what="secrets/1") as page:
        assert page.status_code == 404
