"""Pages of the day of a sitting and of what follows: the signature, decisions, corrections, chair's action."""

from fastapi import APIRouter

from chassis.web.routes import Routes
from services.panels.web.day import (
    api,
    chairs,
    correcting,
    deciding,
    escalations,
    one_case,
    overview,
    signing,
)
from services.panels.web.day.tasks import tasks
from services.panels.web.desk import Desk

__all__ = ["router", "tasks"]


def router(desk: Desk) -> APIRouter:
    """The routes of the day, for people and for programs."""
    routes = Routes()
    routes.include_router(api.router(desk))
    for part in (overview, one_case, signing, deciding, correcting, chairs, escalations):
        routes.include_router(part.router(desk))
    return routes
