"""The service report of a month: as a page with charts and tables, and as a tagged PDF."""

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from chassis.web.access import record_read
from chassis.web.people import Person
from chassis.web.problems import Problem
from chassis.web.start import Task
from services.panels import views
from services.panels.documents.courses import courses, reviews
from services.panels.documents.drawn import charts
from services.panels.documents.figures import Table
from services.panels.documents.report import as_document, as_tables, month_in_words, months
from services.panels.domain.panels.sittings_calendar import month_after
from services.panels.domain.permissions import panels_of
from services.panels.reporting.course import Course, Period, month, year_before
from services.panels.reporting.helped import Review
from services.panels.reporting.monthly import Report, report
from services.panels.web.desk import Desk, Figuring
from services.panels.web.out.files import PDF, download

TASKS = (
    Task("Service reports", "/reports", "What came, what was decided and how long it took, by month.",
         "figures:see", "Reports"),
)  # fmt: skip
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)
_SHOWN = 13  # months in the list: this one, and a year


def router(desk: Desk) -> APIRouter:
    """The routes of reports."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/reports")
    async def listed(request: Request, person: Figuring) -> Response:
        """The months of which there is a report."""
        months = [date(*month_after(desk.today, -n), 1) for n in range(_SHOWN)]
        return desk.look.page("reports.html", request, person=person, months=months, words=month_in_words)

    @routes.get("/reports/{named}.pdf")
    async def document(person: Figuring, named: str) -> Response:
        """The report as a tagged PDF."""
        period = _period(desk, named)
        found, looks = await _found(desk, person, period, named)
        made_at, council = desk.now, desk.running.settings.council
        name = partial(views.panel_name, desk.book)
        data = await asyncio.to_thread(
            lambda: as_document(report(found, period), found, looks, council, name, made_at)
        )
        return download(await desk.typesetter.typeset("report", data, made_at), f"report-{named}.pdf", PDF)

    @routes.get("/reports/{named}")
    async def page(request: Request, person: Figuring, named: str) -> Response:
        """The report as a page."""
        period = _period(desk, named)
        found, looks = await _found(desk, person, period, named)
        name = partial(views.panel_name, desk.book)
        made, tables, drawn = await asyncio.to_thread(_counted, found, looks, period, name)
        return desk.look.page(
            "report.html", request, person=person, named=named, month=month_in_words(period.first), report=made,
            tables=tables, charts=drawn, so_far=period.last >= desk.today,
            of_teams=_of_teams(desk, person, named),
        )  # fmt: skip

    return routes


def _of_teams(desk: Desk, person: Person, named: str) -> str | None:
    """Where the referrals service tells what teams brought, for those to whom it tells that."""
    if all(grant.role != "service-manager" for grant in person.grants):
        return None
    others = {each.name: each.address for each in desk.running.settings.neighbours}
    return f"{others['referrals']}/did-it-help?month={named}" if "referrals" in others else None


def _period(desk: Desk, named: str) -> Period:
    if not _MONTH.fullmatch(named) or month(int(named[:4]), int(named[5:])).first > desk.today:
        raise Problem(
            404, "no-report", "There is no report of that month: write one as 2026-03, not of later."
        )
    return month(int(named[:4]), int(named[5:]))


def _counted(
    found: Sequence[Course], looks: Sequence[Review], period: Period, name: Callable[[str], str]
) -> tuple[Report, list[Table], dict[str, list[Markup]]]:
    """The report, its tables, and its charts, whose words are escaped where they are drawn.

    Beside the event loop: of thirty thousand cases it takes a second.
    """
    made = report(found, period)
    drawn = charts(months(found, made))
    shown = {key: [Markup(svg) for svg, _ in each] for key, each in drawn.items()}  # noqa: S704
    return made, as_tables(made, found, looks, name), shown


async def _found(desk: Desk, person: Person, period: Period, named: str) -> tuple[list[Course], list[Review]]:
    """The courses of the month and of the year before it, the month's reviews; that somebody looked is recorded."""
    reach = Period(year_before(period.first).first, period.last)
    async with desk.running.pool.acquire() as conn, conn.transaction():
        await record_read(conn, person, "report", named)
        panels = panels_of(person, "figures:see")
        so_far = Period(period.first, min(period.last, desk.today))
        return await courses(conn, reach, panels), await reviews(conn, so_far, panels)
