"""The database's pulse: felt apart from the pool, and told in words."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import asyncpg
import pytest

from chassis import pulse as pulse_of
from chassis.parts import Parts
from chassis.pulse import Pulse
from deploy.local import Stack


async def test_a_pool_without_a_free_connection_is_no_dead_database(
    new_database: Callable[[str], Awaitable[str]],
) -> None:
    dsn = await new_database("pulse")
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=1)
    pulse = Pulse(dsn, Parts())
    try:
        async with pool.acquire():
            assert await asyncio.wait_for(pulse.why(), 10) is None
    finally:
        await pulse.close()
        await pool.close()


async def test_a_database_that_accepts_and_says_nothing_is_soon_missed() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    pulse = Pulse(f"postgresql://nobody:secret@127.0.0.1:{port}/none", Parts())
    assert await asyncio.wait_for(pulse.why(), 10) == "the database cannot be reached"
    server.close()


async def test_a_database_without_a_free_connection_is_named_until_it_has_one(
    new_database: Callable[[str], Awaitable[str]], stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse_of, "_COUNTS_SECONDS", 0.0)
    dsn = await new_database("pulse")
    role = urlsplit(dsn).username
    pulse, admin = Pulse(dsn, Parts()), await asyncpg.connect(stack.postgres)
    await admin.execute(f'ALTER ROLE "{role}" CONNECTION LIMIT 0')
    assert await pulse.why() == "the database has no connection left"
    await admin.execute(f'ALTER ROLE "{role}" CONNECTION LIMIT -1')
    assert await pulse.why() is None
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", role)
    await asyncio.sleep(0.1)
    assert await pulse.why() is None
    await pulse.close()
    await admin.close()


async def test_a_database_that_begins_to_refuse_writes_is_named_by_a_pulse_that_was_connected_before(
    new_database: Callable[[str], Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse_of, "_COUNTS_SECONDS", 0.0)
    pulse = Pulse(await new_database("pulse"), Parts())
    assert await pulse.why() is None
    assert pulse._conn is not None
    await pulse._conn.execute("SET default_transaction_read_only = on")  # as the server's own setting would
    assert await pulse.why() == "the database takes no writes: it is a standby, or read-only"
    assert await pulse.why() is None
    await pulse.close()
