"""Codes for families' pages and the browsers that had the right one. Times are real, by the database's clock."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.storage import Connection
from services.notifications.domain.proving import PageCode, Way


@dataclass(frozen=True, slots=True)
class KeptCode:
    """The last code of a person for a referral, with what it is compared by."""

    id: int
    code: PageCode
    salt: bytes
    digest: bytes


def code_digest(code: str, salt: bytes) -> bytes:
    """What is kept of a code: slow to make, since there are only a million of them. Takes a twentieth of a second."""
    return hashlib.scrypt(code.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)


async def real_now(conn: Connection) -> datetime:
    """The database's clock."""
    now: datetime = await conn.fetchval("SELECT clock_timestamp()")
    return now


async def codes_sent(conn: Connection, referral_id: str, person_id: str) -> list[datetime]:
    """When codes were sent to this person in the last day. Nobody else adds one until the transaction ends."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 13))", f"{referral_id} {person_id}")
    rows = await conn.fetch(
        "SELECT made_at FROM page_code WHERE referral_id = $1 AND person_id = $2 AND way <> 'by-hand' "
        "AND made_at > clock_timestamp() - interval '1 day'",
        referral_id,
        person_id,
    )
    return [row["made_at"] for row in rows]


async def keep_code(
    conn: Connection,
    referral_id: str,
    person_id: str,
    way: Way,
    secret: tuple[bytes, bytes],
    lasts: timedelta,
    given: tuple[str, str] | tuple[None, None] = (None, None),
) -> int:
    """Keeps a new code, of which ``secret`` is salt and digest, ``given`` who told it and why; ends those before it."""
    await conn.execute(
        "UPDATE page_code SET over = true WHERE referral_id = $1 AND person_id = $2 AND NOT over",
        referral_id,
        person_id,
    )
    id: int = await conn.fetchval(
        "INSERT INTO page_code (referral_id, person_id, way, salt, digest, expires_at, given_by, why) "
        "VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6::interval, $7, $8) RETURNING id",
        referral_id,
        person_id,
        way,
        *secret,
        lasts,
        *given,
    )
    return id


async def last_code(conn: Connection, referral_id: str, person_id: str) -> KeptCode | None:
    """The code that counts, locked until the transaction ends; None where there never was one."""
    row = await conn.fetchrow(
        "SELECT id, salt, digest, expires_at, tries, over FROM page_code "
        "WHERE referral_id = $1 AND person_id = $2 ORDER BY id DESC LIMIT 1 FOR UPDATE",
        referral_id,
        person_id,
    )
    if row is None:
        return None
    code = PageCode(expires_at=row["expires_at"], tries=row["tries"], over=row["over"])
    return KeptCode(row["id"], code, row["salt"], row["digest"])


async def save_code(conn: Connection, id: int, code: PageCode) -> None:
    """Writes down that it was tried or used."""
    await conn.execute("UPDATE page_code SET tries = $2, over = $3 WHERE id = $1", id, code.tries, code.over)


async def prove(
    conn: Connection, token: str, referral_id: str, person_id: str, lasts: timedelta, before: str | None
) -> None:
    """Lets the browser with the cookie ``token`` see everything; what its cookie ``before`` opened it opens, too."""
    await conn.execute("DELETE FROM page_proof WHERE ends_at < clock_timestamp()")
    if before:
        await conn.execute(
            "UPDATE page_proof SET digest = $2 WHERE digest = $1", _digest(before), _digest(token)
        )
    await conn.execute(
        "INSERT INTO page_proof (digest, referral_id, person_id, ends_at) "
        "VALUES ($1, $2, $3, clock_timestamp() + $4::interval) "
        "ON CONFLICT (digest, referral_id, person_id) DO UPDATE SET ends_at = excluded.ends_at",
        _digest(token),
        referral_id,
        person_id,
        lasts,
    )


async def is_proved(conn: Connection, token: str, referral_id: str, person_id: str) -> bool:
    """Whether the browser with this cookie had the right code for this page."""
    found: bool = await conn.fetchval(
        "SELECT EXISTS (SELECT FROM page_proof WHERE digest = $1 AND referral_id = $2 AND person_id = $3 "
        "AND ends_at > clock_timestamp())",
        _digest(token),
        referral_id,
        person_id,
    )
    return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
