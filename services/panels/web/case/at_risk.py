"""Cases at risk of their date: a page for people, the same as JSON for programs, and a count for the start page."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.service import Running
from chassis.storage import Connection
from chassis.web.auth import Caller, require
from chassis.web.people import Person
from chassis.web.start import Task
from services.panels import storage, views
from services.panels.domain.at_risk import DANGERS, Danger, Risk
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.permissions import open_to_programs, panels_of
from services.panels.web.case.risks import open_cases, risks_of
from services.panels.web.desk import Desk, Seeing, open_to
from services.panels.web.out.lists import FileOf, Lists

Reader = Annotated[Caller, Depends(require("panels:read"))]
_TITLES: dict[Danger, str] = {
    "past": "The date has passed",
    "missed": "Listed for a sitting after the date",
    "unreachable": "No sitting that is left can keep the date",
    "soon": "Less than ten working days left, and on no sitting",
    "unknown": "No date is known",
}
_COUNTED = DANGERS[:-1]  # a case without dates is counted among the incomplete ones


def tasks(running: Running, book: PanelBook) -> tuple[Task, ...]:
    """The entry of the start page."""

    async def count(conn: Connection, person: Person) -> int:
        found = await open_cases(conn, panels_of(person, "case:see"))
        seen = await open_to(running, conn, person, found)
        risks = await risks_of(conn, book, running, seen)
        return sum(risk.danger in _COUNTED for risk in risks)

    return (
        Task(
            "Cases at risk", "/at-risk", "Their date has passed, will be missed, or comes near.",
            "case:see", "At risk", count, ("case", "cases"),
        ),
    )  # fmt: skip


def router(desk: Desk) -> APIRouter:
    """The page and its API."""
    routes = APIRouter()
    running, book = desk.running, desk.book

    @routes.get("/at-risk", include_in_schema=False)
    async def page(request: Request, person: Seeing, kind: FileOf = None) -> Response:
        """The cases at risk of this person's panels, by how bad it is; no child is named."""
        if kind is not None:
            return await Lists(running, book, person).file("at-risk", kind)
        async with running.pool.acquire() as conn:
            found = await open_cases(conn, panels_of(person, "case:see"))
            risks = await risks_of(conn, book, running, await desk.open(conn, person, found))
        return desk.look.page("at_risk.html", request, person=person, groups=_groups(book, risks))

    @routes.get("/api/at-risk")
    async def listed(_: Reader, panel: Annotated[str | None, Query(max_length=60)] = None) -> dict[str, Any]:
        """The cases at risk, the worst first, of one panel or of all, with how many of each kind."""
        async with running.pool.acquire() as conn:
            found = await open_cases(conn, [panel] if panel else None)
            known = await storage.subjects(conn, found, running.clock.now())
            seen = [case for case, subject in known if open_to_programs(subject)]
            risks = await risks_of(conn, book, running, seen)
        counts = {danger: sum(risk.danger == danger for risk in risks) for danger in DANGERS}
        return {"at_risk": [_shown(book, risk) for risk in risks], "counts": counts}

    return routes


def _groups(book: PanelBook, risks: Sequence[Risk]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The kinds of danger that there are, each with its title and cases."""
    by_danger = {
        danger: [_shown(book, risk) for risk in risks if risk.danger == danger] for danger in DANGERS
    }
    return [(_TITLES[danger], rows) for danger, rows in by_danger.items() if rows]


def _shown(book: PanelBook, risk: Risk) -> dict[str, Any]:
    first = risk.first
    return views.of_case(book, risk.case) | {
        "danger": risk.danger,
        "by": risk.by.isoformat() if risk.by else None,
        "working_days_left": risk.days_left,
        "first_sitting": {"sitting_id": first.sitting_id, "sits_on": first.sits_on.isoformat()}
        if first
        else None,
        "sentence": risk.sentence,
    }
