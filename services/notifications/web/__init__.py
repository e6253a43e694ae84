"""The HTTP side: the families' page, an API for programs and pages for staff."""

from pathlib import Path

from fastapi import APIRouter

from chassis.service import Running
from chassis.web import start
from chassis.web.routes import Routes
from services.notifications.web import api, family, messages, opinions, page_codes, receipts, sending, words
from services.notifications.web.desk import Desk

__all__ = ["OPEN_PATHS", "router"]

#: Routes that need no token and no sign-in.
OPEN_PATHS = (*family.OPEN_PATHS, *start.OPEN_PATHS)
_PAGES = Path(__file__).parent.parent / "pages"


def router(running: Running) -> APIRouter:
    """All routes of this service."""
    tasks = (*messages.tasks(running), words.task(), opinions.task())
    desk = Desk(running, start.look_of(running, _PAGES, tasks))
    routes = Routes()
    routes.include_router(api.router(running))
    routes.include_router(sending.api(running))
    routes.include_router(receipts.api(running))
    routes.include_router(family.router(running))
    routes.include_router(start.router(running, desk.look, tasks))
    routes.include_router(page_codes.router(desk))
    routes.include_router(messages.router(desk))
    routes.include_router(sending.router(desk))
    routes.include_router(words.router(desk))
    routes.include_router(opinions.router(desk))
    return routes
