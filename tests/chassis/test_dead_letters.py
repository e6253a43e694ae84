"""Parked records are settled stream by stream, each by one operator."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import asyncpg
import pytest

from chassis import dead_letters
from schemas.topics import PERSONAL_DETAILS
from tests.chassis import counters
from tests.chassis.test_inbox import counts, parked, records_of, redriven


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database(extra=[counters.TABLE])


async def with_a_bad_one(pool: asyncpg.Pool, bad: int, of: int) -> None:
    """A stream of so many records, of which one cannot be read; it is parked with all behind it."""
    records = records_of({"a": of})
    records[bad - 1] = replace(records[bad - 1], value=b"{")
    await counters.inbox(pool).apply(records)


async def test_the_first_record_that_fails_again_stops_its_stream(pool: asyncpg.Pool) -> None:
    await with_a_bad_one(pool, 1, of=3)
    before = await parked(pool)
    done = await dead_letters.redrive(pool, counters.inbox(pool), "me", "to try it")
    assert (done.applied, done.parked, done.again.total()) == (0, 3, 1)
    assert await parked(pool) == before


async def test_a_redrive_over_gaps_changes_nothing_where_there_is_no_gap(pool: asyncpg.Pool) -> None:
    await with_a_bad_one(pool, 3, of=4)
    assert await redriven(pool, counters.inbox(pool), over_gap=True) == (0, 2)
    assert await counts(pool) == {"a": 2}


async def test_a_redrive_over_gaps_of_a_stream_s_first_record_takes_nothing_as_applied(
    pool: asyncpg.Pool,
) -> None:
    await with_a_bad_one(pool, 1, of=2)
    assert await redriven(pool, counters.inbox(pool), over_gap=True) == (0, 2)
    assert await pool.fetchval("SELECT count(*) FROM inbox") == 0


async def test_only_what_is_still_parked_is_listed_redriven_and_in_the_way_of_a_discard(
    pool: asyncpg.Pool,
) -> None:
    await with_a_bad_one(pool, 1, of=3)
    letters = [row["id"] for row in await pool.fetch("SELECT id FROM dead_letter ORDER BY version")]
    async with pool.acquire() as conn:
        assert [row["n"] for row in await dead_letters.listing(conn)] == [2, 1]
        await dead_letters.discard(conn, letters[0], "me", "sent by a test system")
        assert [row["n"] for row in await dead_letters.listing(conn)] == [2]
        await dead_letters.discard(conn, letters[1], "me", "the same")
    done = await dead_letters.redrive(pool, counters.inbox(pool), "me", "the others are given up")
    assert (done.applied, done.parked) == (1, 0)
    settled = await pool.fetch("SELECT status, settled_by FROM dead_letter ORDER BY version")
    assert [row["status"] for row in settled] == ["discarded", "discarded", "redriven"]


async def test_of_one_fingerprint_only_its_streams_are_redriven(pool: asyncpg.Pool) -> None:
    inbox, records = counters.inbox(pool), records_of({"a": 1, "b": 1})
    await inbox.apply([replace(record, value=b"{") for record in records])
    await pool.execute("UPDATE dead_letter SET fingerprint = key, payload = $1", records[0].value)
    await pool.execute("UPDATE dead_letter SET payload = $1 WHERE key = 'b'", records[1].value)
    done = await dead_letters.redrive(pool, inbox, "me", "to try it", "b")
    assert (done.applied, done.parked) == (1, 1)
    assert await counts(pool) == {"b": 1}
    with pytest.raises(dead_letters.NotParked):
        await dead_letters.redrive(pool, inbox, "me", "once more", "b")


async def test_of_states_of_which_the_last_counts_each_is_discarded_by_itself(pool: asyncpg.Pool) -> None:
    await pool.execute(
        "INSERT INTO dead_letter (topic, partition, record_at, key, version, headers, reason, fingerprint) "
        "SELECT $1, 0, v, 'p', v, '[]', 'a', 'a' FROM generate_series(1, 2) AS v",
        PERSONAL_DETAILS.name,
    )
    async with pool.acquire() as conn:
        for version in (2, 1):
            letter = await pool.fetchval("SELECT id FROM dead_letter WHERE version = $1", version)
            await dead_letters.discard(conn, letter, "me", "sent by a test system")
    assert await pool.fetchval("SELECT count(*) FROM inbox") == 0, "none passes for applied"


async def test_of_two_who_discard_the_same_at_once_one_is_told_that_it_was_done(pool: asyncpg.Pool) -> None:
    await with_a_bad_one(pool, 1, of=1)
    letter = await pool.fetchval("SELECT id FROM dead_letter")
    async with pool.acquire() as one, pool.acquire() as other:
        async with one.transaction():
            await dead_letters.discard(one, letter, "Ada", "sent by a test system")
            second = asyncio.create_task(dead_letters.discard(other, letter, "Ben", "the same"))
            await asyncio.sleep(0.3)
        with pytest.raises(dead_letters.NotParked):
            await second
    assert await pool.fetchval("SELECT settled_by FROM dead_letter") == "Ada"
