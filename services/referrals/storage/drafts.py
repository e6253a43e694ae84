"""Drafts of a school, and referrals that a new one may repeat."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from chassis.storage import Column, Connection, JsonTable
from services.referrals.domain.commands import Origin
from services.referrals.domain.drafts import DRAFT, Draft
from services.referrals.domain.referral import Referral
from services.referrals.storage.referrals import REFERRALS

DRAFTS = JsonTable(
    DRAFT,
    "draft",
    {
        "urn": Column("text", lambda state: state.urn),
        "open": Column("boolean", lambda state: state.open),
        "changed_at": Column("timestamptz", lambda state: state.changed_at),
    },
)


async def draft(conn: Connection, id: str) -> Draft | None:
    """The draft with this id, sent and deleted ones too, or None."""
    state = await conn.fetchval("SELECT state FROM draft WHERE id = $1", id)
    return None if state is None else DRAFTS.read(state)


async def drafts_of(
    conn: Connection, urns: Collection[str] | None, by: str | None = None, origin: Origin = "http"
) -> list[Draft]:
    """The open drafts of these schools (None: of all) or of one person; the one that is deleted first at the top.

    ``origin``: statutory ones are no school's.
    """
    rows = await conn.fetch(
        "SELECT state FROM draft WHERE open AND ($1::text[] IS NULL OR urn = ANY($1)) "
        "AND ($2::text IS NULL OR state ->> 'by' = $2) "
        "AND coalesce(state ->> 'origin', 'http') = $3 ORDER BY changed_at, id LIMIT 500",
        None if urns is None else sorted(urns),
        by,
        origin,
    )
    return [DRAFTS.read(row["state"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Alike:
    """What a repeated referral has in common with an earlier one: the child or its name and birth date, and where."""

    child_id: str
    given_name: str
    family_name: str
    born: date
    destination: str
    since: datetime


_ALIKE = """
SELECT state FROM referral
WHERE destination = $1 AND received_at >= $2 AND status <> 'withdrawn'
  AND (child_id = $3 OR child_id IN (
      SELECT id FROM person
      WHERE born = $4
        AND lower(state -> 'details' ->> 'family_name') = lower($5)
        AND lower(state -> 'details' ->> 'given_name') = lower($6)))
ORDER BY received_at DESC, id
LIMIT 10
"""


async def likely_duplicates(conn: Connection, alike: Alike) -> list[Referral]:
    """The latest referrals that this one may repeat. The caller shows only what the person may see."""
    rows = await conn.fetch(
        _ALIKE,
        alike.destination,
        alike.since,
        alike.child_id,
        alike.born.isoformat(),
        alike.family_name,
        alike.given_name,
    )
    return [REFERRALS.read(row["state"]) for row in rows]
