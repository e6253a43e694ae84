"""What the planner asks of the database: which cases can be planned, what has changed, which plan is kept."""

import asyncio
from datetime import datetime

from chassis.decision import Refused
from chassis.storage import Connection
from services.panels.domain.cases.case import Case
from services.panels.domain.plan.plans import Plan
from services.panels.storage import CASES, PLANS

#: More cases of a panel than this are not planned: many times what an authority has, they would fill the memory.
MOST_PLANNED = 20_000


class TooManyCases(Refused):
    """More cases of a panel wait than a plan can be made of."""

    def __init__(self) -> None:
        super().__init__(
            "too-many-cases", f"More than {MOST_PLANNED:,} cases wait: no plan can be made of so many."
        )


async def plannable(conn: Connection, panel: str) -> list[Case]:
    """The cases of a panel that are complete and wait for a sitting or are on a batch, the earliest due first.

    One whose child has died is heard nowhere. Raises TooManyCases.
    """
    rows = await conn.fetch(
        "SELECT state FROM placement_case WHERE panel = $1 AND status IN ('queued', 'listed') ORDER BY due, id "
        "LIMIT $2",
        panel,
        MOST_PLANNED + 1,
    )
    if len(rows) > MOST_PLANNED:
        raise TooManyCases
    # Thousands take a good part of a second: in a thread, where others have their turn meanwhile.
    found = await asyncio.to_thread(lambda: [CASES.read(row["state"]) for row in rows])
    return [case for case in found if case.died_at is None]


# The same number as long as no row has changed that a plan is made from, 0 where nothing is to be planned. However many
# there are, it reads no more of them than could be planned.
_MARK = """
SELECT CASE WHEN count(*) = 0 THEN 0 WHEN count(*) <= $3 THEN coalesce(sum(hashtextextended(id, version)), 0) + (
    SELECT coalesce(sum(hashtextextended(id, version)), 0) FROM sitting WHERE panel = $1 AND sits_at > $2) END
FROM (SELECT id, version FROM placement_case WHERE panel = $1 AND status IN ('queued', 'listed')
      LIMIT $3::int + 1) AS waiting
"""


async def mark(conn: Connection, panel: str, now: datetime) -> object | None:
    """What changes whenever a case or sitting changes that the plan of a panel is made from.

    0 where none waits, None where more wait than can be planned.
    """
    found: object | None = await conn.fetchval(_MARK, panel, now, MOST_PLANNED)
    return found


async def plan_of(conn: Connection, panel: str) -> Plan | None:
    """The plan of a panel as it was made last."""
    state = await conn.fetchval("SELECT state FROM plan WHERE id = $1", panel)
    return PLANS.read(state) if state else None


async def moment(conn: Connection) -> datetime:
    """What time it is by the database's clock, which all processes share."""
    now: datetime = await conn.fetchval("SELECT clock_timestamp()")
    return now
