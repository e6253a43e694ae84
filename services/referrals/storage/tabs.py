"""The queues of teams, co-ordinators and schools: what each tab holds, counted and listed by one predicate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args

from chassis.storage import Connection
from services.referrals.domain.permissions import Reach
from services.referrals.domain.queues import Load
from services.referrals.domain.referral import Referral
from services.referrals.storage.referrals import REFERRALS

Tab = Literal[
    "new", "unassigned", "awaiting", "mine", "recent", "overdue", "panel", "completed", "todo", "late", "open"
]  # fmt: skip
Sort = Literal["due", "oldest", "newest", "changed"]
#: The tabs of a team's queue, and of a school's page.
TABS: tuple[Tab, ...] = ("new", "unassigned", "awaiting", "mine", "recent", "overdue", "panel", "completed")
SCHOOL_TABS: tuple[Tab, ...] = ("todo", "late", "open", "completed")
SORTS: tuple[Sort, ...] = get_args(Sort)
RECENT = timedelta(days=7)

# Each says of itself that it has not ended, so that the partial index of what is in hand serves it.
_IN_HAND = "ended_at IS NULL AND stage IN ('new', 'working')"
_WITH_THE_TEAM = "ended_at IS NULL AND stage IN ('new', 'working', 'school')"
#: What a school is asked to do: to answer, or to say whether it helped once that day has come.
_OWED = "stage = 'school' OR (review_open AND due_on <= :today)"
#: What a tab holds; a count and its list share it. :me, :since and :today are filled in.
_HOLDS: Mapping[Tab, str] = {
    "new": "ended_at IS NULL AND stage = 'new'",
    "unassigned": f"{_IN_HAND} AND assigned_to IS NULL",
    "awaiting": "ended_at IS NULL AND stage = 'school'",
    "mine": f"{_WITH_THE_TEAM} AND assigned_to = ANY(:me)",
    "recent": f"{_WITH_THE_TEAM} AND assigned_at >= :since",
    "overdue": f"{_IN_HAND} AND due_on < :today",
    "panel": "ended_at IS NULL AND stage = 'panel'",
    "completed": "ended_at IS NOT NULL",
    "todo": _OWED,
    "late": f"({_OWED}) AND due_on < :today",
    "open": "ended_at IS NULL",
}
#: The column, and the direction, in which a list goes.
_ORDER: Mapping[Sort, tuple[str, str]] = {
    "due": ("due_on", "ASC"),
    "oldest": ("received_at", "ASC"),
    "newest": ("received_at", "DESC"),
    "changed": ("changed_at", "DESC"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which referrals of a queue are wanted; None, or empty, is no limit.

    ``urns`` are the schools that a search by name has found; ``reference`` is in its standard writing.
    """

    need: str | None = None
    phase: str | None = None
    area: str | None = None
    asks_for: str | None = None
    destination: str | None = None
    assigned_to: str | None = None
    reference: str | None = None
    urns: frozenset[str] | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A tab of somebody's queue. ``after`` is the reference of the last one that was shown.

    ``me`` are the staff ids whose work is theirs: their own, and those they stand in for.
    """

    reach: Reach
    me: frozenset[str]
    today: date
    now: datetime
    tab: Tab = "new"
    filter: Filter = field(default_factory=Filter)
    sort: Sort = "due"
    after: str | None = None
    limit: int = 25
    tabs: tuple[Tab, ...] = TABS


class _Query:
    """SQL whose values are all parameters."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def put(self, value: Any) -> str:
        """The parameter that stands for a value."""
        self.values.append(value)
        return f"${len(self.values)}"

    def any_of(self, column: str, values: frozenset[str]) -> str:
        """Whether a column is one of these."""
        return f"{column} = ANY({self.put(sorted(values))}::text[])"


def _within(query: _Query, reach: Reach) -> str:
    """What somebody may see, apart from what is restricted to others."""
    if reach.everything:
        return "true"
    ways = [
        query.any_of(column, values)
        for column, values in (
            ("urn", reach.urns),
            ("area", reach.areas),
            ("destination", reach.destinations),
            ("kind", reach.kinds),
            ("assigned_to", reach.assigned),
        )
        if values
    ]
    for area, kind in sorted(reach.patches):
        ways.append(f"(area = {query.put(area)} AND kind = {query.put(kind)})")
    return f"({' OR '.join(ways)})" if ways else "false"


def _open(query: _Query, reach: Reach) -> str:
    """Whether it is not restricted to others."""
    named = f"x.state::jsonb -> 'named' ? {query.put(reach.staff_id)}"
    return f"NOT EXISTS (SELECT FROM restriction x WHERE x.id = referral.id AND x.restricted AND NOT {named})"


def seen_by(reach: Reach) -> tuple[str, list[Any]]:
    """The condition on the table ``referral`` for what is within this reach, and its parameters from $1 on."""
    query = _Query()
    return f"{_within(query, reach)} AND {_open(query, reach)}", query.values


def _fits(query: _Query, wanted: Filter, today: date) -> list[str]:
    columns = ("need", "phase", "area", "asks_for", "destination", "assigned_to", "reference")
    given = ((column, getattr(wanted, column)) for column in columns)
    terms = [f"{column} = {query.put(value)}" for column, value in given if value is not None]
    if wanted.urns is not None:
        terms.append(query.any_of("urn", wanted.urns))
    if wanted.overdue:
        terms.append(f"{_IN_HAND} AND due_on < {query.put(today)}")
    return terms


def _holds(query: _Query, asked: Asked, tab: Tab) -> str:
    """Whether a tab holds a referral."""
    sql, values = _HOLDS[tab], {":me": sorted(asked.me), ":since": asked.now - RECENT, ":today": asked.today}
    for name, value in values.items():
        if name in sql:
            sql = sql.replace(name, query.put(value))
    return f"({sql})"


def _where(query: _Query, asked: Asked) -> str:
    terms = [_within(query, asked.reach), _open(query, asked.reach)]
    return " AND ".join([*terms, *_fits(query, asked.filter, asked.today)])


async def counts(conn: Connection, asked: Asked) -> dict[str, int]:
    """How many each of the tabs holds, with the filter that is set.

    One statement, so that the numbers belong together. What has ended is counted apart, from an index alone,
    since it is nearly everything.
    """
    query = _Query()
    where = _where(query, asked)
    numbers = [
        f"count(*) FILTER (WHERE {_holds(query, asked, tab)}) AS {tab}"
        for tab in asked.tabs
        if tab != "completed"
    ]
    ended = f"SELECT count(*) FROM referral WHERE {where} AND {_holds(query, asked, 'completed')}"
    sql = (
        f"SELECT {', '.join(numbers)}, ({ended}) AS completed FROM referral "
        f"WHERE {where} AND (ended_at IS NULL OR review_open)"
    )
    row = await conn.fetchrow(sql, *query.values)
    assert row is not None
    return {tab: row[tab] for tab in asked.tabs}


def _order(asked: Asked) -> tuple[str, str]:
    if asked.tab == "completed" and asked.sort in ("due", "changed"):
        return "ended_at", "DESC"
    return _ORDER[asked.sort]


async def listed(conn: Connection, asked: Asked) -> list[Referral]:
    """One page of a tab, in order."""
    query = _Query()
    column, direction = _order(asked)
    terms = [_where(query, asked), _holds(query, asked, asked.tab)]
    if asked.after is not None:
        beyond = ">" if direction == "ASC" else "<"
        last = f"SELECT last.{column}, last.id FROM referral last WHERE last.reference = {query.put(asked.after)}"
        terms.append(f"({column}, id) {beyond} ({last})")
    sql = (
        f"SELECT state FROM referral WHERE {' AND '.join(terms)} "
        f"ORDER BY {column} {direction}, id {direction} LIMIT {query.put(asked.limit)}"
    )
    return [REFERRALS.read(row["state"]) for row in await conn.fetch(sql, *query.values)]


_MOST_TO_REACH = 100


async def to_reach(conn: Connection, reach: Reach) -> list[Referral]:
    """Referrals within this reach whose families could not be told of something, the oldest first."""
    seen, values = seen_by(reach)
    rows = await conn.fetch(
        f"SELECT state FROM referral WHERE to_reach AND {seen} ORDER BY received_at, id LIMIT {_MOST_TO_REACH}",
        *values,
    )
    return [REFERRALS.read(row["state"]) for row in rows]


_LOADS = f"""
SELECT assigned_to AS staff_id,
       count(*) FILTER (WHERE {_IN_HAND}) AS working,
       count(*) FILTER (WHERE stage = 'school') AS with_school,
       count(*) FILTER (WHERE {_IN_HAND} AND due_on < $2) AS overdue,
       max(assigned_at) AS last_given
FROM referral
WHERE ended_at IS NULL AND assigned_to = ANY($1::text[])
GROUP BY assigned_to
"""


async def loads(conn: Connection, staff: Sequence[str], today: date) -> list[Load]:
    """How much open work each of these members of staff has, none of them left out."""
    rows = {row["staff_id"]: row for row in await conn.fetch(_LOADS, sorted(staff), today)}
    return [Load(**dict(rows[each])) if each in rows else Load(each) for each in staff]
