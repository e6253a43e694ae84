"""The families' pages: behind a private link, without an account, without JavaScript."""

from fastapi import APIRouter

from chassis.service import Running
from services.notifications.web.family import page
from services.notifications.web.family.showing import Showing

__all__ = ["OPEN_PATHS", "router"]

#: Routes that need no token: the link itself is the family's.
OPEN_PATHS = (*page.OPEN_PATHS,)


def router(running: Running) -> APIRouter:
    """All routes of families."""
    routes, showing = APIRouter(include_in_schema=False), Showing(running)
    page.add(routes, showing)
    return routes
