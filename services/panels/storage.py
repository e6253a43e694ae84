"""Where cases, sittings and what others told are kept, and the questions that pages ask."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from pydantic import BaseModel, TypeAdapter

from chassis.erasing import ERASURES
from chassis.restrictions import RESTRICTIONS, restrictions_of
from chassis.staff import COLLEAGUES
from chassis.storage import Column, Connection, JsonTable
from services.panels.domain.cases.case import CASE, Case
from services.panels.domain.day.chairs_action import chair_acted_at
from services.panels.domain.day.waiting import waits_for
from services.panels.domain.heard import (
    ALIAS,
    CHILD,
    SCHOOL,
    TOLD,
    WORDS,
    Alias,
    Child,
    School,
    Told,
    Words,
)
from services.panels.domain.permissions import Subject, subject_of
from services.panels.domain.plan.plans import PLAN, Plan
from services.panels.domain.sittings.sitting import SITTING, Sitting

#: Sorts cases without a due date last; PostgreSQL keeps it as infinity.
NEVER = date.max

CASES: JsonTable[Case] = JsonTable(
    CASE,
    "placement_case",
    {
        "referral_id": Column("text", lambda case: case.referral_id),
        "panel": Column("text", lambda case: case.panel),
        "status": Column("text", lambda case: case.status),
        "due": Column("date", lambda case: case.due_on or NEVER),
        "to_decide": Column("boolean", lambda case: bool(case.to_decide)),
        "waits_for": Column("text", waits_for),
        "chair_acted_at": Column("timestamptz", chair_acted_at),
        "child_id": Column("text", lambda case: case.child_id),
    },
)
SITTINGS: JsonTable[Sitting] = JsonTable(
    SITTING,
    "sitting",
    {
        "panel": Column("text", lambda sitting: sitting.panel),
        "status": Column("text", lambda sitting: sitting.status),
        "sits_on": Column("date", lambda sitting: sitting.sits_on),
        "sits_at": Column("timestamptz", lambda sitting: sitting.sits_at),
    },
)
PLANS: JsonTable[Plan] = JsonTable(PLAN, "plan")
CHILDREN: JsonTable[Child] = JsonTable(CHILD, "child")
ALIASES: JsonTable[Alias] = JsonTable(ALIAS, "alias", {"into_id": Column("text", lambda alias: alias.into)})
WORDS_HEARD: JsonTable[Words] = JsonTable(WORDS, "referral_words")
SCHOOLS: JsonTable[School] = JsonTable(SCHOOL, "school")
TELLINGS: JsonTable[Told] = JsonTable(TOLD, "told")
ALL: tuple[JsonTable[BaseModel], ...] = (
    ERASURES,
    CASES,
    SITTINGS,
    PLANS,
    CHILDREN,
    ALIASES,
    WORDS_HEARD,
    SCHOOLS,
    TELLINGS,
    COLLEAGUES,
    RESTRICTIONS,
)  # type: ignore[assignment]

# Withdrawn cases have given their place up; all others of the batch fill one.
_SITTING = """
SELECT s.state, (
    SELECT count(*) FROM placement_case c
    WHERE c.id IN (SELECT json_array_elements_text(s.state -> 'case_ids')) AND c.status <> 'withdrawn'
) AS listed
FROM sitting s
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """A sitting and how many of its places are taken."""

    sitting: Sitting
    listed: int


@dataclass(frozen=True, slots=True)
class Background:
    """What other services told about a case; None or empty for what has not arrived."""

    child: Child | None
    school: School | None
    words: Words | None
    told: Told


async def sittings(conn: Connection, first: date, last: date, panel: str | None = None) -> list[Filled]:
    """The sittings from ``first`` to ``last``, both included, of one panel or of all, in order."""
    rows = await conn.fetch(
        _SITTING + "WHERE s.sits_on BETWEEN $1 AND $2 AND ($3::text IS NULL OR s.panel = $3) "
        "ORDER BY s.sits_at, s.id",
        first,
        last,
        panel,
    )
    return [Filled(SITTINGS.read(row["state"]), row["listed"]) for row in rows]


async def calendar(conn: Connection, first: date) -> tuple[list[Sitting], set[str]]:
    """The sittings from ``first`` on, in order, and the panels of those among them that cannot be read."""
    rows = await conn.fetch(
        "SELECT id, state, panel FROM sitting WHERE sits_on >= $1 ORDER BY sits_at, id", first
    )
    known = {row["id"]: sitting for row, sitting in SITTINGS.readable(rows)}
    return list(known.values()), {row["panel"] for row in rows if row["id"] not in known}


async def sittings_ahead(conn: Connection, panel: str, now: datetime) -> list[Filled]:
    """The sittings of a panel that have not begun, in order."""
    rows = await conn.fetch(
        _SITTING + "WHERE s.panel = $1 AND s.sits_at > $2 ORDER BY s.sits_at, s.id", panel, now
    )
    return [Filled(SITTINGS.read(row["state"]), row["listed"]) for row in rows]


async def sitting(conn: Connection, sitting_id: str) -> Filled | None:
    """One sitting."""
    row = await conn.fetchrow(_SITTING + "WHERE s.id = $1", sitting_id)
    return Filled(SITTINGS.read(row["state"]), row["listed"]) if row else None


async def cases_by_id(conn: Connection, ids: Sequence[str]) -> list[Case]:
    """The cases with these ids, in their order."""
    found = await CASES.load(conn, sorted(set(ids)), lock=False)
    return [found[id].state for id in ids if id in found]


async def all_cases(conn: Connection) -> list[Case]:
    """Every case there is, as for a replay of what came."""
    return [
        CASES.read(row["state"]) for row in await conn.fetch("SELECT state FROM placement_case ORDER BY id")
    ]


async def page(
    conn: Connection,
    states: Iterable[str] | None,
    panels: Collection[str] | None,
    referral_id: str | None,
    after: tuple[date, str] | None,
    limit: int,
) -> list[Case]:
    """Up to ``limit`` cases, the earliest due first, those after the place (due date, id) if one is given.

    ``states`` and ``panels`` are those that count; None is any.
    """
    due, id = after or (date.min, "")
    rows = await conn.fetch(
        "SELECT state FROM placement_case WHERE ($1::text[] IS NULL OR status = ANY ($1)) "
        "AND ($2::text[] IS NULL OR panel = ANY ($2)) AND ($3::text IS NULL OR referral_id = $3) "
        "AND (due, id) > ($4::date, $5::text) ORDER BY due, id LIMIT $6",
        list(states) if states is not None else None,
        list(panels) if panels is not None else None,
        referral_id,
        due,
        id,
        limit,
    )
    return [CASES.read(row["state"]) for row in rows]


_OPEN_TO_ALL = """
SELECT count(*) FROM placement_case WHERE status = ANY ($1) AND ($2::text[] IS NULL OR panel = ANY ($2))
  AND NOT ((state ->> 'restricted')::boolean IS TRUE OR EXISTS (SELECT FROM restriction r WHERE r.id = referral_id))
"""
_MAYBE_SHUT = """
SELECT state FROM placement_case WHERE status = ANY ($1) AND ($2::text[] IS NULL OR panel = ANY ($2))
  AND ((state ->> 'restricted')::boolean IS TRUE OR EXISTS (SELECT FROM restriction r WHERE r.id = referral_id))
"""


async def number(
    conn: Connection, states: Collection[str], panels: Collection[str] | None
) -> tuple[int, list[Case]]:
    """How many cases of these panels, or of all, are open to all who work with them, and those that may be shut."""
    asked = (list(states), list(panels) if panels is not None else None)
    rows = await conn.fetch(_MAYBE_SHUT, *asked)
    return await conn.fetchval(_OPEN_TO_ALL, *asked), [CASES.read(row["state"]) for row in rows]


async def to_decide(conn: Connection, panels: Collection[str] | None) -> list[Case]:
    """The cases of these panels, or of all, in which something that came late waits for an answer."""
    rows = await conn.fetch(
        "SELECT state FROM placement_case WHERE to_decide AND ($1::text[] IS NULL OR panel = ANY ($1)) "
        "ORDER BY due, id",
        list(panels) if panels is not None else None,
    )
    return [CASES.read(row["state"]) for row in rows]


_SETTINGS = """
SELECT id, state FROM school WHERE id = $1
UNION ALL
(SELECT id, state FROM school WHERE NOT EXISTS (SELECT FROM school WHERE id = $1)
 AND strpos(lower(state ->> 'name'), lower($1)) > 0
 ORDER BY state ->> 'name', id LIMIT $2)
"""


async def find_schools(conn: Connection, text: str, most: int = 12) -> list[tuple[str, School]]:
    """The schools with this URN, else those whose name has these words in it, each by its URN."""
    rows = await conn.fetch(_SETTINGS, text, most)
    return [(row["id"], SCHOOLS.read(row["state"])) for row in rows]


# One child's records in any order: aliases are followed both ways, each once.
_SAME_CHILD = """
WITH RECURSIVE same (id) AS (
    SELECT $1::text
    UNION
    SELECT CASE WHEN a.id = s.id THEN a.into_id ELSE a.id END
    FROM same s JOIN alias a ON a.into_id IS NOT NULL AND (a.id = s.id OR a.into_id = s.id)
)
SELECT c.state FROM placement_case c JOIN same s ON c.child_id = s.id ORDER BY c.due, c.id
"""


async def cases_of_child(conn: Connection, child_id: str) -> list[Case]:
    """All cases of a child, under whichever of its ids; the earliest due first."""
    return [CASES.read(row["state"]) for row in await conn.fetch(_SAME_CHILD, child_id)]


async def subjects(conn: Connection, cases: Sequence[Case], now: datetime) -> list[tuple[Case, Subject]]:
    """The cases, each with what matters to who may see it."""
    known = await restrictions_of(conn, [case.referral_id for case in cases])
    return [(case, subject_of(case, known.get(case.referral_id), now)) for case in cases]


class About(Protocol):
    """What is about one child of one school by one referral: a case, or its way to a place."""

    @property
    def child_id(self) -> str: ...
    @property
    def urn(self) -> str: ...
    @property
    def referral_id(self) -> str: ...


async def background(conn: Connection, case: About) -> Background:
    """What is known of a case from other services."""
    row = await conn.fetchrow(
        "SELECT (SELECT state FROM child WHERE id = $1) AS child, (SELECT state FROM school WHERE id = $2) AS school, "
        "(SELECT state FROM referral_words WHERE id = $3) AS words, (SELECT state FROM told WHERE id = $3) AS told",
        case.child_id,
        case.urn,
        case.referral_id,
    )
    assert row is not None
    return Background(
        child=TypeAdapter(Child | None).validate_json(row["child"] or "null"),
        school=TypeAdapter(School | None).validate_json(row["school"] or "null"),
        words=TypeAdapter(Words | None).validate_json(row["words"] or "null"),
        told=TELLINGS.read(row["told"]) if row["told"] else Told(),
    )
