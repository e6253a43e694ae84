"""Everything by which a co-ordinator arranges sittings: pages for people, the same as JSON for programs."""

from fastapi import APIRouter

from services.panels.web import arranged_api, by_hand, members, month, together
from services.panels.web.desk import Desk

TASKS = month.TASKS


def router(desk: Desk) -> APIRouter:
    """The routes, to be asked before those of one sitting: ``/sittings/extra`` is none."""
    routes = APIRouter()
    for each in (arranged_api, by_hand, members, month, together):
        routes.include_router(each.router(desk))
    return routes
