"""The HTTP side: the families' page, an API for programs and pages for staff."""

from fastapi import APIRouter

from chassis.service import Running
from services.notifications.web import api

__all__ = ["OPEN_PATHS", "router"]

#: Routes that need no token and no sign-in.
OPEN_PATHS = api.OPEN_PATHS


def router(running: Running) -> APIRouter:
    """All routes of this service."""
    routes = APIRouter()
    routes.include_router(api.router(running))
    return routes
