"""Sessions of people, in the database: ended there, ended everywhere.

The cookie is a random word; only its SHA-256 is kept. The token of a session's forms is derived from the cookie,
so that it need not be kept at all.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from fastapi import Request, Response

from chassis.storage import Writer
from chassis.web.people import Person, StaffBook

#: How exactly it is known when a session was last used: each use need not be written.
SEEN_EVERY = timedelta(minutes=1)


def digest(token: str) -> bytes:
    """What is kept of a random word."""
    return hashlib.sha256(token.encode()).digest()


def csrf_of(token: str) -> str:
    """The token of the forms of the session with this cookie."""
    return hmac.new(token.encode(), b"forms", hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Cookie:
    """How the session's cookie is named and sent."""

    service: str
    secure: bool

    def named(self, what: str = "session") -> str:
        """Its name: with the prefix that lets no other host or plain http set it, where it is secure."""
        return f"{'__Host-' if self.secure else ''}{self.service}-{what}"

    def put(self, response: Response, value: str, what: str = "session", seconds: int | None = None) -> None:
        """Gives the browser the cookie: for ``seconds``, or until it is closed."""
        response.set_cookie(
            self.named(what),
            value,
            max_age=seconds,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def take(self, response: Response, what: str = "session") -> None:
        """Takes it away."""
        response.delete_cookie(self.named(what), path="/", secure=self.secure, httponly=True, samesite="lax")


@dataclass(frozen=True, slots=True)
class Session:
    """One's own session, as one sees it listed."""

    id: str
    agent: str
    started_at: datetime
    seen_at: datetime


class Sessions:
    """The sessions of one service."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        staff: StaffBook,
        cookie: Cookie,
        idle: timedelta = timedelta(hours=1),
        most: timedelta = timedelta(hours=12),
    ) -> None:
        self._pool, self._staff, self.cookie = pool, staff, cookie
        self._idle, self._most = idle, most

    async def person(self, request: Request) -> Person | None:
        """The person whose session the request's cookie opens, or None; the session counts as used."""
        token = request.cookies.get(self.cookie.named())
        if not token:
            return None
        async with self._pool.acquire() as conn:
            row = await conn.fetchrow(_FIND, digest(token), self._idle)
            if row is None:
                return None
            if row["unseen"] > SEEN_EVERY:
                await conn.execute(_SEEN, digest(token))
            member = await self._staff.by_id(conn, row["staff_id"])
        if member is None:
            return None
        return Person(member.id, member.name, member.grants, csrf_of(token), str(row["id"]))

    async def start(self, conn: Any, staff_id: str, agent: str = "", before: str | None = None) -> str:
        """Begins a session in place of the one of the cookie ``before``; answers the new cookie."""
        if before:
            await self.end(conn, before)
        return await start(conn, staff_id, agent, self._most)

    async def end(self, conn: Any, token: str) -> None:
        """Ends the session of this cookie."""
        await conn.execute("DELETE FROM staff_session WHERE digest = $1", digest(token))

    async def listed(self, conn: Any, staff_id: str) -> list[Session]:
        """Somebody's sessions, the last used first."""
        rows = await conn.fetch(_LIST, staff_id, self._idle)
        return [Session(str(row["id"]), row["agent"], row["started_at"], row["seen_at"]) for row in rows]

    async def end_one(self, conn: Any, staff_id: str, id: str) -> bool:
        """Ends one of somebody's own sessions; False where there is none with this id among theirs."""
        done: str = await conn.execute(
            "DELETE FROM staff_session WHERE staff_id = $1 AND id::text = $2", staff_id, id
        )
        return done != "DELETE 0"


async def start(conn: Any, staff_id: str, agent: str, most: timedelta) -> str:
    """Begins a session that ends after ``most`` at the latest; answers its cookie."""
    token = secrets.token_urlsafe(32)
    await conn.execute(_START, digest(token), staff_id, agent, most)
    return token


async def end_all(conn: Writer, staff_ids: Sequence[str], states: Sequence[str]) -> None:
    """Ends every session of those who left, or lost a role, by what is about to be written of them.

    ``states`` are theirs after the change, in JSON; the table ``staff`` still has those before it.
    """
    await conn.execute(_END_ALL, list(staff_ids), list(states))


async def forget(pool: asyncpg.Pool, idle: timedelta) -> None:
    """Takes away what has run out: sessions, sign-ins that nobody finished, counts of past windows."""
    await pool.execute(
        "DELETE FROM staff_session WHERE ends_at < clock_timestamp() OR seen_at < clock_timestamp() - $1::interval",
        idle,
    )
    await pool.execute("DELETE FROM sign_in WHERE ends_at < clock_timestamp()")
    await pool.execute("DELETE FROM sign_in_count WHERE ends_at < clock_timestamp()")


# A role that is held as before is in both; one that was taken away, or ends on another day now, only in the former.
_END_ALL = """
DELETE FROM staff_session AS session
USING staff AS former, unnest($1::text[], $2::text[]) AS new(id, state)
WHERE former.id = new.id AND session.staff_id = new.id
  AND NOT ((new.state::jsonb ->> 'active')::boolean
           AND (new.state::jsonb -> 'grants') @> (former.state::jsonb -> 'grants'))
"""
_START = """
INSERT INTO staff_session (digest, staff_id, agent, ends_at) VALUES ($1, $2, $3, clock_timestamp() + $4)
"""
_FIND = """
SELECT id, staff_id, clock_timestamp() - seen_at AS unseen FROM staff_session
WHERE digest = $1 AND ends_at > clock_timestamp() AND seen_at > clock_timestamp() - $2::interval
"""
_SEEN = "UPDATE staff_session SET seen_at = clock_timestamp() WHERE digest = $1"
_LIST = """
SELECT id, agent, started_at, seen_at FROM staff_session
WHERE staff_id = $1 AND ends_at > clock_timestamp() AND seen_at > clock_timestamp() - $2::interval
ORDER BY seen_at DESC
"""
