"""What one test left in a database the next one does not find."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from deploy.local import Stack
from services import referrals
from tests.support.washed import MOST_USES, Databases

pytestmark = pytest.mark.slow

FOLDER = Path(referrals.__file__).parent / "migrations"


@pytest.fixture
async def every(stack: Stack, migrated: Callable[..., Awaitable[str]]) -> Databases:
    return Databases(migrated, stack.postgres)


async def done(dsn: str, *statements: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await conn.execute(statement)
    finally:
        await conn.close()


async def asked(dsn: str, question: str) -> object:
    conn = await asyncpg.connect(dsn)
    try:
        return await conn.fetchval(question)
    finally:
        await conn.close()


AN_EVENT = """
INSERT INTO outbox (shard, event_id, topic, key, version, headers, payload)
VALUES (0, gen_random_uuid(), 'referrals.v1', 'r', 1, '[]', 'x')
"""


async def test_a_database_comes_back_empty_and_counts_from_one(every: Databases) -> None:
    dsn = await every.take(FOLDER)
    await done(dsn, AN_EVENT, AN_EVENT)
    await every.give_back(dsn)
    assert await every.take(FOLDER) == dsn
    assert await asked(dsn, "SELECT count(*) FROM outbox") == 0
    await done(dsn, AN_EVENT)
    assert await asked(dsn, "SELECT seq FROM outbox") == 1
    await every.close()


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id int)",
        "ALTER TABLE outbox ADD COLUMN more int",
        "ALTER TABLE outbox DROP CONSTRAINT outbox_payload_check",
        "CREATE INDEX ON outbox (topic)",
        "TRUNCATE outbox",
        "ANALYZE schema_migrations",
        "DELETE FROM schema_migrations WHERE version LIKE '%0002'",
    ],
)
async def test_one_whose_tables_were_changed_does_not_come_back(every: Databases, change: str) -> None:
    dsn = await every.take(FOLDER)
    await done(dsn, change)
    await every.give_back(dsn)
    assert await every.take(FOLDER) != dsn
    await every.close()


async def test_who_still_holds_a_lock_in_one_is_sent_away(every: Databases) -> None:
    dsn = await every.take(FOLDER)
    holder = await asyncpg.connect(dsn)
    await holder.execute("BEGIN; LOCK TABLE outbox")
    await every.give_back(dsn)
    assert await every.take(FOLDER) == dsn
    assert holder.is_closed()
    await every.close()


async def test_after_many_tests_one_is_made_anew(every: Databases) -> None:
    dsn = await every.take(FOLDER)
    for _ in range(MOST_USES - 1):
        await every.give_back(dsn)
        assert await every.take(FOLDER) == dsn
    await every.give_back(dsn)
    assert await every.take(FOLDER) != dsn
    await every.close()


async def test_who_needs_one_that_no_test_had_gets_it(every: Databases) -> None:
    dsn = await every.take(FOLDER)
    await every.give_back(dsn)
    assert await every.take(FOLDER, unused=True) != dsn
    assert await every.take(FOLDER) == dsn
    await every.close()


async def test_a_connection_is_handed_on_with_its_database_and_its_session_is_as_it_was(
    every: Databases,
) -> None:
    dsn = await every.take(FOLDER)
    pool = await every.pool(dsn, 2)
    process = await pool.fetchval("SELECT pg_backend_pid()")
    await pool.execute("SET lock_timeout = '1s'; SELECT pg_advisory_lock(1)")
    await pool.close()
    await every.give_back(dsn)
    assert await every.take(FOLDER) == dsn
    pool = await every.pool(dsn, 2)
    assert await pool.fetchval("SELECT pg_backend_pid()") == process
    assert await pool.fetchval("SHOW lock_timeout") == "0"
    assert await pool.fetchval("SELECT pg_try_advisory_lock(1)")
    assert await asked(dsn, "SELECT NOT pg_try_advisory_lock(1)")
    await pool.close()
    await every.close()


async def test_a_connection_that_a_test_closed_or_lost_is_not_handed_on(every: Databases) -> None:
    dsn = await every.take(FOLDER)
    pool = await every.pool(dsn, 2)
    async with pool.acquire() as closed, pool.acquire() as lost:
        processes = [await each.fetchval("SELECT pg_backend_pid()") for each in (closed, lost)]
        await closed.close()
        await done(dsn, f"SELECT pg_terminate_backend({processes[1]}, 5000)")
    await pool.close()
    await every.give_back(dsn)
    pool = await every.pool(await every.take(FOLDER), 2)
    assert await pool.fetchval("SELECT pg_backend_pid()") not in processes
    await pool.close()
    await every.close()
