"""Roles and databases in a PostgreSQL, wherever it runs (15 or newer)."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from deploy.local.asking import run
from deploy.local.errors import StackError

Answer = TypeVar("Answer")


def ask_version(admin: str) -> str:
    """Return the version that the server at the DSN `admin` states.

    Raises StackError where it does not answer.
    """
    return str(run(_with_connection(admin, lambda server: server.fetchval("SHOW server_version"))))


def create_database(admin: str, name: str, owner: str, password: str) -> str:
    """Make the role `owner` and the database `name`, open to that role alone; return the owner's DSN.

    `admin` is a superuser's DSN. What exists already is kept, only the password is set anew. Raises
    StackError where the database belongs to another role.
    """
    run(_with_connection(admin, lambda server: _create(server, name, owner, password)))
    return _dsn(admin, name, owner, password)


async def _with_connection(dsn: str, ask: Callable[[Any], Awaitable[Answer]]) -> Answer:
    try:
        server = await asyncpg.connect(dsn, timeout=5)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        address = urlsplit(dsn).netloc.rpartition("@")[2]  # never the password
        raise StackError(
            f"PostgreSQL at {address} does not answer: {error or type(error).__name__}"
        ) from error
    try:
        return await ask(server)
    finally:
        await server.close()


async def _create(server: Any, name: str, owner: str, password: str) -> None:
    known = await server.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", owner)
    verb = "ALTER" if known else "CREATE"
    await _execute(server, f"{verb} ROLE %I LOGIN PASSWORD %L", owner, password)
    holder = await server.fetchval("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1", name)
    if holder is None:
        await _execute(server, "CREATE DATABASE %I OWNER %I", name, owner)
    elif holder != owner:
        raise StackError(f"The database {name!r} belongs to {holder!r}, not {owner!r}: choose another name.")
    await _execute(server, "REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC", name)


async def _execute(server: Any, statement: str, *words: str) -> None:
    """Run a statement that takes no parameters, its words quoted by the server itself."""
    places = ", ".join(f"${place}::text" for place in range(2, len(words) + 2))
    await server.execute(await server.fetchval(f"SELECT format($1::text, {places})", statement, *words))


def _dsn(admin: str, name: str, owner: str, password: str) -> str:
    parts = urlsplit(admin)
    host = parts.netloc.rpartition("@")[2]
    login = f"{quote(owner, safe='')}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{host}", path=f"/{quote(name, safe='')}"))
