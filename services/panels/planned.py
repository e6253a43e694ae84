"""What the planner asks of the database: which cases can be planned, what has changed, which plan is kept."""

from datetime import datetime

from chassis.storage import Connection
from services.panels.domain.cases.case import Case
from services.panels.domain.plan.plans import Plan
from services.panels.storage import CASES, PLANS


async def plannable(conn: Connection, panel: str) -> list[Case]:
    """The cases of a panel that are complete and wait for a sitting or are on a batch, the earliest due first.

    One whose child has died is heard nowhere.
    """
    rows = await conn.fetch(
        "SELECT state FROM placement_case WHERE panel = $1 AND status IN ('queued', 'listed') ORDER BY due, id",
        panel,
    )
    found = [CASES.read(row["state"]) for row in rows]
    return [case for case in found if case.died_at is None]


# The same number as long as no row has changed that a plan is made from.
_MARK = """
SELECT (SELECT coalesce(sum(hashtextextended(id, version)), 0) FROM placement_case
        WHERE panel = $1 AND status IN ('queued', 'listed'))
     + (SELECT coalesce(sum(hashtextextended(id, version)), 0) FROM sitting WHERE panel = $1 AND sits_at > $2)
"""


async def mark(conn: Connection, panel: str, now: datetime) -> object:
    """What changes whenever a case or sitting changes that the plan of a panel is made from."""
    return await conn.fetchval(_MARK, panel, now)


async def plan_of(conn: Connection, panel: str) -> Plan | None:
    """The plan of a panel as it was made last."""
    state = await conn.fetchval("SELECT state FROM plan WHERE id = $1", panel)
    return PLANS.read(state) if state else None


async def digest_of_plan(conn: Connection, panel: str) -> str | None:
    """The digest of the plan of a panel as it was made last."""
    digest: str | None = await conn.fetchval("SELECT state ->> 'digest' FROM plan WHERE id = $1", panel)
    return digest


async def moment(conn: Connection) -> datetime:
    """What time it is by the database's clock, which all processes share."""
    now: datetime = await conn.fetchval("SELECT clock_timestamp()")
    return now
