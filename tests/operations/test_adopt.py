"""A database is given another authority or other topics only by somebody who says so."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import cast

import asyncpg
import pytest

from chassis.identity import Identity, hold_to, noted
from chassis.operations import adopt_command
from chassis.operations.adopt_command import CannotAdopt, adopt
from chassis.relay import LOCK_CLASS
from chassis.service import Running
from tests.support.commands import typed

BEFORE, NOW = Identity("panels", "919", "old."), Identity("panels", "919", "new.")
WHY = ("adopt", "--reason", "a cluster of its own")


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    """The database of a service that has read nine records, and parked the fifth."""
    pool = await database()
    await hold_to(pool, BEFORE)
    await pool.execute(
        "INSERT INTO partition_position (topic, partition, next_offset) VALUES ('referrals.v1', 0, 9)"
    )
    await pool.execute("INSERT INTO heard_log VALUES ('referrals.v1', gen_random_uuid())")
    await pool.execute(
        "INSERT INTO dead_letter (topic, partition, record_at, headers, reason, fingerprint) "
        "VALUES ('referrals.v1', 0, 5, '[]', 'r', 'f')"
    )
    return pool


def with_settings(pool: asyncpg.Pool, identity: Identity) -> Running:
    """A service whose settings say that it is this one."""
    return cast(Running, SimpleNamespace(pool=pool, identity=identity))


async def places(pool: asyncpg.Pool) -> tuple[int, int]:
    """How many partitions were read and of how many logs, and at which place of its log the dead letter stands."""
    of_logs = "(SELECT count(*) FROM partition_position) + (SELECT count(*) FROM heard_log)"
    read: int = await pool.fetchval(f"SELECT {of_logs}")
    at: int = await pool.fetchval("SELECT record_at FROM dead_letter")
    return read, at


async def test_other_topics_are_read_from_their_beginning(pool: asyncpg.Pool) -> None:
    """Their places are none of those that were read: it would pass over what it never heard."""
    said = await typed(with_settings(pool, NOW), adopt_command.add, *WHY)
    assert "it was the database of panels, authority 919, topic prefix old." in said.output
    assert "it is the one of panels, authority 919, topic prefix new." in said.output
    assert "read from the beginning" in said.output
    assert await noted(pool) == NOW
    letter = await pool.fetchval("SELECT id FROM dead_letter")
    assert await places(pool) == (0, -letter), "another record stands where it came from"
    assert (
        "already: nothing was changed"
        in (await typed(with_settings(pool, NOW), adopt_command.add, *WHY)).output
    )


async def test_of_the_same_topics_under_another_authority_it_goes_on_where_it_was(pool: asyncpg.Pool) -> None:
    await adopt(with_settings(pool, Identity("panels", "920", "old.")), "Ada", "two councils became one")
    assert await places(pool) == (2, 5)


async def test_to_look_changes_nothing(pool: asyncpg.Pool) -> None:
    said = await typed(with_settings(pool, NOW), adopt_command.add, "adopt", "--dry-run")
    assert "it would be the one of panels, authority 919, topic prefix new." in said.output
    assert await noted(pool) == BEFORE
    assert await places(pool) == (2, 5)


async def test_another_services_database_is_not_adopted_nor_one_on_which_a_worker_runs(
    pool: asyncpg.Pool,
) -> None:
    with pytest.raises(CannotAdopt, match="the one of panels, authority 919, topic prefix old"):
        await adopt(with_settings(pool, Identity("referrals", "919", "old.")), "Ada", "a mistake")
    async with pool.acquire() as worker:
        await worker.execute("SELECT pg_advisory_lock($1, 0)", LOCK_CLASS)
        with pytest.raises(CannotAdopt, match="stop it first"):
            await adopt(with_settings(pool, NOW), "Ada", "too early")
        await worker.execute("SELECT pg_advisory_unlock($1, 0)", LOCK_CLASS)
    assert await noted(pool) == BEFORE


async def test_without_a_reason_nothing_is_adopted(pool: asyncpg.Pool) -> None:
    said = await typed(with_settings(pool, NOW), adopt_command.add, "adopt")
    assert said.exit_code == 2
    assert "nothing was changed: say why" in said.output
    assert await noted(pool) == BEFORE
