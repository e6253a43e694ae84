"""What tells an open page that it is out of date: a number that changes with what the page shows."""

from typing import Any

from chassis.storage import Connection
from chassis.web.live import Live
from chassis.web.people import Person
from services.panels import storage
from services.panels.domain.permissions import panels_of
from services.panels.web.desk import Desk

_SITTING = """
SELECT s.panel, s.version + coalesce((
    SELECT sum(c.version) FROM placement_case c
    WHERE c.id IN (SELECT json_array_elements_text(s.state -> 'case_ids'))
), 0) AS version FROM sitting s WHERE s.id = $1
"""
_QUEUE = (
    "SELECT 1 + coalesce(sum(version), 0) FROM placement_case WHERE $1::text[] IS NULL OR panel = ANY ($1)"
)


def live(desk: Desk) -> Live:
    """The streams of this service's pages."""
    streams = Live(desk.running)

    async def of_sitting(conn: Any, person: Person, sitting_id: str) -> int:
        return await sitting_version(desk, conn, person, sitting_id)

    async def of_case(conn: Any, person: Person, case_id: str) -> int:
        found = await desk.open(conn, person, await storage.cases_by_id(conn, [case_id]))
        return found[0].version if found else 0

    async def of_queue(conn: Any, person: Person, _: str) -> int:
        return await queue_version(conn, person)

    streams.changes("sitting", of_sitting)
    streams.changes("case", of_case)
    streams.changes("cases", of_queue)
    return streams


async def sitting_version(desk: Desk, conn: Connection, person: Person, sitting_id: str) -> int:
    """How often a sitting and its cases were changed; 0 for whoever has nothing to do with its panel."""
    row = await conn.fetchrow(_SITTING, sitting_id)
    return int(row["version"]) if row and desk.sees_panel(person, row["panel"]) else 0


async def queue_version(conn: Connection, person: Person) -> int:
    """How often the cases of somebody's panels were changed."""
    panels = panels_of(person, "case:see")
    return int(await conn.fetchval(_QUEUE, list(panels) if panels is not None else None))
