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
    way: Way = "by-hand"
    confirms: str | None = None


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
    confirms: str | None = None,
) -> int:
    """Keeps a new code, of which ``secret`` is salt and digest, ``given`` who told it and why; ends those before it.

    One that ``confirms`` a new address opens no page, and the other way round.
    """
    await conn.execute(
        "UPDATE page_code SET confirms = '' WHERE confirms <> '' AND expires_at < clock_timestamp()"
    )
    await conn.execute(
        "UPDATE page_code SET over = true, confirms = CASE WHEN confirms IS NULL THEN NULL ELSE '' END "
        "WHERE referral_id = $1 AND person_id = $2 AND NOT over AND (confirms IS NULL) = ($3::text IS NULL)",
        referral_id,
        person_id,
        confirms,
    )
    id: int = await conn.fetchval(
        "INSERT INTO page_code (referral_id, person_id, way, salt, digest, expires_at, given_by, why, confirms) "
        "VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6::interval, $7, $8, $9) RETURNING id",
        referral_id,
        person_id,
        way,
        *secret,
        lasts,
        *given,
        confirms,
    )
    return id


async def last_code(
    conn: Connection, referral_id: str, person_id: str, confirming: bool = False
) -> KeptCode | None:
    """The code that counts, for the page or for an address, locked until the transaction ends; None: never one."""
    row = await conn.fetchrow(
        "SELECT id, salt, digest, expires_at, tries, over, way, confirms FROM page_code "
        "WHERE referral_id = $1 AND person_id = $2 AND (confirms IS NOT NULL) = $3 "
        "ORDER BY id DESC LIMIT 1 FOR UPDATE",
        referral_id,
        person_id,
        confirming,
    )
    if row is None:
        return None
    code = PageCode(expires_at=row["expires_at"], tries=row["tries"], over=row["over"])
    return KeptCode(row["id"], code, row["salt"], row["digest"], row["way"], row["confirms"])


async def save_code(conn: Connection, id: int, code: PageCode) -> None:
    """Writes down that it was tried or used. The address that it confirms is kept no longer than the code works."""
    await conn.execute(
        "UPDATE page_code SET tries = $2, over = $3, "
        "confirms = CASE WHEN $3 AND confirms IS NOT NULL THEN '' ELSE confirms END WHERE id = $1",
        id,
        code.tries,
        code.over,
    )


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


async def handed_code(conn: Connection, digest: str, referral_id: str, person_id: str) -> str | None:
    """The id of the code with this digest that the school handed this very person; None where there is none."""
    found: str | None = await conn.fetchval(
        "SELECT id FROM handed_code WHERE referral_id = $1 AND person_id = $2 AND digest = $3",
        referral_id,
        person_id,
        digest,
    )
    return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
