"""Every table of every service is named where it is said what is held about persons: none can be forgotten."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from chassis.persons import CHASSIS, READS, Scope
from tests.support.built import BUILT

_TABLES = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
)


@pytest.mark.parametrize("name", BUILT)
async def test_each_table_is_said_to_hold_a_persons_data_or_what_else(
    name: str, database: Callable[..., Awaitable[asyncpg.Pool]]
) -> None:
    service = BUILT[name]()
    assert service.personal is not None
    pool = await database(service.migrations)
    tables = {row["relname"] for row in await pool.fetch(_TABLES)}
    held = {each.table for each in service.personal.holdings} | {READS.table}
    said = held | {*service.personal.others} | {*CHASSIS}
    assert tables - said == set(), "say in the service's holdings.py what these hold"
    assert said - tables == set(), "these are tables no more"


@pytest.mark.parametrize("name", BUILT)
async def test_each_condition_can_be_asked(
    name: str, database: Callable[..., Awaitable[asyncpg.Pool]]
) -> None:
    service = BUILT[name]()
    assert service.personal is not None
    pool = await database(service.migrations)
    async with pool.acquire() as conn:
        for each in (*service.personal.holdings, READS):
            assert await each.rows(conn, Scope(("nobody",), ("nothing",))) == []
