"""Enquiries: those of a school, and the queue of those who answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from chassis.storage import Column, Connection, JsonTable
from services.referrals.domain.enquiries.enquiry import ENQUIRY, Enquiry
from services.referrals.domain.permissions import Reach

Tab = Literal["new", "mine", "taken", "late", "answered"]
TABS: tuple[Tab, ...] = get_args(Tab)

ENQUIRIES = JsonTable(
    ENQUIRY,
    "enquiry",
    {
        "reference": Column("text", lambda state: state.reference),
        "urn": Column("text", lambda state: state.urn),
        "area": Column("text", lambda state: state.area),
        "destination": Column("text", lambda state: state.destination),
        "destination_kind": Column("text", lambda state: state.destination_kind),
        "status": Column("text", lambda state: state.status),
        "taken_by": Column("text", lambda state: state.taken_by),
        "asked_at": Column("timestamptz", lambda state: state.asked_at),
        "answer_by": Column("date", lambda state: state.answer_by),
    },
)
#: What a tab holds; a count and its list share it. $7 is today, $8 whose work is theirs.
_HOLDS: Mapping[Tab, str] = {
    "new": "status = 'new'",
    "mine": "status IN ('new', 'taken') AND taken_by = ANY($8)",
    "taken": "status = 'taken'",
    "late": "status IN ('new', 'taken') AND answer_by < $7",
    "answered": "status IN ('answered', 'converted', 'closed')",
}
_WITHIN = """
($1 OR urn = ANY($2) OR area = ANY($3) OR destination = ANY($4) OR destination_kind = ANY($5)
 OR (area || ' ' || destination_kind) = ANY($6))
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose queue of enquiries is wanted, on which day. ``me`` are the staff ids whose work is theirs."""

    reach: Reach
    me: frozenset[str]
    today: date

    @property
    def values(self) -> list[Any]:
        """The parameters of the queries."""
        within = self.reach
        patches = [f"{area} {kind}" for area, kind in within.patches]
        some = (within.urns, within.areas, within.destinations, within.kinds, patches)
        return [within.everything, *map(sorted, some), self.today, sorted(self.me)]


async def counts(conn: Connection, asked: Asked) -> dict[Tab, int]:
    """How many each tab holds."""
    sums = ", ".join(f"count(*) FILTER (WHERE {holds}) AS {tab}" for tab, holds in _HOLDS.items())
    row = await conn.fetchrow(f"SELECT {sums} FROM enquiry WHERE {_WITHIN}", *asked.values)
    assert row is not None  # an aggregate always has one row
    return {tab: row[tab] for tab in TABS}


async def listed(conn: Connection, asked: Asked, tab: Tab, page: int = 1, limit: int = 25) -> list[Enquiry]:
    """A page of a tab: what is due first on top, of what is over the latest."""
    order = "asked_at DESC, id" if tab == "answered" else "answer_by, asked_at, id"
    # Each parameter is named somewhere, whichever tab it is: PostgreSQL must know its type.
    query = (
        f"SELECT state FROM enquiry WHERE {_WITHIN} AND {_HOLDS[tab]} "
        "AND $7::date IS NOT NULL AND $8::text[] IS NOT NULL "
        f"ORDER BY {order} LIMIT $9 OFFSET $10"
    )
    rows = await conn.fetch(query, *asked.values, limit, (page - 1) * limit)
    return [ENQUIRIES.read(row["state"]) for row in rows]


async def of_schools(conn: Connection, urns: Collection[str], limit: int = 200) -> list[Enquiry]:
    """The latest enquiries of these schools."""
    rows = await conn.fetch(
        "SELECT state FROM enquiry WHERE urn = ANY($1) ORDER BY asked_at DESC, id LIMIT $2",
        sorted(urns),
        limit,
    )
    return [ENQUIRIES.read(row["state"]) for row in rows]


_PAGE = """
SELECT state FROM enquiry
WHERE ($1::text[] IS NULL OR urn = ANY($1))
  AND ($2::text IS NULL OR status = $2)
  AND ($3::text IS NULL
       OR (asked_at, id) > (SELECT last.asked_at, last.id FROM enquiry last WHERE last.reference = $3))
ORDER BY asked_at, id
LIMIT $4
"""


async def page(
    conn: Connection, urns: Collection[str] | None, status: str | None, after: str | None, limit: int
) -> list[Enquiry]:
    """The oldest enquiries first (of these schools), after the one with the reference ``after``."""
    rows = await conn.fetch(_PAGE, None if urns is None else sorted(urns), status, after, limit)
    return [ENQUIRIES.read(row["state"]) for row in rows]


async def by_reference(conn: Connection, reference: str) -> Enquiry | None:
    """The enquiry with this reference (in its standard writing), or None."""
    state = await conn.fetchval("SELECT state FROM enquiry WHERE reference = $1", reference)
    return None if state is None else ENQUIRIES.read(state)
