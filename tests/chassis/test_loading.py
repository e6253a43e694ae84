"""Loading a batch: few statements, the locks before what is only looked at."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from chassis.decision import Kind, Ref
from chassis.erasing import ERASURES
from chassis.erasure import ERASURE
from chassis.handlers import UnknownMessage
from chassis.loading import Loader
from chassis.storage import JsonTable
from tests.chassis import counters
from tests.chassis.counters import COUNTER, TABLE_OF_COUNTERS, Counter
from tests.support.locks import waits_for

MIRROR = Kind("mirror", Counter)
MIRRORS = JsonTable(MIRROR, "mirror")


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    pool = await database(extra=[counters.TABLE, counters.TABLE.replace("counter", "mirror")])
    for table in ("counter", "mirror"):
        await pool.execute(
            f"INSERT INTO {table} (id, version, said, state, n) VALUES ('a', 1, 0, '{{\"n\": 1}}', 1)"
        )
    await pool.execute("INSERT INTO erased (id, erasure_id) VALUES ('gone', 'e')")
    return pool


@pytest.fixture
def loader() -> Loader:
    return Loader((TABLE_OF_COUNTERS, MIRRORS))


async def test_all_that_may_change_and_who_was_erased_is_one_statement(
    pool: asyncpg.Pool, loader: Loader
) -> None:
    sent: list[str] = []
    async with pool.acquire() as conn, conn.transaction():
        with conn.query_logger(lambda record: sent.append(record.query)):
            states, erased = await loader.load(
                conn, {COUNTER.at("a"), COUNTER.at("b"), MIRROR.at("a")}, set(), {"a", "gone"}
            )
    assert len(sent) == 1
    assert erased == {"gone"}
    assert {ref: stored.version for ref, stored in states.items()} == {
        Ref("counter", "a"): 1,
        Ref("counter", "b"): 0,
        Ref("mirror", "a"): 1,
    }


async def test_what_is_only_looked_at_is_read_when_the_locks_are_held(
    pool: asyncpg.Pool, loader: Loader
) -> None:
    async with pool.acquire() as one, pool.acquire() as other, other.transaction():
        before_us = one.transaction()
        await before_us.start()
        await one.execute("SELECT FROM counter WHERE id = 'a' FOR UPDATE")
        loading = asyncio.create_task(loader.load(other, {COUNTER.at("a")}, {MIRROR.at("a")}, {"a"}))
        await asyncio.sleep(0.2)
        await one.execute("UPDATE mirror SET version = 2 WHERE id = 'a'")
        assert not loading.done()
        await before_us.commit()
        states, _ = await loading
    assert states[MIRROR.at("a")].version == 2


async def test_who_waits_for_an_eraser_sees_what_was_erased(pool: asyncpg.Pool, loader: Loader) -> None:
    async with pool.acquire() as one, pool.acquire() as other:
        async with other.transaction():  # the statement is prepared, and was planned, long ago
            await loader.load(other, {COUNTER.at("a")}, set(), {"a"})
        erasing, ours = one.transaction(), other.transaction()
        await ours.start()
        await erasing.start()
        await one.execute("LOCK TABLE erased IN ACCESS EXCLUSIVE MODE")
        loading = asyncio.create_task(loader.load(other, {COUNTER.at("a")}, set(), {"a"}))
        await asyncio.sleep(0.2)
        await one.execute("DELETE FROM counter WHERE id = 'a'")
        await one.execute("INSERT INTO erased (id, erasure_id) VALUES ('a', 'e')")
        assert not loading.done()
        await erasing.commit()
        states, erased = await loading
        await ours.rollback()
    assert erased == {"a"}
    assert states[COUNTER.at("a")].state is None


async def test_while_somebody_is_erased_nobody_looks_who_was(pool: asyncpg.Pool) -> None:
    loader = Loader((TABLE_OF_COUNTERS, ERASURES))
    await waits_for(
        pool,
        lambda conn: loader.load(conn, {ERASURE.at("e")}, set(), set()),
        lambda conn: loader.load(conn, {COUNTER.at("a")}, set(), {"a"}),
    )


async def test_a_kind_that_nobody_loads_is_named(pool: asyncpg.Pool, loader: Loader) -> None:
    async with pool.acquire() as conn:
        with pytest.raises(UnknownMessage, match="ghost"):
            await loader.load(conn, {Ref("ghost", "a")}, set(), {"a"})
