"""Migrations are plain files, applied once each, however many processes ask for it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from chassis.database import (
    CHASSIS_MIGRATIONS,
    OUTAGES,
    BadMigration,
    check_migrated,
    connect,
    migrate,
    migrations,
    why_away,
)
from chassis.parts import Parts
from chassis.pulse import Pulse
from deploy.local import Stack

ONE = "-- migrate:up\nCREATE TABLE one (id int);\n-- migrate:down\nDROP TABLE one;\n"
TWO = "-- migrate:up\nCREATE TABLE two (id int); INSERT INTO two VALUES (2);\n"

NO_WRITES = "the database takes no writes: it is a standby, or read-only"

NewDatabase = Callable[[str], Awaitable[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A service's folder of migrations."""
    found = tmp_path / "shop" / "migrations"
    found.mkdir(parents=True)
    (found / "0001_one.sql").write_text(ONE)
    (found / "0002_two.sql").write_text(TWO)
    return found


def test_versions_name_their_owner_and_come_in_order(folder: Path) -> None:
    versions = [version for version, _ in migrations(CHASSIS_MIGRATIONS, folder)]
    assert versions[:2] == ["chassis:0001", "chassis:0002"]
    assert versions[-2:] == ["shop:0001", "shop:0002"]


def test_only_the_way_up_is_taken(folder: Path) -> None:
    assert "DROP" not in migrations(folder)[0][1]


def test_a_file_in_another_format_is_named(folder: Path) -> None:
    (folder / "0003_three.sql").write_text("CREATE TABLE three (id int);")
    with pytest.raises(BadMigration, match=r"0003_three\.sql has no line '-- migrate:up'"):
        migrations(folder)


async def test_each_migration_is_applied_once(new_database: NewDatabase, folder: Path) -> None:
    dsn = await new_database("migrated")
    assert await migrate(dsn, migrations(folder)) == ["shop:0001", "shop:0002"]
    assert await migrate(dsn, migrations(folder)) == []


async def test_many_processes_may_migrate_at_once(new_database: NewDatabase, folder: Path) -> None:
    dsn = await new_database("migrated")
    applied = await asyncio.gather(*(migrate(dsn, migrations(CHASSIS_MIGRATIONS, folder)) for _ in range(6)))
    assert sorted(map(len, applied)) == [0, 0, 0, 0, 0, len(migrations(CHASSIS_MIGRATIONS, folder))]


async def test_a_migration_that_fails_leaves_nothing_behind(new_database: NewDatabase, folder: Path) -> None:
    (folder / "0003_three.sql").write_text("-- migrate:up\nCREATE TABLE three (id int); SELECT 1/0;\n")
    dsn = await new_database("migrated")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(dsn, migrations(folder))
    (folder / "0003_three.sql").write_text("-- migrate:up\nCREATE TABLE three (id int);\n")
    assert await migrate(dsn, migrations(folder)) == ["shop:0003"]


async def test_a_database_of_another_service_or_program_is_refused_before_anything_is_changed(
    new_database: NewDatabase, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "bakery" / "migrations"
    other.mkdir(parents=True)
    (other / "0001_bread.sql").write_text("-- migrate:up\nCREATE TABLE bread (id int);\n")
    for whose, statement in (("shop", "SELECT"), ("another program", "DROP TABLE schema_migrations")):
        dsn = await new_database("migrated")
        await migrate(dsn, migrations(folder))
        conn = await asyncpg.connect(dsn)
        try:
            await conn.execute(statement)
            with pytest.raises(BadMigration, match=f"holds the tables of {whose}: name the right one"):
                await migrate(dsn, migrations(CHASSIS_MIGRATIONS, other))
            tables = await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        finally:
            await conn.close()
        assert {row["tablename"] for row in tables} - {"schema_migrations"} == {"one", "two"}


async def test_a_service_still_migrates_its_own_database_after_another_was_let_into_it(
    new_database: NewDatabase, folder: Path
) -> None:
    dsn = await new_database("migrated")
    await migrate(dsn, migrations(folder))
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute("INSERT INTO schema_migrations VALUES ('bakery:0001')")
    finally:
        await conn.close()
    assert await migrate(dsn, migrations(folder)) == []


async def test_a_database_with_an_extensions_tables_is_empty(
    stack: Stack, new_database: NewDatabase, folder: Path
) -> None:
    dsn = await new_database("migrated")
    conn = await asyncpg.connect(urlunsplit(urlsplit(stack.postgres)._replace(path=urlsplit(dsn).path)))
    try:
        await conn.execute(
            "CREATE TABLE spatial_ref_sys (srid int); ALTER EXTENSION plpgsql ADD TABLE spatial_ref_sys"
        )
    finally:
        await conn.close()
    assert await migrate(dsn, migrations(folder)) == ["shop:0001", "shop:0002"]


async def test_a_database_that_a_newer_release_migrated_is_still_its_services(
    new_database: NewDatabase, folder: Path
) -> None:
    dsn = await new_database("migrated")
    await migrate(dsn, migrations(folder))
    (folder / "0002_two.sql").unlink()
    assert await migrate(dsn, migrations(folder)) == []


async def test_a_service_does_not_start_on_an_older_database(new_database: NewDatabase, folder: Path) -> None:
    dsn = await new_database("migrated")
    pool = await connect(dsn, 2)
    try:
        with pytest.raises(BadMigration, match="run the service's `migrate` command first"):
            await check_migrated(pool, migrations(folder))
        await migrate(dsn, migrations(folder))
        await check_migrated(pool, migrations(folder))
    finally:
        await pool.close()


async def test_locks_of_a_process_that_is_frozen_or_gone_do_not_last(new_database: NewDatabase) -> None:
    pool = await connect(await new_database("shop"), 1)
    try:
        assert await pool.fetchval("SHOW idle_in_transaction_session_timeout") == "1min"
        # Reads as 0 where the connection is no TCP one, which then ends with its process.
        assert await pool.fetchval("SHOW tcp_keepalives_idle") in ("30", "0")
    finally:
        await pool.close()


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.DiskFullError("no space left on device"),
        asyncpg.exceptions.IdleInTransactionSessionTimeoutError("terminating connection"),
        asyncpg.exceptions.TransactionTimeoutError("terminating connection"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_a_dying_or_exhausted_database_makes_of_a_statement_is_waited_out(error: Exception) -> None:
    assert isinstance(error, OUTAGES)


async def test_a_database_that_is_closed_for_a_while_is_waited_for(new_database: NewDatabase) -> None:
    dsn = await new_database("closed")
    name = urlsplit(dsn).path.lstrip("/")
    admin = await asyncpg.connect(dsn, database="postgres")
    await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    with pytest.raises(OUTAGES) as refused:
        await connect(dsn, 1)
    assert why_away(refused.value) == "the database lets nobody in"
    await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    await admin.close()
    await (await connect(dsn, 1)).close()


@pytest.mark.parametrize(
    ("order", "undone", "why"),
    [
        (
            "ALTER ROLE CURRENT_USER SET statement_timeout = 100",
            "ALTER ROLE CURRENT_USER RESET ALL",
            "the database did not answer in time",
        ),
        (
            "REVOKE ALL ON slow FROM CURRENT_USER",
            "GRANT ALL ON slow TO CURRENT_USER",
            "the database refuses us the right to a table",
        ),
    ],
)
async def test_what_its_administrator_orders_is_waited_out_until_it_is_undone(
    new_database: NewDatabase, order: str, undone: str, why: str
) -> None:
    admin = await asyncpg.connect(dsn := await new_database("ordered"))
    await admin.execute("CREATE VIEW slow AS SELECT 1 AS n FROM pg_sleep(0.5)")
    for statement, outage in ((order, why), (undone, None)):
        await admin.execute(statement)
        pool, found = await connect(dsn, 1), None
        try:
            await pool.fetch("SELECT * FROM slow")
        except OUTAGES as error:
            found = why_away(error)
        await pool.close()
        assert found == outage
    await admin.close()


async def test_what_a_type_is_one_connection_asks_for_all_of_a_process(new_database: NewDatabase) -> None:
    pool = await connect(await new_database("typed"), 3)
    own, asked = "SELECT $1::int[], $2::timestamptz[], $3::uuid[]", []
    async with pool.acquire() as one, pool.acquire() as two, pool.acquire() as three:
        for conn in (one, two, three):
            assert list(await conn.fetchrow(own, [1, 2], [], []) or ()) == [[1, 2], [], []]
            asked.append(await conn.fetchval(_ASKED_FOR_TYPES))
    await pool.close()
    assert sum(asked) <= 1


class Huge:
    """A number for which there is no memory."""

    def __int__(self) -> int:
        raise MemoryError


async def test_a_want_of_memory_is_not_taken_for_bad_data(new_database: NewDatabase) -> None:
    """For bad data a record is parked."""
    pool = await connect(await new_database("short"), 1)
    for asked in (
        pool.fetchval("SELECT $1::int", Huge()),
        pool.execute("SELECT $1::int", Huge()),
        pool.executemany("SELECT $1::int", [(1,), (Huge(),)]),
    ):
        with pytest.raises(MemoryError):
            await asked
    with pytest.raises(asyncpg.DataError):
        await pool.fetchval("SELECT $1::int", "one")
    await pool.close()


async def test_types_that_a_database_made_itself_are_asked_for_in_each(new_database: NewDatabase) -> None:
    for name, first, second in (("typed", "a", "b"), ("typed_too", "c", "d")):
        pool = await connect(await new_database(name), 1)
        await pool.execute(f"CREATE TYPE letter AS ENUM ('{first}', '{second}')")
        assert await pool.fetchval("SELECT $1::letter[]", [first, second]) == [first, second]
        await pool.close()


@pytest.mark.parametrize(
    "cells",
    [["a", None], ("a", None), {"a": 1, None: 2}.keys(), {1: "a", 2: None}.values()],
    ids=lambda cells: type(cells).__name__,
)
async def test_an_array_is_given_as_any_of_these(new_database: NewDatabase, cells: Collection[str]) -> None:
    pool = await connect(await new_database("arrays"), 1)
    assert await pool.fetchval("SELECT $1::text[]", cells) == ["a", None]
    await pool.close()


async def test_an_array_may_hold_arrays_and_bytes_and_be_a_set(new_database: NewDatabase) -> None:
    pool = await connect(await new_database("arrays"), 1)
    assert await pool.fetchval("SELECT $1::text[]", [["a", "b"], ["c", "d"]]) == [["a", "b"], ["c", "d"]]
    assert await pool.fetchval("SELECT $1::bytea[]", [b"a", None]) == [b"a", None]
    assert await pool.fetchval("SELECT $1::int[]", {7}) == await pool.fetchval(
        "SELECT $1::int[]", frozenset({7})
    )
    await pool.close()


async def test_no_cell_is_asked_whether_it_holds_others(new_database: NewDatabase) -> None:
    pool = await connect(await new_database("arrays"), 1)
    with pytest.raises(asyncpg.DataError):
        await pool.fetchval("SELECT $1::text[]", deque(["a"]))
    await pool.close()


_ASKED_FOR_TYPES = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%typeinfo' || '_tree%'"


async def test_a_database_that_takes_no_writes_is_none_and_is_used_again_once_it_does(
    new_database: NewDatabase,
) -> None:
    """As after a failover: who kept a connection to the former primary would fail on it for ever."""
    dsn = await new_database("failed-over")
    admin, pulse = await asyncpg.connect(dsn), Pulse(dsn, Parts())
    name = await admin.fetchval("SELECT current_database()")
    await admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    with pytest.raises(OUTAGES) as refused:
        await connect(dsn, 2)
    assert why_away(refused.value) == await pulse.why() == NO_WRITES
    await admin.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    pool = await connect(dsn, 2)
    await pool.execute("CREATE TABLE written (id int)")
    await pool.close()
    await pulse.close()
    await admin.close()
