"""Several processes of the service do not do the same at once: extracts of the register, and what is said of waits."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
import pytest

from chassis.ids import new_id
from services import referrals
from services.referrals.domain.directory.waits import Expected
from services.referrals.storage.register import take_extract
from services.referrals.storage.register_uploads import Upload, claim_upload, keep_upload
from services.referrals.storage.waits import keep_waits, waits_said
from tests.support.locks import waits_for

MIGRATIONS = Path(referrals.__file__).parent / "migrations"
DAY = date(2026, 3, 2)


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database(MIGRATIONS)


def an_upload() -> Upload:
    return Upload(new_id(), datetime.now(UTC), "olga", "edubase.csv", "received", 0, {})


async def test_an_extract_waits_for_the_one_that_is_being_taken_in(pool: asyncpg.Pool) -> None:
    await waits_for(pool, lambda conn: take_extract(conn, [], {}, "919"))


async def test_who_leaves_an_extract_counts_those_that_wait_while_nobody_else_leaves_one(
    pool: asyncpg.Pool,
) -> None:
    await waits_for(pool, lambda conn: keep_upload(conn, an_upload(), b""))


async def test_an_extract_is_taken_up_by_one_worker(pool: asyncpg.Pool) -> None:
    first, second = an_upload(), an_upload()
    async with pool.acquire() as one, pool.acquire() as other, one.transaction():
        await keep_upload(other, first, b"")
        taken = await claim_upload(one)
        await other.execute("SET lock_timeout = '100ms'")
        assert await claim_upload(other) is None, "and nobody waits for it"
        await keep_upload(other, replace(second, at=first.at), b"")
        also = await claim_upload(other)
    assert [each and each[0] for each in (taken, also)] == [first.id, second.id]


async def test_what_is_said_first_of_a_day_is_what_all_processes_say(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        for median in (10, 12):
            await keep_waits(conn, "answer", DAY, {"a-team": Expected(30, median, 20, None)})
        assert (await waits_said(conn, "answer", DAY))["a-team"].median == 10
