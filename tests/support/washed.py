"""Databases that one test hands on to the next, emptied: that costs a tenth of making one anew.

PostgreSQL makes and removes a file for each table and index. What a test has changed besides rows is noticed by the
catalogue, and its database dropped; so it is when it cannot be emptied, and after it has served for long.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from chassis.database import connect
from tests.support.shelf import Shelf

#: So many tests use one database. What they deleted is still in its pages, and a test should not find many of those.
MOST_USES = 20
_TROUBLES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)

#: Whoever changes a table writes rows of the catalogue anew, with a transaction's higher number.
_AS_IT_IS = """
SELECT concat_ws(' ',
    (SELECT concat(count(*), '/', sum(xmin::text::bigint)) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT concat(count(*), '/', sum(xmin::text::bigint)) FROM pg_attribute WHERE attrelid >= 16384),
    (SELECT concat(count(*), '/', sum(xmin::text::bigint)) FROM pg_constraint WHERE oid >= 16384),
    (SELECT concat(count(*), '/', sum(xmin::text::bigint)) FROM pg_proc WHERE oid >= 16384),
    (SELECT concat(count(*), '/', sum(xmin::text::bigint)) FROM pg_trigger),
    (SELECT count(*) FROM pg_policy),
    (SELECT count(*) FROM pg_namespace),
    (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltuples >= 0),
    (SELECT count(*) FROM pg_db_role_setting),
    (SELECT string_agg(version, ' ' ORDER BY version) FROM schema_migrations)
)
"""
_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> ALL($1::int[] || pg_backend_pid())
"""
_EMPTY = """
DO $$
DECLARE it regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    SET LOCAL lock_timeout = '5s';
    FOR it IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
              AND relname <> 'schema_migrations' AND pg_relation_size(oid) > 0
    LOOP EXECUTE format('DELETE FROM %s', it); END LOOP;
    FOR it IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
    LOOP PERFORM setval(it, 1, false); END LOOP;
END $$
"""


@dataclass
class _Used:
    """A database: what it was made of, the administrator's connection to it, how its catalogue was when it was made,
    the connections that tests hand on with it, how many tests have had it."""

    folders: tuple[Path, ...]
    admin: asyncpg.Connection
    catalogue: str
    shelf: Shelf = field(default_factory=Shelf)
    uses: int = 0


class Databases:
    """Those of one process. ``migrated`` makes a new one of these folders; ``admin`` is the administrator's DSN."""

    def __init__(self, migrated: Callable[..., Awaitable[str]], admin: str) -> None:
        self._migrated, self._admin = migrated, admin
        self._clean: dict[tuple[Path, ...], list[str]] = defaultdict(list)
        self._known: dict[str, _Used] = {}

    async def take(self, *folders: Path, unused: bool = False) -> str:
        """The DSN of an empty one, which nobody else has; ``unused``: no test has written to its pages before."""
        if self._clean[folders] and not unused:
            dsn = self._clean[folders].pop()
        else:
            dsn = await self._migrated(*folders)
            self._known[dsn] = await self._connected(dsn, folders)
        self._known[dsn].uses += 1
        return dsn

    async def pool(self, dsn: str, size: int) -> asyncpg.Pool:
        """As a service connects to a database that was taken, over connections that tests before had to it."""
        return await connect(dsn, size, self._known[dsn].shelf.opened)

    async def give_back(self, dsn: str) -> None:
        """Emptied for the next, or dropped."""
        used = self._known[dsn]
        if used.uses < MOST_USES and await _emptied(used):
            self._clean[used.folders].append(dsn)
        else:
            await self._dropped(dsn)

    async def close(self) -> None:
        """Drops all that are left."""
        for dsn in list(self._known):
            await self._dropped(dsn)

    async def _connected(self, dsn: str, folders: tuple[Path, ...]) -> _Used:
        """The connection stays: to make one for each test took longer than to empty the tables."""
        where = urlunsplit(urlsplit(self._admin)._replace(path=urlsplit(dsn).path))
        admin = await asyncpg.connect(where, timeout=10, command_timeout=10)
        return _Used(folders, admin, str(await admin.fetchval(_AS_IT_IS)))

    async def _dropped(self, dsn: str) -> None:
        """Tidies up; on a busy machine those whom the server sends away may not have gone after its five seconds."""
        used = self._known.pop(dsn)
        used.shelf.close()
        used.admin.terminate()
        server = await asyncpg.connect(self._admin)
        try:
            with suppress(asyncpg.ObjectInUseError):
                await server.execute(f"DROP DATABASE {urlsplit(dsn).path[1:]} WITH (FORCE)")
        finally:
            await server.close()


async def _emptied(used: _Used) -> bool:
    with suppress(*_TROUBLES):
        await used.admin.fetch(_OTHERS, used.shelf.processes())
        if await used.admin.fetchval(_AS_IT_IS) == used.catalogue:
            await used.admin.execute(_EMPTY)
            return True
    return False
