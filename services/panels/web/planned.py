"""The plan for those cases that somebody may see, made beside the event loop, one at a time."""

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from chassis.storage import Connection
from chassis.telemetry import get_logger
from services.panels import storage, views
from services.panels.domain.case import Case
from services.panels.domain.sitting import takes_cases
from services.panels.domain.sittings_calendar import PanelBook
from services.panels.planning.asked import PlanCase, PlanSitting
from services.panels.planning.outcome import Plan

# A plan of hundreds of cases takes a second of a processor; the solver lets others go on meanwhile.
_PLANNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="planner")

log = get_logger(__name__)


async def sittings_ahead(
    conn: Connection, book: PanelBook, panel: str, now: datetime
) -> Sequence[PlanSitting]:
    """The sittings of a panel that are still to come, as the planner sees them."""
    return [
        views.to_plan_sitting(one, rules, takes_cases(one.sitting, now))
        for one in await storage.sittings_ahead(conn, panel, now)
        if (rules := book.at(one.sitting.panel, one.sitting.sits_on))
    ]


async def planned(waiting: Iterable[Case], ahead: Sequence[PlanSitting]) -> Plan:
    """What the planner proposes for these cases. Asked without a connection: it may take seconds."""
    cases = [views.to_plan_case(case) for case in waiting]
    made = await asyncio.get_running_loop().run_in_executor(_PLANNER, _plan, cases, ahead)
    if made.listings and not made.proofs:
        log.warning("plan_not_proved", cases=len(cases), sittings=len(ahead))
    return made


def _plan(cases: Sequence[PlanCase], sittings: Sequence[PlanSitting]) -> Plan:
    # Only when somebody asks for one: what plans takes 26 MB of memory, in a process that may never be asked.
    from services.panels.planner import plan

    return plan(cases, sittings)
