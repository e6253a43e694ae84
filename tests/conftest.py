"""What the tests share: one real Kafka and one real PostgreSQL for the whole run, databases made fresh."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from chassis.database import CHASSIS_MIGRATIONS, connect, migrate, migrations
from deploy.kafka import apply_topics
from deploy.local import Stack, start_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A Kafka and a PostgreSQL, started once."""
    with start_stack() as running:
        yield running


@pytest.fixture(scope="session")
def new_database(stack: Stack) -> Callable[[str], Awaitable[str]]:
    """Makes an empty database with its own role; answers its DSN."""

    async def make(name: str) -> str:
        unique = f"{name}_{uuid4().hex[:12]}"
        return await asyncio.to_thread(stack.create_database, unique, unique, uuid4().hex)

    return make


@pytest.fixture
async def database(
    new_database: Callable[[str], Awaitable[str]],
) -> AsyncIterator[Callable[..., Awaitable[asyncpg.Pool]]]:
    """Makes a fresh database with the chassis' migrations and those in ``folders``; answers a pool to it."""
    pools: list[asyncpg.Pool] = []

    async def make(*folders: Path, extra: Sequence[str] = ()) -> asyncpg.Pool:
        dsn = await new_database("test")
        await migrate(dsn, migrations(CHASSIS_MIGRATIONS, *folders))
        pools.append(await connect(dsn, 8))
        for statement in extra:
            await pools[-1].execute(statement)
        return pools[-1]

    yield make
    for pool in pools:
        await asyncio.wait_for(pool.close(), 10)


@pytest.fixture(scope="session")
def new_topics(stack: Stack) -> Callable[[], Awaitable[str]]:
    """Makes every topic under a new prefix; answers the prefix."""

    async def make() -> str:
        prefix = f"t{uuid4().hex[:8]}."
        await apply_topics(stack.bootstrap, prefix)
        return prefix

    return make
