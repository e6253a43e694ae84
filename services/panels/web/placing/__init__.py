"""After the panel: pages and API of placements, of places, and of the schools that are asked."""

from fastapi import APIRouter

from chassis.service import Running
from chassis.web.routes import Routes
from chassis.web.start import Task
from services.panels.web.desk import Desk
from services.panels.web.placing import acts, api, importing, letters, lists, places, school

__all__ = ["OPEN_PATHS", "router", "tasks"]

OPEN_PATHS = school.OPEN_PATHS


def tasks(running: Running) -> tuple[Task, ...]:
    """The entries of the start page."""
    return (*lists.tasks(running), *places.TASKS)


def router(desk: Desk) -> APIRouter:
    """All routes of what comes after the panel."""
    routes = Routes()
    routes.include_router(api.router(desk.running))
    for each in (lists, letters, acts, importing, places, school):
        routes.include_router(each.router(desk))
    return routes
