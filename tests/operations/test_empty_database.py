"""A rebuild goes into a database of which nothing was used yet: what stands there would be taken for rebuilt."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from fastapi import APIRouter
from pydantic_settings import SettingsConfigDict

from chassis.decision import Kind
from chassis.learning import Learning, Learnt
from chassis.operations.rebuild import CannotRebuild, rebuilding
from chassis.service import Service
from chassis.settings import ServiceSettings
from chassis.storage import JsonTable
from tests.chassis import counters
from tests.support.washed import Databases

LEARNT = Learnt(counters.TABLE_OF_COUNTERS)
OWN = Learnt(JsonTable(Kind("own", counters.Counter), "own"))


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="REBUILD_TEST_")


def service(learning: Learning, live: str = "postgresql://live@127.0.0.1/live") -> Service:
    return Service(
        name="small",
        settings=Settings(profile="test", database=live, kafka="127.0.0.1:1"),
        handlers=counters.handlers(),
        repositories=[counters.TABLE_OF_COUNTERS],
        hears=[],
        says=[],
        migrations=Path(),
        router=lambda _: APIRouter(),
        learning=learning,
    )


@pytest.fixture
async def empty(databases: Databases) -> AsyncIterator[str]:
    """The address of a database in which nothing stands."""
    dsn = await databases.take()
    yield dsn
    await databases.give_back(dsn)


async def why_not(dsn: str, learning: Learning, live: str = "postgresql://live@127.0.0.1/live") -> str | None:
    """Why nothing is rebuilt into this database, or None."""
    try:
        async with rebuilding(service(learning, live), dsn):
            return None
    except CannotRebuild as error:
        return str(error)


async def test_a_database_in_which_anything_stands_is_no_place_for_a_rebuild(empty: str) -> None:
    conn, learning = await asyncpg.connect(empty), Learning(learnt=[LEARNT], own=[OWN])
    await conn.execute(f"{counters.TABLE}; {counters.TABLE.replace('counter', 'own')}")
    assert await why_not(empty, learning) is None
    for table, row in {
        "inbox": "'t', 'k', 1, gen_random_uuid()",
        "partition_position": "'t', 0, 1",
        "counter": "'c', 1, 0, '{}', 1",
        "own": "'c', 1, 0, '{}', 1",
    }.items():
        await conn.execute(f"INSERT INTO {table} VALUES ({row})")
        assert "is not empty" in (await why_not(empty, learning) or ""), table
        await conn.execute(f"DELETE FROM {table}")
    await conn.close()


async def test_nothing_is_rebuilt_into_the_live_database_or_where_nothing_was_learnt(empty: str) -> None:
    assert "names the live database" in (await why_not(empty, Learning(learnt=[LEARNT]), live=empty) or "")
    assert "learns nothing" in (await why_not(empty, Learning(own=[OWN])) or "")
