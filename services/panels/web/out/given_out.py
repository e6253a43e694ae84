"""What the service gives out: packs, minutes, calendars, lists, reports, and a page for everybody."""

from fastapi import APIRouter

from chassis.web.routes import Routes
from services.panels.web.desk import Desk
from services.panels.web.out import about, calendars, lists, minutes, packs, reports, sen2

TASKS = (*calendars.TASKS, *reports.TASKS, *sen2.TASKS, *about.TASKS)
OPEN_PATHS = (*calendars.OPEN_PATHS, *about.OPEN_PATHS)


def router(desk: Desk) -> APIRouter:
    """All routes of it."""
    routes = Routes()
    for each in (packs, minutes, calendars, reports, sen2, about):
        routes.include_router(each.router(desk))
    routes.include_router(lists.router(desk.running, desk.book))
    return routes
