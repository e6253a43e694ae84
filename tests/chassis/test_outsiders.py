"""What outsiders send may be anything: who reads it may fail on it, which is not the record's fault every time."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest

from chassis.inbox import Inbox
from chassis.records import Outside, Record
from schemas.envelope import Envelope
from schemas.topics import REFERRAL_SUBMISSIONS
from tests.chassis import counters
from tests.chassis.counters import record, withdrawn


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database(extra=[counters.TABLE])


def failing(pool: asyncpg.Pool, error: type[Exception]) -> Inbox:
    """An inbox whose reader of outsiders' records fails."""

    def fails(envelope: Envelope, value: bytes) -> Outside:
        raise error

    return counters.inbox(pool, decoders={REFERRAL_SUBMISSIONS.name: fails})


def beside_each_other() -> list[Record]:
    """An outsider's record, and one of ours."""
    ours = record(withdrawn("b"), 1, 0, event_id=str(uuid4()))
    return [Record(REFERRAL_SUBMISSIONS.name, 0, 0, b"a", b"[" * 9, ours.headers), ours]


async def test_a_record_on_which_its_reader_fails_is_parked_and_the_rest_moves_on(pool: asyncpg.Pool) -> None:
    await failing(pool, RecursionError).apply(beside_each_other())
    assert await pool.fetchval("SELECT n FROM counter WHERE id = 'b'") == 1
    (letter,) = await pool.fetch("SELECT key, version, reason FROM dead_letter")
    assert tuple(letter) == ("a", 1, "cannot be read (RecursionError)")


async def test_a_record_whose_reader_has_no_memory_left_is_not_put_aside_for_that(pool: asyncpg.Pool) -> None:
    with pytest.raises(MemoryError):
        await failing(pool, MemoryError).apply(beside_each_other())
    assert await pool.fetchval("SELECT count(*) FROM dead_letter") == 0
