"""A service that cannot start yet: it tries again, and leaves nothing behind each time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from fastapi import APIRouter
from pydantic_settings import SettingsConfigDict

from chassis.service import Service
from chassis.serving import _started
from chassis.settings import ServiceSettings
from deploy.local import Stack
from tests.chassis import counters


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="STARTING_TEST_")


def service(dsn: str) -> Service:
    return Service(
        name="small",
        settings=Settings(profile="test", database=dsn, kafka="127.0.0.1:1"),
        handlers=counters.handlers(),
        repositories=[],
        hears=[],
        says=[],
        migrations=Path(),
        router=lambda _: APIRouter(),
    )


@pytest.mark.parametrize("refused", ["schema_migrations", "identity"])
async def test_a_database_that_refuses_it_a_table_is_left_with_no_connection_of_each_try(
    stack: Stack, migrated: Callable[..., Awaitable[str]], refused: str
) -> None:
    """Restored as another user's, for example: its other connections are for those whom it lets in."""
    dsn = await migrated()
    owner = await asyncpg.connect(dsn)
    await owner.execute(f"REVOKE ALL ON {refused} FROM CURRENT_USER")
    await owner.close()
    with suppress(TimeoutError):
        await asyncio.wait_for(_started(service(dsn)), 2.5)
    assert await connections(stack, urlsplit(dsn).path[1:]) == 0


async def connections(stack: Stack, database: str) -> int:
    """How many there are to it, once those that were closed have gone."""
    admin = await asyncpg.connect(stack.postgres)
    try:
        await asyncio.sleep(0.2)
        open_ones: int = await admin.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = $1", database
        )
    finally:
        await admin.close()
    return open_ones
