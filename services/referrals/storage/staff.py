"""Members of staff, restrictions of cases and the tokens of school systems, and what pages ask about them."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from chassis.staff import StaffTable
from chassis.storage import Column, Connection, JsonTable
from services.referrals.domain.staff.members import ADMINISTRATORS, STAFF, Staff
from services.referrals.domain.staff.restricted import RESTRICTION, Restriction
from services.referrals.domain.staff.tokens import API_TOKEN, ApiToken

STAFF_TABLE: StaffTable[Staff] = StaffTable(
    STAFF,
    "staff",
    {
        "subject": Column("text", lambda state: state.subject),
        "name": Column("text", lambda state: state.name),
        "active": Column("boolean", lambda state: state.active),
    },
)
ROSTER = JsonTable(ADMINISTRATORS, "administrators")
RESTRICTIONS: JsonTable[Restriction] = JsonTable(
    RESTRICTION,
    "restriction",
    {
        "restricted": Column("boolean", lambda state: bool(state.named)),
        "unreviewed": Column("int", lambda state: state.unreviewed),
    },
)
TOKENS: JsonTable[ApiToken] = JsonTable(
    API_TOKEN,
    "api_token",
    {
        "sha256": Column("text", lambda state: state.sha256),
        "urn": Column("text", lambda state: state.urn),
        "revoked": Column("boolean", lambda state: state.revoked_at is not None),
    },
)
OWN: tuple[JsonTable[Any], ...] = (STAFF_TABLE, ROSTER, RESTRICTIONS, TOKENS)


async def everybody(conn: Connection, *, active: bool | None = None) -> list[Staff]:
    """All members of staff, or those who work here or who have left, by name."""
    rows = await conn.fetch(
        "SELECT state FROM staff WHERE $1::boolean IS NULL OR active = $1 ORDER BY lower(name), id", active
    )
    return [STAFF_TABLE.read(row["state"]) for row in rows]


async def people(conn: Connection, ids: Collection[str]) -> dict[str, Staff]:
    """Those of these ids that are known."""
    found = await STAFF_TABLE.load(conn, sorted(set(ids)), lock=False)
    return {id: stored.state for id, stored in found.items()}


async def standing_in_for(conn: Connection, staff_id: str) -> list[Staff]:
    """Who has ever taken over this person's work."""
    rows = await conn.fetch(
        "SELECT state FROM staff WHERE state::jsonb -> 'covers' @> $1::jsonb ORDER BY lower(name), id",
        json.dumps([{"staff_id": staff_id}]),
    )
    return [STAFF_TABLE.read(row["state"]) for row in rows]


async def restriction_of(conn: Connection, referral_id: str) -> Restriction | None:
    """The restriction of a referral, also one that was lifted; None where there never was any."""
    state = await conn.fetchval("SELECT state FROM restriction WHERE id = $1", referral_id)
    return None if state is None else RESTRICTIONS.read(state)


async def is_restricted(conn: Connection, referral_id: str) -> bool:
    """Whether a referral opens only to people who are named."""
    found = await conn.fetchval("SELECT true FROM restriction WHERE id = $1 AND restricted", referral_id)
    return found is not None


async def restrictions(conn: Connection) -> Sequence[tuple[str, str, Restriction]]:
    """Every restriction that there is or was: the referral's id, its reference, and itself; the latest first."""
    rows = await conn.fetch(
        "SELECT n.id, r.reference, n.state FROM restriction n JOIN referral r USING (id) "
        "ORDER BY n.restricted DESC, n.unreviewed DESC, r.received_at DESC, n.id"
    )
    return [(row["id"], row["reference"], RESTRICTIONS.read(row["state"])) for row in rows]


async def to_review(conn: Connection) -> int:
    """How often the glass was broken and nobody has looked into it yet."""
    count: int = await conn.fetchval(
        "SELECT coalesce(sum(unreviewed), 0) FROM restriction WHERE unreviewed > 0"
    )
    return count
