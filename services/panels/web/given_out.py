"""What the service gives out: packs, calendars, reports."""

from fastapi import APIRouter

from services.panels.web import calendars, packs, reports
from services.panels.web.desk import Desk

TASKS = (*calendars.TASKS, *reports.TASKS)
OPEN_PATHS = (*calendars.OPEN_PATHS,)


def router(desk: Desk) -> APIRouter:
    """All routes of it."""
    routes = APIRouter()
    for each in (packs, calendars, reports):
        routes.include_router(each.router(desk))
    return routes
