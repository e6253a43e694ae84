"""The HTTP side: an API for programs and pages for people."""

from fastapi import APIRouter

from chassis.service import Running
from services.panels.domain.sittings_calendar import PanelBook
from services.panels.web import api

__all__ = ["router"]


def router(running: Running, book: PanelBook) -> APIRouter:
    """All routes of this service."""
    routes = APIRouter()
    routes.include_router(api.router(running, book))
    return routes
