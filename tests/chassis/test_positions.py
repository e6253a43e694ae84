"""Positions that several workers move at the same moment, or that were set back."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest

from chassis.positions import Arrival, go_on_at, next_offsets, read_positions, unread
from chassis.records import Record
from chassis.storage import Connection
from schemas.envelope import Envelope
from schemas.referrals_v1 import ReferralWithdrawn
from schemas.topics import PANELS, PERSONAL_DETAILS, REFERRAL_PAPERS, REFERRALS
from tests.chassis import counters
from tests.chassis.counters import record, withdrawn
from tests.support.blocked import blocked


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database()


def first_of(*partitions: int) -> list[Record]:
    """The first record of each of these partitions."""
    return [Record(REFERRALS.name, partition, 0, b"k", b"{}", []) for partition in partitions]


async def taken(conn: Connection, *partitions: int) -> list[int]:
    """Of which of these partitions the first record is unread, by a transaction of its own."""
    async with conn.transaction():
        return [record.partition for record in await unread(conn, first_of(*partitions))]


async def test_positions_are_locked_in_the_order_of_the_partitions_however_they_lie(
    pool: asyncpg.Pool,
) -> None:
    """Two members that read the same ones for a moment then never wait for each other."""
    at = "INSERT INTO partition_position (topic, partition, next_offset) VALUES ($1, $2, 0)"
    for partition in (1, 0):
        await pool.execute(at, REFERRALS.name, partition)
    locked = "SELECT partition FROM partition_position WHERE partition = $1 FOR UPDATE"
    async with pool.acquire() as one, pool.acquire() as other, pool.acquire() as third:
        await other.execute("SET enable_nestloop = off; SET enable_mergejoin = off")  # as they lie
        async with one.transaction():
            await one.execute(locked, 0)
            waiting = asyncio.create_task(taken(other, 0, 1))
            await blocked(third)
            async with third.transaction():
                assert await third.fetchval(f"{locked} NOWAIT", 1) == 1
        assert await waiting == [0, 1]


async def test_of_two_who_begin_a_partition_at_once_one_reads_it_and_neither_fails(
    pool: asyncpg.Pool,
) -> None:
    async with pool.acquire() as one, pool.acquire() as other:
        transaction = one.transaction()
        await transaction.start()
        assert await unread(one, first_of(0)) == first_of(0)
        waiting = asyncio.create_task(taken(other, 0, 1))
        await blocked(pool)
        await transaction.commit()
        assert await waiting == [1]


async def test_what_is_parked_and_read_again_is_parked_once_and_keeps_nobody_waiting(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool = await database(extra=[counters.TABLE])
    bad = record(withdrawn("refused"), 1, 0, event_id=str(uuid4()))
    inbox, good = counters.inbox(pool), record(withdrawn("a"), 1, 1, event_id=str(uuid4()))
    await inbox.apply([bad])
    await pool.execute("UPDATE partition_position SET next_offset = 0")
    await inbox.apply([bad, good])
    assert await pool.fetchval("SELECT count(*) FROM dead_letter") == 1
    assert await pool.fetchval("SELECT n FROM counter WHERE id = 'a'") == 1


# What is known of one stream says nothing of another ---------------------------------------------------


def second_of(topic: str, partition: int = 0) -> Arrival:
    """The second record of a stream with the key «k»."""
    record = Record(topic, partition, 0, b"k", b"{}", [])
    return Arrival(record, Envelope(str(uuid4()), ReferralWithdrawn.type, "/a", counters.NOW, "k", 2))


async def test_a_batch_moves_its_own_partitions_on_and_no_others(pool: asyncpg.Pool) -> None:
    places = [(REFERRALS.name, 0), (REFERRALS.name, 1), (PANELS.name, 0), (PANELS.name, 1)]
    await pool.executemany("INSERT INTO partition_position VALUES ($1, $2, 0)", places)
    read = [second_of(REFERRALS.name).record, second_of(PANELS.name, partition=1).record]
    async with pool.acquire() as conn, conn.transaction():
        assert await unread(conn, read) == read
    moved = await pool.fetch("SELECT topic, partition FROM partition_position WHERE next_offset > 0")
    assert {tuple(row) for row in moved} == {(REFERRALS.name, 0), (PANELS.name, 1)}


async def test_how_far_a_stream_was_applied_and_what_is_parked_of_it_is_its_own_alone(
    pool: asyncpg.Pool,
) -> None:
    facts, persons, papers = REFERRALS.name, PERSONAL_DETAILS.name, REFERRAL_PAPERS.name
    of_every = [
        *((facts, "another", version) for version in (2, 5)),
        *((PANELS.name, "k", version) for version in (2, 3)),
        *((facts, "k", version) for version in (1, 2)),
    ]
    of_the_last = [(papers, "k", 9), (persons, "another", 7), (persons, "k", 2)]
    for table, rows in (("inbox", of_every), ("inbox_latest", of_the_last)):
        columns = "(topic, key, version, event_id) VALUES ($1, $2, $3, gen_random_uuid())"
        await pool.executemany(f"INSERT INTO {table} {columns}", rows)
    await pool.executemany(
        "INSERT INTO dead_letter (topic, key, status, partition, record_at, headers, reason, fingerprint) "
        "VALUES ($1, $2, $3, 0, $4, '[]', '', '')",
        [(facts, "another", "parked", 0), (PANELS.name, "k", "parked", 1), (facts, "k", "redriven", 2)],
    )
    async with pool.acquire() as conn:
        found = await read_positions(conn, [second_of(facts), second_of(persons)])
    assert found.version == {(facts, "k"): 2, (persons, "k"): 2}
    assert found.ids.keys() == {(facts, "k", 2), (persons, "k", 2)}
    assert found.parked == set()


async def test_whoever_passes_over_what_is_gone_takes_nobody_back_who_has_come_further(
    pool: asyncpg.Pool,
) -> None:
    for partition, at in ((0, 5), (1, 15)):
        await pool.execute("INSERT INTO partition_position VALUES ('t', $1, $2)", partition, at)
    assert await go_on_at(pool, [("t", number, 10) for number in range(3)]) == {("t", 0), ("t", 2)}
    assert await next_offsets(pool) == {("t", 0): 10, ("t", 1): 15, ("t", 2): 10}
