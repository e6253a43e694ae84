"""Did the page help? What families answered at its end, counted by month: for the service manager."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from chassis.web.access import record_read
from chassis.web.people import Person, signed_in
from chassis.web.start import Task
from services.notifications import storage
from services.notifications.web.desk import Desk

Reporting = Annotated[Person, Depends(signed_in("opinions:see"))]
_MONTHS = 13  # this one, and a year


def task() -> Task:
    """The entry of the start page."""
    does = "What families answered at the end of their page, by month."
    return Task("Did the page help?", "/did-the-page-help", does, "opinions:see")


def router(desk: Desk) -> APIRouter:
    """The one route."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/did-the-page-help")
    async def page(request: Request, person: Reporting) -> Response:
        """A year's answers, without small numbers; that somebody looked is recorded."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            await record_read(conn, person, "report", "did-the-page-help")
            months = await storage.opinions(conn, _MONTHS)
        return desk.look.page("messages/opinions.html", request, person=person, months=months)

    return routes
