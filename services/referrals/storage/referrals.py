"""Referrals, their papers and persons, the directory as it was published last."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from chassis.storage import Column, Connection, JsonTable
from schemas.personal_v1 import PersonDetails
from services.referrals.domain import queues as turns
from services.referrals.domain import reaching
from services.referrals.domain.children.persons import PERSON
from services.referrals.domain.directory.listing import ENTRY
from services.referrals.domain.referral import (
    PAPERS,
    REFERRAL,
    UNDER_WAY,
    WAITING,
    Left,
    Papers,
    Referral,
    Status,
)

REFERRALS = JsonTable(
    REFERRAL,
    "referral",
    {
        "reference": Column("text", lambda state: state.reference),
        "urn": Column("text", lambda state: state.urn),
        "status": Column("text", lambda state: state.status),
        "destination": Column("text", lambda state: state.destination),
        "received_at": Column("timestamptz", lambda state: state.received_at),
        "answer_by": Column("date", lambda state: state.answer_by),
        "stage": Column("text", turns.stage),
        "kind": Column("text", lambda state: state.destination_kind),
        "area": Column("text", lambda state: state.area),
        "phase": Column("text", lambda state: state.phase),
        "need": Column("text", lambda state: state.primary_need),
        "asks_for": Column("text", lambda state: state.asks_for),
        "due_on": Column("date", turns.due_on),
        "changed_at": Column("timestamptz", lambda state: state.changed_at),
        "assigned_to": Column("text", lambda state: state.assigned_to),
        "assigned_at": Column("timestamptz", lambda state: state.assigned_at),
        "answered_at": Column("timestamptz", turns.answered_at),
        "review_open": Column("boolean", turns.review_open),
        "ended_at": Column("timestamptz", turns.ended_at),
        "to_reach": Column("boolean", reaching.waits),
        "child_id": Column("text", lambda state: state.child_id),
        "follows": Column("text", lambda state: state.follows),
    },
    lean=True,
)
PAPERS_TABLE = JsonTable(
    PAPERS,
    "papers",
    {
        "old_reference": Column("text", lambda state: state.papers.old_reference),
        "left_by": Column("text", lambda state: state.left[-1].urn if state.left else None),
    },
)
PERSONS = JsonTable(
    PERSON,
    "person",
    {
        "likeness": Column("text", lambda state: state.likeness),
        "asks_school": Column("text", lambda state: state.asks_school),
        "born": Column("text", lambda state: state.details.born and state.details.born.isoformat()),
    },
)
ENTRIES = JsonTable(ENTRY, "directory_entry")

REPOSITORIES = (REFERRALS, PAPERS_TABLE, PERSONS, ENTRIES)


async def by_reference(conn: Connection, reference: str) -> Referral | None:
    """The referral with this reference (in its standard writing), or None."""
    state = await conn.fetchval("SELECT state FROM referral WHERE reference = $1", reference)
    return None if state is None else REFERRALS.read(state)


async def by_id(conn: Connection, id: str) -> Referral | None:
    """The referral with this id, or None."""
    state = await conn.fetchval("SELECT state FROM referral WHERE id = $1", id)
    return None if state is None else REFERRALS.read(state)


async def children_by_old_reference(conn: Connection, typed: str) -> list[str]:
    """The children of the cases that an older system knew by this number; capitals and blanks around it do no harm."""
    rows = await conn.fetch(
        "SELECT r.child_id FROM papers p JOIN referral r ON r.id = p.id WHERE lower(p.old_reference) = lower($1)",
        typed.strip(),
    )
    return [str(row["child_id"]) for row in rows]


async def papers_of(conn: Connection, referral_id: str) -> Papers | None:
    """The words of a referral, or None."""
    state = await conn.fetchval("SELECT state FROM papers WHERE id = $1", referral_id)
    return None if state is None else PAPERS_TABLE.read(state)


async def left_by(conn: Connection, urns: Collection[str], most: int = 50) -> list[Left]:
    """What these schools go on seeing of children who have left them, the latest first; nothing that is restricted."""
    rows = await conn.fetch(
        "SELECT state FROM papers p WHERE left_by = ANY($1) "
        "AND NOT EXISTS (SELECT FROM restriction x WHERE x.id = p.id AND x.restricted) "
        "ORDER BY state -> 'left' -> -1 ->> 'at' DESC, id LIMIT $2",
        sorted(urns),
        most,
    )
    return [PAPERS_TABLE.read(row["state"]).left[-1] for row in rows]


async def persons_of(conn: Connection, ids: Collection[str]) -> dict[str, PersonDetails]:
    """The details of those of these persons that are known, by id."""
    found = await PERSONS.load(conn, sorted(set(ids)), lock=False)
    return {id: stored.state.details for id, stored in found.items()}


async def waiting_for(conn: Connection, destinations: Collection[str]) -> list[str]:
    """The ids of referrals that wait for one of these panels, which did not sit when they came."""
    rows = await conn.fetch(
        "SELECT id FROM referral WHERE ended_at IS NULL AND status = 'waiting' AND destination = ANY($1) "
        "ORDER BY received_at, id",
        sorted(destinations),
    )
    return [str(row["id"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which referrals a page lists; None is no limit. ``after`` is the reference of the last one shown."""

    status: Status | None = None
    destination: str | None = None
    urns: Collection[str] | None = None
    after: str | None = None
    limit: int = 100


_PAGE = """
SELECT state FROM referral
WHERE ($1::text IS NULL OR status = $1) AND {ended}
  AND ($2::text IS NULL OR destination = $2)
  AND ($3::text[] IS NULL OR urn = ANY($3))
  AND ($4::text IS NULL
       OR (received_at, id) > (SELECT last.received_at, last.id FROM referral last WHERE last.reference = $4))
  AND NOT EXISTS (SELECT FROM restriction x WHERE x.id = referral.id AND x.restricted)
ORDER BY received_at, id
LIMIT $5
"""


async def page(conn: Connection, wanted: Wanted) -> list[Referral]:
    """The oldest referrals first, without those that are restricted."""
    urns = None if wanted.urns is None else sorted(wanted.urns)
    # Said besides, so that the indexes of what is in hand, and of what has ended, serve it.
    ended = "true" if wanted.status is None else f"ended_at IS {'NOT ' * turns.ends(wanted.status)}NULL"
    rows = await conn.fetch(
        _PAGE.format(ended=ended), wanted.status, wanted.destination, urns, wanted.after, wanted.limit
    )
    return [REFERRALS.read(row["state"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Queue:
    """How many referrals one destination has, and since when the longest waits."""

    destination: str
    waiting: int
    under_way: int
    ended: int
    overdue: int
    oldest: datetime | None


_QUEUES = """
SELECT destination,
       count(*) FILTER (WHERE status = ANY($1)) AS waiting,
       count(*) FILTER (WHERE status = ANY($2)) AS under_way,
       count(*) FILTER (WHERE NOT status = ANY($1) AND NOT status = ANY($2)) AS ended,
       count(*) FILTER (WHERE status = 'routed' AND answer_by < $3) AS overdue,
       min(received_at) FILTER (WHERE status = ANY($1)) AS oldest
FROM referral
WHERE $4::text[] IS NULL OR urn = ANY($4)
GROUP BY destination
ORDER BY destination
"""


async def queues(conn: Connection, today: date, urns: Collection[str] | None) -> list[Queue]:
    """One line for each destination that has ever had a referral (of these schools)."""
    limit = None if urns is None else sorted(urns)
    rows = await conn.fetch(_QUEUES, sorted(WAITING), sorted(UNDER_WAY), today, limit)
    return [Queue(**dict(row)) for row in rows]
