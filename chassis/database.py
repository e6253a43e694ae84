"""PostgreSQL: the pool, and migrations in plain SQL (dbmate's format and its table of versions)."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from asyncpg.connect_utils import SessionAttribute
from asyncpg.protocol import protocol

CHASSIS_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 7_205_759_403_792_795
#: Whether there is any table where ours would be made; those of extensions are nobody's.
_TABLES = """
SELECT EXISTS (
    SELECT FROM pg_class t WHERE t.relnamespace = current_schema()::text::regnamespace AND t.relkind IN ('r', 'p')
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e'))
"""
_PARTS = re.compile(r"^-- migrate:(up|down)\b.*$", re.MULTILINE)

# What the infrastructure does, as against what a record does: wait and try again, never park.
OUTAGES: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # so asyncpg puts it now and then when a connection dies under a statement
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.exceptions.PostgresSystemError,
    asyncpg.exceptions.InvalidAuthorizationSpecificationError,
    asyncpg.exceptions.InvalidCatalogNameError,
    asyncpg.exceptions.ReadOnlySQLTransactionError,
    asyncpg.exceptions.IdleInTransactionSessionTimeoutError,  # we froze meanwhile, or an administrator is impatient
    asyncpg.exceptions.TransactionTimeoutError,
    asyncpg.exceptions.InsufficientPrivilegeError,  # no record can bring that about
    asyncpg.exceptions.ObjectNotInPrerequisiteStateError,  # closed to new connections; a lock that is not to be had
)
# Two transactions met: the same work may simply be done again.
COLLISIONS: tuple[type[BaseException], ...] = (
    asyncpg.UniqueViolationError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
)
# The database refuses this very data; with what is left after COLLISIONS, somebody has to look at it.
BAD_DATA: tuple[type[BaseException], ...] = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.exceptions.ProgramLimitExceededError,
)


#: A standby, and a primary that became read-only, are no database of ours.
WRITABLE = SessionAttribute.read_write
_NO_WRITES = "the database takes no writes: it is a standby, or read-only"
_TOO_LONG = "the database ended a transaction that took longer than it allows"
#: Why an outage is one, in words that hold no value; the first that fits.
_WHY: tuple[tuple[type[BaseException], str], ...] = (
    (asyncpg.DiskFullError, "the database's disk is full"),
    (asyncpg.TooManyConnectionsError, "the database has no connection left"),
    (asyncpg.InsufficientResourcesError, "the database is out of memory or another resource"),
    (asyncpg.CannotConnectNowError, "the database is starting, or shutting down"),
    (asyncpg.exceptions.ReadOnlySQLTransactionError, _NO_WRITES),
    (asyncpg.TargetServerAttributeNotMatched, _NO_WRITES),
    (asyncpg.QueryCanceledError, "the database did not answer in time"),
    (asyncpg.exceptions.TransactionTimeoutError, _TOO_LONG),
    (asyncpg.exceptions.IdleInTransactionSessionTimeoutError, _TOO_LONG),
    (asyncpg.exceptions.InsufficientPrivilegeError, "the database refuses us the right to a table"),
    (asyncpg.exceptions.InvalidAuthorizationSpecificationError, "the database refuses our name or password"),
    (asyncpg.exceptions.InvalidCatalogNameError, "the database does not exist"),
    (asyncpg.exceptions.LockNotAvailableError, "a lock in the database is held by somebody else"),
    (asyncpg.exceptions.ObjectNotInPrerequisiteStateError, "the database lets nobody in"),
)


def why_away(error: BaseException) -> str:
    """What an outage of the database is, in words for the operator."""
    return next((why for kind, why in _WHY if isinstance(error, kind)), "the database cannot be reached")


#: Ids of types below this are written down in PostgreSQL's sources: they mean the same in every database.
_ASSIGNED = 10_000
_TYPES: dict[frozenset[int], Any] = {}


# asyncpg asks of each cell of an array, and twice of each text, whether it holds cells itself: of abstract classes,
# which is two thirds of what it takes to send it. Here only a list does; what else is ever given is made one.
protocol.IterableABC = list  # type: ignore[attr-defined]
_MADE_LISTS = frozenset({tuple, set, frozenset, type({}.keys()), type({}.values())})


class _Connection(asyncpg.Connection):
    """A connection that knows what others of this process were told of PostgreSQL's own types.

    asyncpg asks on each connection, once for each new mixture of arrays: some 30 ms of the server's processor in all,
    and as long a wait for whoever is the first to use that connection.

    And where there is no memory for what is to be sent, asyncpg says that the data are bad, for which a record would be
    parked. Here it is the want of memory that is raised.
    """

    async def _execute(self, query: str, args: Iterable[Any], *how: Any, **named: Any) -> Any:
        given = [list(each) if type(each) in _MADE_LISTS else each for each in args]
        try:
            return await super()._execute(query, given, *how, **named)  # type: ignore[misc]
        except asyncpg.DataError as error:
            _raise_want_of_memory(error)
            raise

    async def _executemany(self, *what: Any, **named: Any) -> Any:
        try:
            return await super()._executemany(*what, **named)  # type: ignore[misc]
        except asyncpg.DataError as error:
            _raise_want_of_memory(error)
            raise

    async def _introspect_types(self, typeoids: Iterable[int], seconds: float | None) -> Any:
        asked = frozenset(typeoids)
        if max(asked) >= _ASSIGNED:
            return await super()._introspect_types(asked, seconds)  # type: ignore[misc]
        if asked not in _TYPES:
            _TYPES[asked] = await super()._introspect_types(asked, seconds)  # type: ignore[misc]
        return _TYPES[asked]


def _raise_want_of_memory(error: BaseException) -> None:
    if isinstance(error.__cause__, MemoryError):
        raise error.__cause__


class BadMigration(Exception):
    """A migration file is not in dbmate's format, or the database is ahead of this program."""


async def connect(dsn: str, size: int, opened: Callable[..., Any] = asyncpg.connect) -> asyncpg.Pool:
    """A pool of at most ``size`` connections, opened as needed; statements time out after 30 s.

    None is opened to a server that takes no writes: after a failover it would be kept, and fail for ever.
    A process that freezes within a transaction, or whose host is gone, loses its locks after a minute.
    ``opened`` opens each, as asyncpg does.
    """
    return await asyncpg.create_pool(
        dsn,
        connect=opened,
        min_size=1,
        max_size=size,
        connection_class=_Connection,
        command_timeout=30,
        reset=_as_it_is,
        target_session_attrs=WRITABLE,
        server_settings={
            "application_name": "fingerpost",
            "timezone": "UTC",
            "jit": "off",
            "idle_in_transaction_session_timeout": "60s",
            "tcp_keepalives_idle": "30",
            "tcp_keepalives_interval": "10",
            "tcp_keepalives_count": "3",
        },
    )


@contextmanager
def or_given_up(pool: asyncpg.Pool) -> Iterator[None]:
    """Where what is begun with it fails, ``pool`` goes: each further try would leave its connections open."""
    try:
        yield
    except BaseException:
        pool.terminate()
        raise


async def _as_it_is(_: Any) -> None:
    """Nothing to undo: no code leaves a setting, a cursor or a lock on a connection that it gives back.

    asyncpg would otherwise ask the database to undo them each time, a round trip a transaction.
    """


def migrations(*folders: Path) -> list[tuple[str, str]]:
    """(version, the ``up`` part) of every file in ``folders``, in order; a version is ``folder:number``."""
    return [
        (f"{folder.parent.name}:{path.name.split('_')[0]}", _up(path))
        for folder in folders
        for path in sorted(folder.glob("*.sql"))
    ]


def _up(path: Path) -> str:
    parts = _PARTS.split(path.read_text("utf-8"))
    if "up" not in parts[1::2]:
        raise BadMigration(f"{path.name} has no line '-- migrate:up': add it before the statements")
    return parts[parts.index("up") + 1]


async def migrate(dsn: str, wanted: Sequence[tuple[str, str]]) -> list[str]:
    """Applies those of ``wanted`` that the database lacks, each in a transaction; answers their versions.

    Safe to run from several processes at once: an advisory lock lets one go first. Raises BadMigration, with nothing
    changed, where the database is somebody else's.
    """
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
        await _refuse_anothers(conn, {version for version, _ in wanted})
        await conn.execute("CREATE TABLE IF NOT EXISTS schema_migrations (version text PRIMARY KEY)")
        done = {row["version"] for row in await conn.fetch("SELECT version FROM schema_migrations")}
        applied = [(version, statements) for version, statements in wanted if version not in done]
        for version, statements in applied:
            async with conn.transaction():
                await conn.execute(statements)
                await conn.execute("INSERT INTO schema_migrations VALUES ($1)", version)
        return [version for version, _ in applied]
    finally:
        await conn.close()


async def _refuse_anothers(conn: asyncpg.Connection, wanted: Collection[str]) -> None:
    """Raises BadMigration where the database has tables, and none is of the service that wants these migrations."""
    if await conn.fetchval("SELECT to_regclass('schema_migrations') IS NOT NULL"):
        done = [row["version"] for row in await conn.fetch("SELECT version FROM schema_migrations")]
        others = set() if _services(done) & _services(wanted) else _services(done)
    else:
        others = {"another program"} if await conn.fetchval(_TABLES) else set()
    if others:
        raise BadMigration(
            f"this database holds the tables of {', '.join(sorted(others))}: name the right one, or an empty one"
        )


def _services(versions: Iterable[str]) -> set[str]:
    """The services whose own migrations these are; each has the chassis' besides."""
    return {version.split(":")[0] for version in versions} - {CHASSIS_MIGRATIONS.parent.name}


async def check_migrated(pool: asyncpg.Pool, wanted: Sequence[tuple[str, str]]) -> None:
    """Raises BadMigration unless the database has every one of ``wanted``."""
    known = await pool.fetchval("SELECT to_regclass('schema_migrations') IS NOT NULL")
    rows = await pool.fetch("SELECT version FROM schema_migrations") if known else []
    missing = {version for version, _ in wanted} - {row["version"] for row in rows}
    if missing:
        raise BadMigration(
            f"the database lacks the migrations {sorted(missing)}: run the service's `migrate` command first"
        )
