"""What stands in one batch together: a fork beside what it forks from, and a person beside the fact about them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.clock import SystemClock
from chassis.inbox import Inbox
from chassis.outbox import Outbox
from chassis.records import Record
from chassis.work import Work
from schemas.topics import PERSONAL_DETAILS, REFERRALS
from tests.chassis import counters
from tests.chassis.counters import Open, record, withdrawn


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database(extra=[counters.TABLE])


async def counted(pool: asyncpg.Pool) -> int | None:
    n: int | None = await pool.fetchval("SELECT n FROM counter WHERE id = 'a'")
    return n


async def test_a_fork_in_the_same_batch_is_parked_and_not_taken_for_a_repeat(pool: asyncpg.Pool) -> None:
    first, forked = (record(withdrawn("a"), 1, offset, event_id=str(uuid4())) for offset in (0, 1))
    await counters.inbox(pool).apply([first, forked])
    assert await counted(pool) == 1
    (letter,) = await pool.fetch("SELECT version, fingerprint FROM dead_letter")
    assert (letter["version"], letter["fingerprint"].split(":")[0]) == (1, "fork")


async def test_persons_and_words_are_applied_before_the_facts_that_speak_of_them(pool: asyncpg.Pool) -> None:
    class Noting(Work):
        async def run(self, conn: Any, items: Any, writes: Any = None) -> bool:
            noted.extend(item.stream[0] for item in items)
            return await super().run(conn, items, writes)

    noted: list[str] = []
    work = Noting(counters.handlers(), [counters.TABLE_OF_COUNTERS], Outbox("/x", Open()), SystemClock())
    fact = record(withdrawn("a"), 1, 0, event_id=str(uuid4()))
    person = replace(fact, topic=PERSONAL_DETAILS.name, value=None)
    await Inbox(pool, work, Open(), {}, lambda: None).apply([fact, person])
    assert noted == [PERSONAL_DETAILS.name, REFERRALS.name]
    assert await counted(pool) == 1


async def test_where_a_row_holds_no_state_any_more_only_what_is_about_it_is_parked(
    pool: asyncpg.Pool,
) -> None:
    def batch(version: int) -> list[Record]:
        return [
            record(withdrawn(key), version, 2 * version + n, event_id=str(uuid4()))
            for n, key in enumerate("ab")
        ]

    await counters.inbox(pool).apply(batch(1))
    await pool.execute("UPDATE counter SET state = '{\"n\": \"by hand\"}' WHERE id = 'a'")
    await counters.inbox(pool).apply([*batch(2), *batch(3)])
    found = await pool.fetch("SELECT key, split_part(fingerprint, ':', 1) FROM dead_letter ORDER BY id")
    assert [tuple(row) for row in found] == [("a", "row-unreadable"), ("a", "follower")]
    assert [tuple(row) for row in await pool.fetch("SELECT id, n FROM counter ORDER BY id")] == [
        ("a", 1),
        ("b", 3),
    ]
