"""The HTTP side: an API for programs and pages for people."""

from pathlib import Path

from fastapi import APIRouter

from chassis.service import Running
from chassis.web import start
from chassis.web.routes import Routes
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.replanning import Planning
from services.panels.web import api, changing, day, placing
from services.panels.web.case import at_risk, case_acts, cases, completing, completing_api, late, ways_out
from services.panels.web.desk import Desk
from services.panels.web.out import given_out
from services.panels.web.plan import moving, plan_page, plans_api, swapping
from services.panels.web.sitting import arranged, sittings
from services.panels.web.trying import what_if

__all__ = ["OPEN_PATHS", "router"]

#: Routes that need no token and no sign-in.
OPEN_PATHS = (*start.OPEN_PATHS, *given_out.OPEN_PATHS, *placing.OPEN_PATHS)
_PAGES = Path(__file__).parent.parent / "pages"


def router(running: Running, book: PanelBook, planning: Planning) -> APIRouter:
    """All routes of this service."""
    watched = (*at_risk.tasks(running, book), *late.tasks(running), *day.tasks(running, book))
    tasks = (
        *sittings.TASKS,
        *arranged.tasks(running, book),
        *plan_page.TASKS,
        *cases.tasks(running),
        *watched,
        *given_out.TASKS,
        *what_if.TASKS,
        *placing.tasks(running),
    )
    desk = Desk(running, book, start.look_of(running, _PAGES, tasks), planning)
    routes = Routes()
    routes.include_router(api.router(running, book, planning))
    routes.include_router(start.router(running, desk.look, tasks))
    routes.include_router(plans_api.router(desk))
    routes.include_router(plan_page.router(desk))
    routes.include_router(moving.router(desk))
    routes.include_router(swapping.router(desk))
    routes.include_router(arranged.router(desk))
    routes.include_router(sittings.router(desk))
    routes.include_router(cases.router(desk))
    routes.include_router(at_risk.router(desk))
    routes.include_router(late.router(desk))
    routes.include_router(case_acts.router(desk))
    routes.include_router(completing.router(desk))
    routes.include_router(completing_api.router(desk))
    routes.include_router(ways_out.router(desk))
    routes.include_router(given_out.router(desk))
    routes.include_router(day.router(desk))
    routes.include_router(changing.live(desk).router())
    routes.include_router(what_if.router(desk))
    routes.include_router(placing.router(desk))
    return routes
