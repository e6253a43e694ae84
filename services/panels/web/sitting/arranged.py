"""Everything by which a co-ordinator arranges sittings: pages for people, the same as JSON for programs."""

from fastapi import APIRouter

from chassis.service import Running
from chassis.web.routes import Routes
from chassis.web.start import Task
from services.panels.domain.funds import codes_of
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.web import fund, fund_api
from services.panels.web.case import together, unheard
from services.panels.web.desk import Desk
from services.panels.web.sitting import arranged_api, by_hand, members, month


def tasks(running: Running, book: PanelBook) -> tuple[Task, ...]:
    """The entries of the start page."""
    return (*month.TASKS, *unheard.tasks(running), *fund.tasks(codes_of(book)))


def router(desk: Desk) -> APIRouter:
    """The routes, to be asked before those of one sitting: ``/sittings/extra`` is none."""
    routes = Routes()
    for each in (arranged_api, by_hand, fund, fund_api, members, month, together, unheard):
        routes.include_router(each.router(desk))
    return routes
