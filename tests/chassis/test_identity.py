"""A database is one service's of one authority on its topics, and remembers it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import asyncpg
import pytest

from chassis.identity import AnothersDatabase, Identity, compare, hold_to, noted

OURS = Identity("panels", "919", "live.")


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    """A database whose service has never started."""
    return await database()


async def test_a_database_is_that_of_whoever_starts_on_it_first_and_stays_theirs(pool: asyncpg.Pool) -> None:
    await asyncio.gather(*(hold_to(pool, OURS) for _ in range(4)))
    await hold_to(pool, OURS)
    assert await noted(pool) == OURS


async def test_who_only_compares_leaves_a_database_without_an_identity_as_it_is(pool: asyncpg.Pool) -> None:
    await compare(pool, OURS)
    assert await noted(pool) is None


async def test_another_topic_prefix_or_authority_is_refused_with_the_settings_to_put_right(
    pool: asyncpg.Pool,
) -> None:
    await hold_to(pool, OURS)
    for look in (compare, hold_to):
        with pytest.raises(AnothersDatabase) as refused:
            await look(pool, Identity("panels", "920", ""))
    assert str(refused.value) == (
        "PANELS_AUTHORITY is 920, but this database was begun with 919; PANELS_TOPIC_PREFIX is empty, "
        "but this database was begun with live.: put that right, or PANELS_DATABASE. "
        "If it is meant so, see the command `adopt`"
    )
    assert await noted(pool) == OURS


async def test_another_services_database_is_none_to_adopt(pool: asyncpg.Pool) -> None:
    await hold_to(pool, OURS)
    with pytest.raises(
        AnothersDatabase, match="the one of panels, authority 919, topic prefix live"
    ) as refused:
        await hold_to(pool, replace(OURS, service="referrals"))
    assert "name the right one in REFERRALS_DATABASE" in str(refused.value)
    assert "adopt" not in str(refused.value)
