"""What is counted before more is given is counted by one at a time: whoever asks many times at once gets no more."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from services import notifications
from services.notifications.storage import proving
from services.notifications.storage.new_links import IN_A_DAY, Belongs, add_asked_link
from tests.support.locks import waits_for

MIGRATIONS = Path(notifications.__file__).parent / "migrations"
WHOSE = Belongs("referral", "mother", "message", "mother@families.example", "en")
HERS = (WHOSE.referral_id, WHOSE.person_id)


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database(MIGRATIONS)


async def test_links_asked_for_at_the_same_moment_are_no_more_than_those_of_a_day(pool: asyncpg.Pool) -> None:
    expires_at = datetime.now(UTC) + timedelta(days=1)

    async def asked(code: str) -> bool:
        async with pool.acquire() as conn, conn.transaction():
            added = await add_asked_link(conn, code, WHOSE, expires_at)
            await asyncio.sleep(0.1)
            return added

    added = await asyncio.gather(*(asked(f"code{n}") for n in range(IN_A_DAY + 3)))
    assert added.count(True) == IN_A_DAY


async def test_who_counts_the_codes_of_a_person_lets_nobody_count_them_meanwhile(pool: asyncpg.Pool) -> None:
    await waits_for(pool, lambda conn: proving.codes_sent(conn, *HERS))


async def test_a_code_is_tried_by_one_guess_at_a_time(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        await proving.keep_code(conn, *HERS, "by-hand", (b"salt", b"digest"), timedelta(minutes=15))
    await waits_for(pool, lambda conn: proving.last_code(conn, *HERS))
