"""The database server as a fault sees it: its settings, and a small disk under one service's database."""

import asyncio
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import asyncpg

from deploy.local import Stack
from tests.faults.small_disk import Ballast, mounted

#: What a small disk has free at first.
ROOM_BYTES = 32 * 2**20
_GROW = (
    "CREATE TABLE is_the_disk_full AS SELECT n, repeat('x', 1000) FROM generate_series(1, 2000) AS g(n)",
    "DROP TABLE is_the_disk_full",
)


def execute(dsn: str, *statements: str) -> Any:
    """Runs the statements, each in a transaction of its own; answers the first value of the last one."""
    return asyncio.run(_execute(dsn, statements))


async def _execute(dsn: str, statements: tuple[str, ...]) -> Any:
    conn = await asyncpg.connect(dsn)
    try:
        for statement in statements[:-1]:
            await conn.execute(statement)
        return await conn.fetchval(statements[-1])
    finally:
        await conn.close()


@contextmanager
def settings(stack: Stack, changed: Mapping[str, str]) -> Iterator[None]:
    """The server runs under these settings for as long as the block lasts; it is up when the block has ended."""
    reload = "SELECT pg_reload_conf()"
    execute(
        stack.postgres, *(f"ALTER SYSTEM SET {name} = {value}" for name, value in changed.items()), reload
    )
    try:
        yield
    finally:
        stack.database.start()
        execute(stack.postgres, *(f"ALTER SYSTEM RESET {name}" for name in changed), reload)


class SmallDisk(Ballast):
    """A file system with little room, on which one database lies."""

    def __init__(self, folder: Path, dsn: str) -> None:
        """Made by `small_disk`."""
        super().__init__(folder)
        self._dsn = dsn

    def is_full(self) -> bool:
        """Whether the database itself finds no room any more."""
        try:
            execute(self._dsn, *_GROW)
        except asyncpg.DiskFullError:
            return True
        return False


@contextmanager
def small_disk(stack: Stack, dsn: str) -> Iterator[SmallDisk]:
    """Moves the database (``dsn`` is its administrator's) onto a small file system, and back at the end.

    Ends whatever sessions it has, both times. Raises NotPossibleHere where no file system can be mounted.
    """
    name = urlsplit(dsn).path.lstrip("/")
    size = execute(dsn, "SELECT pg_database_size(current_database())") + ROOM_BYTES
    with mounted(size) as folder:
        data = folder / "data"
        data.mkdir(mode=0o700)
        if stack.database.user:
            shutil.chown(data, stack.database.user)
        space = re.sub("[^a-z0-9]", "_", f"small_{name}")
        execute(stack.postgres, f"CREATE TABLESPACE {space} LOCATION '{data}'")
        disk = SmallDisk(folder, dsn)
        try:
            _move(stack, name, space)
            yield disk
        finally:
            disk.empty()
            _move(stack, name, "pg_default")
            execute(stack.postgres, f"DROP TABLESPACE {space}")


def _move(stack: Stack, name: str, space: str) -> None:
    execute(
        stack.postgres,
        f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false',
        _sessions_of(name),
        f'ALTER DATABASE "{name}" SET TABLESPACE {space}',
        f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true',
    )


class Backup:
    """A copy of one database, made when the block begins, to be restored in its place; the newer one is kept.

    ``dsn`` is the database's administrator's. Nobody may be connected to it whenever it is copied or replaced:
    whoever is loses the connection.
    """

    def __init__(self, stack: Stack, dsn: str) -> None:
        self._stack, self._name = stack, urlsplit(dsn).path.lstrip("/")
        self._is_restored, self._swapped = False, "old"

    def __enter__(self) -> Self:
        owner = execute(
            self._stack.postgres,
            f"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '{self._name}'",
        )
        self._alone(f'CREATE DATABASE "{self._name}_old" TEMPLATE "{self._name}" OWNER "{owner}"')
        return self

    def restore(self) -> None:
        """The older data take the place of the newer."""
        self._swap("old", "new")
        self._is_restored = True

    def undo(self) -> None:
        """The newer data are found again, and put back."""
        if self._is_restored:
            self._swap("new", "old")
        self._is_restored = False

    def keep(self) -> None:
        """The older data stay; the newer are lost for good."""
        self._is_restored = False
        self._swapped = "new"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()
        execute(self._stack.postgres, f'DROP DATABASE "{self._name}_{self._swapped}" WITH (FORCE)')

    def _swap(self, comes: str, goes: str) -> None:
        closed = f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS false'  # to who would come again at once
        execute(self._stack.postgres, closed, "SELECT 1")
        self._alone(
            f'ALTER DATABASE "{self._name}" RENAME TO "{self._name}_{goes}"',
            f'ALTER DATABASE "{self._name}_{goes}" ALLOW_CONNECTIONS true',
            f'ALTER DATABASE "{self._name}_{comes}" RENAME TO "{self._name}"',
        )

    def _alone(self, *statements: str) -> None:
        execute(self._stack.postgres, _sessions_of(self._name), *statements)


def _sessions_of(name: str) -> str:
    return f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
