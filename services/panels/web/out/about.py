"""The public page of the panels: when they sit, what they look at, how long it takes, and what comes of it."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from fastapi import APIRouter, Request, Response

from chassis.web.people import person_of
from chassis.web.start import Task
from services.panels import views
from services.panels.documents.about import KEPT_BACK, criteria, public_tables
from services.panels.documents.courses import courses, reviews
from services.panels.documents.entries import entries
from services.panels.documents.figures import Table
from services.panels.reporting.course import year_before
from services.panels.reporting.small_numbers import THRESHOLD
from services.panels.web.desk import Desk

OPEN_PATHS = ("/about-panels",)
TASKS = (
    Task(
        "About the panels",
        "/about-panels",
        "When they sit, what they look at, how long it takes.",
        menu="About",
    ),
)
_AHEAD = timedelta(days=62)


class _Figures:
    """The figures of the year before, counted once a day: whoever asks again is answered from memory."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._lock = desk, asyncio.Lock()
        self._day: date | None = None
        self._tables: Sequence[Table] = ()

    async def tables(self) -> Sequence[Table]:
        """The tables as they may be published."""
        async with self._lock:
            if self._day != self._desk.today:
                period = year_before(self._desk.today)
                async with self._desk.running.pool.acquire() as conn, conn.transaction():
                    found, looks = await courses(conn, period), await reviews(conn, period)
                name = partial(views.panel_name, self._desk.book)
                self._tables = await asyncio.to_thread(public_tables, found, looks, period, name)
                self._day = self._desk.today
        return self._tables


def router(desk: Desk) -> APIRouter:
    """The one route."""
    routes = APIRouter(include_in_schema=False)
    figures = _Figures(desk)

    @routes.get("/about-panels")
    async def about(request: Request) -> Response:
        """Everybody may read it; it names nobody and no case."""
        today = desk.today
        async with desk.running.pool.acquire() as conn:
            found = await entries(conn, today, today + _AHEAD, lambda each: each.sits_at > desk.now)
        panels = [desk.book.at(code, today) for code in desk.book.codes]
        return desk.look.page(
            "about.html", request,
            person=await person_of(request),
            sittings=[(views.panel_name(desk.book, each.panel), each) for each in [entry.sitting for entry in found]],
            panels=[criteria(panel) for panel in panels if panel is not None],
            tables=await figures.tables(),
            year=year_before(today),
            kept_back=KEPT_BACK,
            threshold=THRESHOLD,
        )  # fmt: skip

    return routes
