"""Pages of the day of a sitting: who is there, one case after the other, and the chair's signature."""

from fastapi import APIRouter

from services.panels.web.day import one_case, overview, signing
from services.panels.web.desk import Desk


def router(desk: Desk) -> APIRouter:
    """The routes of the day."""
    routes = APIRouter(include_in_schema=False)
    for part in (overview, one_case, signing):
        routes.include_router(part.router(desk))
    return routes
