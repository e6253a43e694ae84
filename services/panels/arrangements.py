"""The questions that arranging sittings asks: who may sit there, which cases are heard together."""

from collections.abc import Collection

from chassis.staff import COLLEAGUES, Colleague
from chassis.storage import Connection
from services.panels.domain.cases.case import Case
from services.panels.storage import CASES


async def cases_by_reference(conn: Connection, reference: str) -> list[Case]:
    """The case of the referral with this reference, as people write it; none or one."""
    rows = await conn.fetch(
        "SELECT state FROM placement_case WHERE state ->> 'reference' = $1", reference.strip().upper()
    )
    return [CASES.read(row["state"]) for row in rows]


async def heard_with(conn: Connection, case: Case) -> list[Case]:
    """The cases that are heard together with this one, itself among them; none where it is heard by itself."""
    if case.siblings is None:
        return []
    rows = await conn.fetch(
        "SELECT state FROM placement_case WHERE panel = $1 AND state ->> 'siblings' = $2 ORDER BY due, id",
        case.panel,
        case.siblings,
    )
    return [CASES.read(row["state"]) for row in rows]


async def colleagues(conn: Connection, roles: Collection[str]) -> dict[str, Colleague]:
    """Whoever works here and has, or will have, one of these roles, by id."""
    rows = await conn.fetch(
        "SELECT id, state FROM staff WHERE (state ->> 'active')::boolean AND EXISTS "
        "(SELECT FROM json_array_elements(state -> 'grants') g WHERE g ->> 'role' = ANY ($1))",
        list(roles),
    )
    return {row["id"]: COLLEAGUES.read(row["state"]) for row in rows}


async def asides_of(conn: Connection, staff_id: str) -> dict[str, set[str]]:
    """The cases for which a member of staff was said to stand aside, each with the sittings that say so."""
    rows = await conn.fetch(
        "SELECT s.id, a ->> 'case_id' AS case_id FROM sitting s, json_array_elements(s.state -> 'aside') a "
        "WHERE a ->> 'staff_id' = $1",
        staff_id,
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["case_id"], set()).add(row["id"])
    return found


async def waiting(conn: Connection) -> list[Case]:
    """All cases that wait for a sitting or for what they lack, and can be read; the earliest due first."""
    rows = await conn.fetch(
        "SELECT id, state FROM placement_case WHERE status = ANY ($1) ORDER BY due, id",
        ["incomplete", "queued", "deferred"],
    )
    return [case for _, case in CASES.readable(rows)]


async def without_panel(conn: Connection) -> list[Case]:
    """The cases that wait and that no panel hears, the earliest due first."""
    rows = await conn.fetch(
        "SELECT state FROM placement_case WHERE status = ANY ($1) AND coalesce(state ->> 'no_panel', '') <> '' "
        "ORDER BY due, id",
        ["incomplete", "queued", "deferred"],
    )
    return [CASES.read(row["state"]) for row in rows]


async def of_panels(conn: Connection, codes: Collection[str]) -> list[Case]:
    """All cases of these panels but those that were withdrawn, the earliest due first."""
    rows = await conn.fetch(
        "SELECT state FROM placement_case WHERE panel = ANY ($1) AND status <> 'withdrawn' ORDER BY due, id",
        list(codes),
    )
    return [CASES.read(row["state"]) for row in rows]


async def siblings_of(conn: Connection, case_ids: Collection[str]) -> tuple[str, ...]:
    """The ids of the cases that are heard together with one of these, and are none of them."""
    rows = await conn.fetch(
        "SELECT o.id FROM placement_case c JOIN placement_case o ON o.panel = c.panel AND o.id <> c.id "
        "AND o.status = 'queued' AND o.state ->> 'siblings' = c.state ->> 'siblings' "
        "WHERE c.id = ANY ($1) AND o.id <> ALL ($1) ORDER BY o.id",
        list(case_ids),
    )
    return tuple(dict.fromkeys(row["id"] for row in rows))
