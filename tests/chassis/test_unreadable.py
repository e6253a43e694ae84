"""Rows that nobody can read: what is about them is parked under their name, and when that stops the consumer."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest

from chassis.backlog import TooManyAlike
from tests.chassis import counters
from tests.chassis.counters import record, withdrawn


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database(extra=[counters.TABLE])


async def spoilt_counters(pool: asyncpg.Pool, *ids: str) -> None:
    await pool.executemany(
        'INSERT INTO counter VALUES ($1, 1, 0, \'{"n": "by hand"}\')', [(id,) for id in ids]
    )


async def test_what_is_about_one_row_that_nobody_can_read_stops_nobody_however_much_it_is(
    pool: asyncpg.Pool,
) -> None:
    await spoilt_counters(pool, "a")
    inbox = counters.inbox(pool)
    for n in range(inbox.ALIKE + 1):
        await inbox.apply([record(withdrawn("a"), 1, n, event_id=str(uuid4()))])
        await pool.execute("UPDATE dead_letter SET key = key || id WHERE key = 'a'")  # of another stream
    ((mark, n),) = await pool.fetch("SELECT fingerprint, count(*) FROM dead_letter GROUP BY fingerprint")
    assert (mark.split(":")[:3], n) == (["row-unreadable", "counter", "a"], inbox.ALIKE + 1)


async def test_many_rows_that_nobody_can_read_stop_the_consumer_as_after_a_wrong_release(
    pool: asyncpg.Pool,
) -> None:
    ids = [f"c{n}" for n in range(30)]
    await spoilt_counters(pool, *ids)
    with pytest.raises(TooManyAlike, match=r"30 records failed alike \(row-unreadable:counter\)"):
        await counters.inbox(pool).apply(
            [record(withdrawn(id), 1, n, event_id=str(uuid4())) for n, id in enumerate(ids)]
        )
    assert await pool.fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_rows_whose_records_were_settled_count_no_more(pool: asyncpg.Pool) -> None:
    inbox = counters.inbox(pool)
    ids = [f"c{n}" for n in range(2 * (inbox.ALIKE - 1))]
    await spoilt_counters(pool, *ids)
    records = [record(withdrawn(id), 1, n, event_id=str(uuid4())) for n, id in enumerate(ids)]
    await inbox.apply(records[: inbox.ALIKE - 1])
    await pool.execute("UPDATE dead_letter SET status = 'discarded'")
    await inbox.apply(records[inbox.ALIKE - 1 :])
    assert await pool.fetchval("SELECT count(*) FROM dead_letter WHERE status = 'parked'") == inbox.ALIKE - 1
