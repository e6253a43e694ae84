"""Who read what about a child: what a family, a headteacher or an auditor may ask for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from chassis.storage import Connection


@dataclass(frozen=True, slots=True)
class About:
    """One of the things of a child that can be read, and the referral it belongs to (None: the child itself)."""

    id: str
    referral_id: str | None
    reference: str | None
    urn: str | None


@dataclass(frozen=True, slots=True)
class Read:
    """One reading: ``who`` is ``staff:`` or ``token:`` with an id, or the name of a program."""

    at: datetime
    who: str
    what: str
    subject: str


_OF_REFERRALS = """
SELECT id, id AS referral_id, reference, urn FROM referral WHERE {which}
UNION ALL
SELECT e.id, r.id, r.reference, r.urn FROM evidence e JOIN referral r ON r.id = e.referral_id WHERE r.{which}
UNION ALL
SELECT d.id, r.id, r.reference, r.urn FROM draft d JOIN referral r ON r.id = d.referral_id WHERE r.{which}
UNION ALL
SELECT u.upload_id, r.id, r.reference, r.urn FROM upload_row u JOIN referral r ON r.reference = u.reference
WHERE r.{which}
"""


async def of_referral(conn: Connection, referral_id: str) -> list[About]:
    """What can be read of one referral: itself, its files, the form that it was, the list that it came with."""
    return await _about(conn, "id = $1", referral_id)


async def of_child(conn: Connection, child_id: str) -> list[About]:
    """What can be read of a child: its own page, and the same of each referral."""
    return [About(child_id, None, None, None), *await _about(conn, "child_id = $1", child_id)]


async def _about(conn: Connection, which: str, id: str) -> list[About]:
    return [About(**dict(row)) for row in await conn.fetch(_OF_REFERRALS.format(which=which), id)]


async def reads(conn: Connection, ids: Collection[str], most: int = 100_000) -> list[Read]:
    """What was read of these things, the latest first, ``most`` of them."""
    rows = await conn.fetch(
        "SELECT at, who, what, subject FROM access_log WHERE subject = ANY($1) ORDER BY at DESC, id DESC LIMIT $2",
        sorted(set(ids)),
        most,
    )
    return [Read(**dict(row)) for row in rows]
