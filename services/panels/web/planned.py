"""The plan for those cases that somebody may see, made beside the event loop, one at a time."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from chassis.storage import Connection
from services.panels import storage, views
from services.panels.domain.case import Case
from services.panels.domain.sitting import takes_cases
from services.panels.domain.sittings_calendar import PanelBook
from services.panels.planning.asked import PlanCase, PlanSitting
from services.panels.planning.outcome import Plan

# A plan of hundreds of cases takes a second of a processor; the solver lets others go on meanwhile.
_PLANNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="planner")


async def planned(
    conn: Connection, book: PanelBook, panel: str, waiting: Sequence[Case], now: datetime
) -> Plan:
    """What the planner proposes for these cases and the sittings of their panel that are still to come."""
    ahead = await storage.sittings_ahead(conn, panel, now)
    sittings = [
        views.to_plan_sitting(one, rules, takes_cases(one.sitting, now))
        for one in ahead
        if (rules := book.at(one.sitting.panel, one.sitting.sits_on))
    ]
    cases = [views.to_plan_case(case) for case in waiting]
    return await asyncio.get_running_loop().run_in_executor(_PLANNER, _plan, cases, sittings)


def _plan(cases: Sequence[PlanCase], sittings: Sequence[PlanSitting]) -> Plan:
    # Only when somebody asks for one: what plans takes 26 MB of memory, in a process that may never be asked.
    from services.panels.planner import plan

    return plan(cases, sittings)
