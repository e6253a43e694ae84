"""Calendars that programs subscribe to: one for each member of staff by an address of their own, one for everybody."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from chassis.staff import Staff
from chassis.web.forms import Posted
from chassis.web.problems import Problem
from chassis.web.start import Task
from services.panels import views
from services.panels.documents import feed_keys
from services.panels.documents.entries import entries
from services.panels.documents.feeds import Entry, calendar, concerns
from services.panels.domain.permissions import may
from services.panels.web.desk import Desk, Seeing
from services.panels.web.out.files import CALENDAR

TASKS = (
    Task(
        "Your calendar of sittings",
        "/calendar",
        "Sittings in the calendar on your phone or computer.",
        "case:see",
    ),
)
#: Whoever has the address of a feed has it; it names no case and no member.
OPEN_PATHS = ("/calendar/{word}.ics", "/about-panels.ics")
_BACK, _AHEAD = timedelta(days=92), timedelta(days=400)
_HEADERS = {"Cache-Control": "private, max-age=900"}


def router(desk: Desk) -> APIRouter:
    """The routes of calendars."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/calendar")
    async def own(request: Request, person: Seeing) -> Response:
        """Whether this person has a feed, and how to make or end one."""
        async with desk.running.pool.acquire() as conn:
            since = await feed_keys.made_at(conn, person.id)
        return desk.look.page("calendar.html", request, person=person, since=since, address=None)

    @routes.post("/calendar")
    async def make(request: Request, person: Seeing, form: Posted) -> Response:
        """A new address, or none any more. A new one is shown once, on the page that answers this."""
        async with desk.running.pool.acquire() as conn:
            if form.get("do") == "end":
                await feed_keys.revoke(conn, person.id)
                return desk.look.redirect("/calendar", "The address of your calendar opens nothing any more.")
            word = await feed_keys.make(conn, person.id, desk.now)
        site = desk.running.settings.public_url or str(request.base_url).rstrip("/")
        return desk.look.page(
            "calendar.html", request, person=person, since=desk.now, address=f"{site}/calendar/{word}.ics"
        )

    @routes.get("/calendar/{word}.ics")
    async def feed(word: str) -> Response:
        """The sittings that the owner of this address has to do with. Raises Problem 404 for an address of nobody."""
        async with desk.running.pool.acquire() as conn:
            staff_id = await feed_keys.owner(conn, word)
            member = await Staff(desk.running.clock).by_id(conn, staff_id) if staff_id else None
            if member is None or not may(member, "case:see"):
                raise Problem(404, "unknown-calendar", "There is no such calendar. Make its address anew.")
            found = await entries(
                conn, desk.today - _BACK, desk.today + _AHEAD, lambda sitting: concerns(member, sitting)
            )
        return _answer(desk, "Panel sittings", found)

    @routes.get("/about-panels.ics")
    async def public() -> Response:
        """The sittings of all panels, for everybody."""
        async with desk.running.pool.acquire() as conn:
            found = await entries(conn, desk.today - _BACK, desk.today + _AHEAD, lambda _: True)
        return _answer(desk, f"Panels of {desk.running.settings.council}", found)

    return routes


def _answer(desk: Desk, name: str, found: list[Entry]) -> Response:
    home = f"panels.{desk.running.settings.authority}.fingerpost"
    text = calendar(name, found, lambda code: views.panel_name(desk.book, code), home, desk.now)
    return Response(text, 200, _HEADERS, CALENDAR)
