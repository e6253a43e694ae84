"""What many records that fail alike bring about, and what a process without memory does not."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from chassis.backlog import TooManyAlike
from chassis.handlers import Handlers
from chassis.inbox import Inbox
from schemas.referrals_v1 import ReferralWithdrawn
from tests.chassis import counters
from tests.chassis.test_inbox import parked, records_of


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database(extra=[counters.TABLE])


async def test_the_consumer_stops_at_so_many_that_are_still_parked_and_what_was_settled_counts_no_more(
    pool: asyncpg.Pool,
) -> None:
    inbox = counters.inbox(pool)
    few = inbox.ALIKE - 1
    await inbox.apply(records_of({f"crash{n}": 1 for n in range(few)}))
    await pool.execute("UPDATE dead_letter SET status = 'discarded'")
    await inbox.apply(records_of({f"crash-again{n}": 1 for n in range(few)}, start=few))
    with pytest.raises(TooManyAlike):
        await inbox.apply(records_of({"crash-once-more": 1}, start=2 * few))
    assert len(await parked(pool)) == few


async def test_what_rules_refuse_stops_nobody_however_much_it_is(pool: asyncpg.Pool) -> None:
    await counters.inbox(pool).apply(records_of({f"refused{n}": 1 for n in range(30)}))
    assert len(await parked(pool)) == 30


async def test_where_there_is_no_memory_left_to_say_what_a_record_touches_nothing_is_put_aside(
    pool: asyncpg.Pool,
) -> None:
    def touched(_: ReferralWithdrawn) -> str:
        raise MemoryError

    table = Handlers()
    table.on(ReferralWithdrawn, counters.COUNTER, touched, counters.on_withdrawn)
    inbox = Inbox(pool, counters.work(table), counters.Open(), {}, lambda: None)
    with pytest.raises(MemoryError):
        await inbox.apply(records_of({"a": 1}))
    assert await pool.fetchval("SELECT count(*) FROM dead_letter") == 0
    assert await pool.fetchval("SELECT count(*) FROM partition_position") == 0
