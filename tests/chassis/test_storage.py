"""Every repository, the real table and the fake of the tests, keeps the same promises."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from pydantic import BaseModel

from chassis.decision import Kind
from chassis.storage import JsonTable, Repository, Stored
from chassis.testing import FakeRepository
from tests.chassis import counters
from tests.chassis.counters import COUNTER, Counter
from tests.support.blocked import blocked


@pytest.fixture(params=["table", "fake"])
async def repository(request: Any, database: Callable[..., Awaitable[asyncpg.Pool]]) -> Any:
    """A repository of counters, and a connection to where it keeps them."""
    if request.param == "fake":
        yield FakeRepository(COUNTER), None
        return
    pool = await database(extra=[counters.TABLE])
    async with pool.acquire() as conn:
        yield counters.TABLE_OF_COUNTERS, conn


Kept = tuple[Repository, Any]


def row(id: str, n: int = 1, version: int = 1) -> Stored:
    return Stored(id, version, 0, Counter(n=n))


async def test_what_was_inserted_is_loaded_as_it_was(repository: Kept) -> None:
    table, conn = repository
    await table.insert(conn, [row("a", 1), row("b", 2)])
    assert await table.load(conn, ["a", "b"], lock=True) == {"a": row("a", 1), "b": row("b", 2)}


async def test_what_does_not_exist_is_simply_not_there(repository: Kept) -> None:
    table, conn = repository
    await table.insert(conn, [row("a")])
    assert set(await table.load(conn, ["a", "z"], lock=False)) == {"a"}
    assert await table.load(conn, [], lock=False) == {}


async def test_what_was_said_is_counted_of_those_that_exist(repository: Kept) -> None:
    table, conn = repository
    await table.insert(conn, [Stored("a", 3, 2, Counter(n=1)), row("b")])
    assert await table.said(conn, ["a", "b", "z"]) == {"a": 2, "b": 0}


async def test_a_state_that_nobody_can_read_hides_neither_the_others_nor_what_was_said(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool, table = await database(extra=[counters.TABLE]), JsonTable(COUNTER, "counter")
    async with pool.acquire() as conn:
        await table.insert(conn, [Stored("a", 3, 2, Counter(n=1)), row("b", 5)])
        await conn.execute("UPDATE counter SET state = '{\"n\": \"many\"}' WHERE id = 'a'")
        assert await table.said(conn, ["a"]) == {"a": 2}
        rows = await conn.fetch("SELECT id, state FROM counter ORDER BY id")
        assert [(row["id"], state.n) for row, state in table.readable(rows)] == [("b", 5)]
        assert table.blind() == ["a"]


async def test_an_update_replaces_the_state_and_the_counts(repository: Kept) -> None:
    table, conn = repository
    await table.insert(conn, [row("a", 1), row("b", 1)])
    await table.update(conn, [Stored("a", 2, 5, Counter(n=9))])
    found = await table.load(conn, ["a", "b"], lock=False)
    assert found["a"] == Stored("a", 2, 5, Counter(n=9))
    assert found["b"] == row("b", 1)


async def test_inserting_what_somebody_else_inserted_first_is_refused(repository: Kept) -> None:
    table, conn = repository
    await table.insert(conn, [row("a")])
    with pytest.raises(asyncpg.UniqueViolationError):
        await table.insert(conn, [row("b"), row("a")])


async def test_what_was_loaded_does_not_change_with_the_store(repository: Kept) -> None:
    table, conn = repository
    await table.insert(conn, [row("a", 1)])
    before = (await table.load(conn, ["a"], lock=False))["a"]
    await table.update(conn, [row("a", 2, version=2)])
    assert before == row("a", 1)


async def test_a_locked_row_is_waited_for(database: Callable[..., Awaitable[asyncpg.Pool]]) -> None:
    pool = await database(extra=[counters.TABLE])
    table = counters.TABLE_OF_COUNTERS
    async with pool.acquire() as one, pool.acquire() as other:
        await table.insert(one, [row("a")])
        async with one.transaction():
            await table.load(one, ["a"], lock=True)
            await other.execute("SET lock_timeout = '50ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                async with other.transaction():
                    await table.load(other, ["a"], lock=True)


async def test_rows_are_locked_in_the_order_of_their_ids_however_they_lie(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    """Two who want the same rows then never wait for each other, each with what the other wants."""
    pool = await database(extra=[counters.TABLE])
    table = counters.TABLE_OF_COUNTERS
    async with pool.acquire() as one, pool.acquire() as other, pool.acquire() as third:
        await table.insert(one, [row("b"), row("a")])
        async with one.transaction():
            await table.load(one, ["a"], lock=True)
            await other.execute("SET lock_timeout = '20s'")
            waiting = asyncio.create_task(_locked(other, table, ["a", "b"]))
            await blocked(third)
            async with third.transaction():
                assert await third.fetchval("SELECT id FROM counter WHERE id = 'b' FOR UPDATE NOWAIT") == "b"
        assert await waiting == {"a", "b"}


async def _locked(conn: Any, table: Repository, ids: list[str]) -> set[str]:
    async with conn.transaction():
        return set(await table.load(conn, ids, lock=True))


class Odd(BaseModel):
    text: str


async def test_any_text_comes_back_as_it_went_in(database: Callable[..., Awaitable[asyncpg.Pool]]) -> None:
    kind = Kind("odd", Odd)
    pool = await database(extra=[counters.TABLE.replace("counter", "odd")])
    table = JsonTable(kind, "odd")
    odd = Stored("'; DROP TABLE odd; --", 1, 0, Odd(text='"quotes", {braces}, NULL, ünï, \u200f, \\, \n'))
    async with pool.acquire() as conn:
        await table.insert(conn, [odd])
        assert (await table.load(conn, [odd.id], lock=False))[odd.id] == odd


class Mostly(BaseModel):
    said: str
    empty: str | None = None
    inside: tuple["Mostly", ...] = ()


async def test_a_lean_table_keeps_no_defaults_and_reads_rows_that_do(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    kind = Kind("mostly", Mostly)
    pool = await database(extra=[counters.TABLE.replace("counter", "mostly")])
    lean, full = JsonTable(kind, "mostly", lean=True), JsonTable(kind, "mostly")
    state = Mostly(said="a", inside=(Mostly(said="b"), Mostly(said="c", empty="no")))
    async with pool.acquire() as conn:
        await lean.insert(conn, [Stored("new", 1, 0, state)])
        await full.insert(conn, [Stored("old", 1, 0, state)])
        kept = await conn.fetchval("SELECT state FROM mostly WHERE id = 'new'")
        assert json.loads(kept) == {"said": "a", "inside": [{"said": "b"}, {"said": "c", "empty": "no"}]}
        read = await lean.load(conn, ["new", "old"], lock=False)
    assert read["new"].state == read["old"].state == state
