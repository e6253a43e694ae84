"""What happens to the database: restarted, killed while it commits, used up, locked, full."""

import asyncio
import signal
import time
from contextlib import ExitStack, suppress
from random import Random
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from deploy.local.services import NAMES
from tests.faults import database
from tests.faults.catalogue.workers import end_sessions
from tests.faults.database import execute
from tests.faults.fault import fault, happened, wait_until
from tests.faults.rig import Rig

#: A long pause before each flush of the log, so that a kill finds transactions in the middle of their COMMIT.
_SLOW_COMMITS = ("commit_delay", "100000"), ("commit_siblings", "0")
_COMMITTING = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fingerpost' AND state = 'active' "
    "AND query ILIKE 'COMMIT%'"
)
_WAITING = (
    "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    "WHERE NOT l.granted AND a.application_name = 'fingerpost'"
)
_END_SESSIONS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'fingerpost'"
)
_END_ALL = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{}'"
_SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fingerpost'"
#: What somebody's forgotten transaction may hold, by service, and how.
_TABLES = {
    "referrals": ("outbox", "once", "referral", "partition_position"),
    "panels": ("outbox", "placement_case", "inbox", "partition_position"),
    "notifications": ("outbox", "message", "inbox", "partition_position"),
}
#: What an administrator may give the sessions of a login, for others' sake.
_SETTINGS = (
    "lock_timeout = 1",
    "transaction_timeout = 20",
    "idle_in_transaction_session_timeout = 5",
    "idle_session_timeout = 300",
    "default_transaction_isolation = 'repeatable read'",
    "default_transaction_isolation = serializable",
    "default_transaction_deferrable = on",
    "temp_file_limit = 0",
    "work_mem = 64",
    "enable_indexscan = off",
    "row_security = off",
    "synchronous_commit = off",
    "datestyle = 'SQL, DMY'",
    "intervalstyle = iso_8601",
    "bytea_output = escape",
    "extra_float_digits = -3",
    "standard_conforming_strings = off",
)
_CANCELLED = b"QueryCanceledError"
_MODES = ("SHARE", "ACCESS EXCLUSIVE")


@fault("postgresql-restarted", "the database is stopped, in one of its two ways, and started again")
def restarted(rig: Rig, chance: Random) -> str:
    server, times = rig.stack.database, chance.randint(1, 3)
    ways = [chance.choice((signal.SIGINT, signal.SIGQUIT)) for _ in range(times)]
    for way in ways:
        server.ask_to_stop(way)
        wait_until(lambda: not server.running, "the database stopped", 30)
        time.sleep(chance.uniform(0, 6))
        server.start()
        time.sleep(chance.uniform(0, 4))
    return ", ".join("fast" if way is signal.SIGINT else "immediate" for way in ways)


@fault("postgresql-killed-in-commit", "kill -9 of the database while it commits: nobody knows whether it has")
def killed_in_commit(rig: Rig, chance: Random) -> str:
    found = []
    for _ in range(chance.randint(1, 2)):
        with database.settings(rig.stack, dict(_SLOW_COMMITS)):
            found.append(asyncio.run(_commits(rig, chance.randint(1, 3))))
            rig.stack.database.kill()
            happened(not rig.stack.database.running, "the database died")
            time.sleep(chance.uniform(0, 3))
            rig.stack.database.start()
    return f"{' and '.join(map(str, found))} transactions in their COMMIT"


async def _commits(rig: Rig, least: int) -> int:
    """Waits until so many transactions are in their COMMIT; answers how many."""
    conn = await asyncpg.connect(rig.stack.postgres)
    try:
        for _ in range(3000):
            if (found := await conn.fetchval(_COMMITTING)) >= least:
                return int(found)
            await asyncio.sleep(0.01)
    finally:
        conn.terminate()
    happened(False, f"{least} transactions were in their COMMIT")
    return 0


@fault("postgresql-out-of-connections", "somebody else takes every connection that the database has")
def out_of_connections(rig: Rig, chance: Random) -> str:
    taken, without = asyncio.run(_all_taken(rig, chance.uniform(3, 20)))
    happened(without, "the services were without any connection")
    return f"{taken} taken, no service had one at {without} looks"


async def _all_taken(rig: Rig, seconds: float) -> tuple[int, int]:
    """Takes what is free, ends the services' own sessions and takes those too; holds all for so long.

    Services win some of these races: it goes on until they were seen without, for a minute more at the most.
    Answers how many it took, and how often it found no service with a connection.
    """
    dsn, taken, without = rig.town.services[NAMES[0]].dsn, list[Any](), 0
    admin = await asyncpg.connect(rig.stack.postgres)
    try:
        end, rounds = time.monotonic() + seconds, 0
        while time.monotonic() < end or rounds < 3 or (not without and time.monotonic() < end + 60):
            taken += await _as_many_as_there_are(dsn)
            await admin.execute(_END_SESSIONS)
            taken += await _as_many_as_there_are(dsn)
            without += not await admin.fetchval(_SESSIONS)
            rounds += 1
            await asyncio.sleep(0.2)
    finally:
        for conn in taken:
            conn.terminate()
        await admin.close()
    return len(taken), without


async def _as_many_as_there_are(dsn: str) -> list[Any]:
    taken = []
    with suppress(asyncpg.TooManyConnectionsError):
        while True:
            taken.append(await asyncpg.connect(dsn, server_settings={"application_name": "somebody else"}))
    return taken


@fault("postgresql-locked", "a transaction that somebody forgot to end holds a table", cluster=False)
def locked(rig: Rig, chance: Random) -> str:
    name = chance.choice(NAMES)
    table, mode = chance.choice(_TABLES[name]), chance.choice(_MODES)
    seconds = chance.choice((chance.uniform(2, 9), chance.uniform(31, 40)))
    waiting = asyncio.run(_held(rig.town.services[name].admin_dsn, table, mode, seconds))
    happened(waiting, f"{name} waited for {table}")
    return f"{table} of {name} ({mode}) for {seconds:.0f} s, {waiting} waited"


async def _held(dsn: str, table: str, mode: str, seconds: float) -> int:
    """Answers how many transactions of the service waited at once for the lock, at most."""
    conn, watcher, most = await asyncpg.connect(dsn), await asyncpg.connect(dsn), 0
    try:
        async with conn.transaction():
            await conn.execute(f"LOCK TABLE {table} IN {mode} MODE")
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                most = max(most, await watcher.fetchval(_WAITING))
                await asyncio.sleep(0.1)
    finally:
        await conn.close()
        await watcher.close()
    return most


@fault("postgresql-shut-to-one", "the database of one service lets nobody in, or nobody write", cluster=False)
def shut_to_one(rig: Rig, chance: Random) -> str:
    """As in a failover, a restore, or a change of passwords that went wrong; that of the others is well."""
    name, seconds = chance.choice(NAMES), chance.uniform(3, 20)
    service = rig.town.services[name]
    database, login = urlsplit(service.admin_dsn).path.lstrip("/"), urlsplit(service.dsn).username
    how, shut, opened = chance.choice(
        (
            (
                "closed",
                f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false',
                f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true',
            ),
            (
                "read-only",
                f'ALTER DATABASE "{database}" SET default_transaction_read_only = on',
                f'ALTER DATABASE "{database}" RESET default_transaction_read_only',
            ),
            ("without its login", f'ALTER ROLE "{login}" NOLOGIN', f'ALTER ROLE "{login}" LOGIN'),
        )
    )
    ended = _END_ALL.format(database)
    happened(execute(rig.stack.postgres, shut, ended), f"{name} had sessions to lose")
    time.sleep(seconds)
    happened(not service.is_ready(), f"{name} is not ready")
    execute(rig.stack.postgres, opened, "SELECT 1")
    wait_until(service.is_ready, f"{name} is well again by itself")
    return f"{name} {how} for {seconds:.0f} s"


@fault("postgresql-disk-full", "the file system that holds a service's database is full")
def disk_full(rig: Rig, chance: Random) -> str:
    name = chance.choice(NAMES)
    service, seconds = rig.town.services[name], chance.uniform(5, 25)
    with ExitStack() as small:
        service.stop()
        disk = small.enter_context(database.small_disk(rig.stack, service.admin_dsn))
        service.start(wait=False)
        service.wait_until_ready()
        time.sleep(chance.uniform(0, 3))
        disk.fill()
        wait_until(disk.is_full, "the database said that its disk is full")
        time.sleep(seconds)
        happened(disk.is_full(), "the disk was full all the time")
        disk.empty()
        wait_until(service.is_ready, f"{name} is well again by itself")
        time.sleep(2)
        service.stop()
    service.start(wait=False)
    return f"{name} for {seconds:.0f} s"


@fault("postgresql-frozen", "the database's processes are stopped (SIGSTOP) for up to a minute, and go on")
def postgresql_frozen(rig: Rig, chance: Random) -> str:
    seconds = chance.choice((chance.uniform(2, 9), chance.uniform(31, 65)))
    rig.stack.database.pause()
    try:
        time.sleep(seconds)
        happened(rig.stack.database.paused, "the database was stopped all the time")
    finally:
        rig.stack.database.resume()
    for service in rig.town.services.values():
        wait_until(service.is_ready, f"{service.name} is well again by itself")
    return f"for {seconds:.0f} s"


@fault(
    "postgresql-impatient",
    "an administrator gives a service's statements a few milliseconds",
    cluster=False,
)
def impatient(rig: Rig, chance: Random) -> str:
    name = chance.choice(NAMES)
    service, milliseconds, seconds = rig.town.services[name], chance.choice((1, 2, 3)), chance.uniform(4, 15)
    login, said = urlsplit(service.dsn).username, service.log_path.stat().st_size
    execute(rig.stack.postgres, f'ALTER ROLE "{login}" SET statement_timeout = {milliseconds}', "SELECT 1")
    try:
        happened(end_sessions(service), f"{name} had sessions to lose")
        wait_until(lambda: _CANCELLED in service.log_path.read_bytes()[said:], f"{name} felt it")
        time.sleep(seconds)
    finally:
        execute(rig.stack.postgres, f'ALTER ROLE "{login}" RESET statement_timeout', "SELECT 1")
        end_sessions(service)
    wait_until(service.is_ready, f"{name} is well again by itself")
    return f"{milliseconds} ms at {name} for {seconds:.0f} s"


@fault("postgresql-otherwise", "an administrator gives a service's sessions other settings", cluster=False)
def otherwise(rig: Rig, chance: Random) -> str:
    """Such as an isolation by which transactions meet, or an end to whatever waits for a lock."""
    name, found = chance.choice(NAMES), chance.sample(_SETTINGS, chance.randint(1, 3))
    service, seconds = rig.town.services[name], chance.uniform(4, 12)
    login = urlsplit(service.dsn).username
    for setting in found:
        execute(rig.stack.postgres, f'ALTER ROLE "{login}" SET {setting}', "SELECT 1")
    try:
        happened(end_sessions(service), f"{name} had sessions to lose")
        time.sleep(seconds)
        happened(service.running, f"{name} lived on")
    finally:
        execute(rig.stack.postgres, f'ALTER ROLE "{login}" RESET ALL', "SELECT 1")
        end_sessions(service)
    wait_until(service.is_ready, f"{name} is well again by itself")
    return f"{name} for {seconds:.0f} s: {', '.join(found)}"
