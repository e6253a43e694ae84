"""Drafts of a school."""

from collections.abc import Collection

from chassis.storage import Column, Connection, JsonTable
from services.referrals.domain.commands import Origin
from services.referrals.domain.intake.drafts import DRAFT, Draft

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
