"""What the tests share: one real Kafka and one real PostgreSQL for the whole run, databases made fresh."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import hypothesis
import pytest

from chassis.database import CHASSIS_MIGRATIONS, migrate, migrations
from deploy.kafka import apply_topics, load_topics
from deploy.local import Stack
from schemas.topics import Topic
from tests.support import forked, lazy_routes, parsed_once
from tests.support.together import (
    folder_of_the_run,
    pytest_collection_modifyitems,
    pytest_configure_node,
    pytest_make_collect_report,
    pytest_sessionfinish,
    pytest_sessionstart,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
    stack_of_the_run,
)
from tests.support.washed import Databases

# A machine that is busy with other tests makes no rule wrong.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")
lazy_routes.use()
parsed_once.use()

# What pytest calls here, so that several processes may share the servers.
__all__ = [
    "pytest_collection_modifyitems",
    "pytest_configure_node",
    "pytest_make_collect_report",
    "pytest_sessionfinish",
    "pytest_sessionstart",
    "pytest_xdist_auto_num_workers",
    "pytest_xdist_make_scheduler",
]


def pytest_configure(config: pytest.Config) -> None:
    """Services are forks of what all processes of the run share."""
    forked.use(folder_of_the_run(config))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """While tests are collected nothing is left behind: to look for it took a sixth of that time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """What was imported stays, and each application that a test makes is large, and soon left: to go through all of
    them after every few tests took a sixth of the time."""
    gc.freeze()
    gc.set_threshold(700, 10, 100)


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[Stack]:
    """A Kafka and a PostgreSQL, started once."""
    with stack_of_the_run(pytestconfig) as running:
        yield running


@pytest.fixture(scope="session")
def new_database(stack: Stack) -> Callable[[str], Awaitable[str]]:
    """Makes an empty database with its own role; answers its DSN."""

    async def make(name: str) -> str:
        unique = f"{name}_{uuid4().hex[:12]}"
        return await asyncio.to_thread(stack.create_database, unique, unique, uuid4().hex)

    return make


@pytest.fixture(scope="session")
def migrated(stack: Stack, new_database: Callable[[str], Awaitable[str]]) -> Callable[..., Awaitable[str]]:
    """Makes a database with the chassis' migrations and those in ``folders``; answers its DSN.

    Each is a copy of one that was migrated once: that costs less than to migrate it too.
    """
    templates: dict[tuple[Path, ...], str] = {}

    async def make(*folders: Path) -> str:
        if folders not in templates:
            dsn = await new_database("template")
            await migrate(dsn, migrations(CHASSIS_MIGRATIONS, *folders))
            templates[folders] = dsn
        return await _copy(templates[folders], stack.postgres)

    return make


async def _copy(dsn: str, admin: str) -> str:
    """A copy of the database at ``dsn``, for the same role; answers its DSN."""
    template, name = urlsplit(dsn), f"test_{uuid4().hex[:12]}"
    server = await asyncpg.connect(admin)
    try:
        await server.execute(
            f"CREATE DATABASE {name} TEMPLATE {template.path[1:]} OWNER {template.username} STRATEGY FILE_COPY"
        )
    finally:
        await server.close()
    return urlunsplit(template._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
async def databases(stack: Stack, migrated: Callable[..., Awaitable[str]]) -> AsyncIterator[Databases]:
    """Migrated databases that tests hand on to each other."""
    every = Databases(migrated, stack.postgres)
    yield every
    await every.close()


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Callable[..., Awaitable[asyncpg.Pool]]]:
    """Makes an empty database with the chassis' migrations and those in ``folders``; answers a pool to it.

    ``unused``: one that no other test had before, for what depends on pages or on PostgreSQL's counts.
    """
    pools: list[asyncpg.Pool] = []
    made: list[str] = []

    async def make(*folders: Path, extra: Sequence[str] = (), unused: bool = False) -> asyncpg.Pool:
        made.append(await databases.take(*folders, unused=unused))
        pools.append(await databases.pool(made[-1], 8))
        for statement in extra:
            await pools[-1].execute(statement)
        return pools[-1]

    yield make
    for pool in pools:
        await asyncio.wait_for(pool.close(), 30)
    for dsn in made:
        await databases.give_back(dsn)


@pytest.fixture(scope="session")
def new_topics(stack: Stack) -> Callable[..., Awaitable[str]]:
    """Makes these topics under a new prefix; answers the prefix."""
    as_shipped = {topic.name: topic for topic in load_topics()}

    async def make(*topics: Topic) -> str:
        prefix = f"t{uuid4().hex[:8]}."
        await apply_topics(stack.bootstrap, prefix, topics=[as_shipped[topic.name] for topic in topics])
        return prefix

    return make
