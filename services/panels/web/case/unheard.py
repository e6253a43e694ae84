"""The cases that no panel hears, each with the reason: a page for people, the same as JSON for programs."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from chassis.service import Running
from chassis.storage import Connection
from chassis.web.auth import Caller, require
from chassis.web.people import Person
from chassis.web.start import Task
from services.panels import arrangements, storage, views
from services.panels.domain.permissions import open_to_programs
from services.panels.web.desk import Desk, Seeing, open_to

Reader = Annotated[Caller, Depends(require("panels:read"))]


def tasks(running: Running) -> tuple[Task, ...]:
    """The entry of the start page."""

    async def count(conn: Connection, person: Person) -> int:
        return len(await open_to(running, conn, person, await arrangements.without_panel(conn)))

    return (
        Task("Cases that no panel hears", "/cases/no-panel", "No panel’s remit covers them: each with the reason.",
             "case:see", None, count, ("case", "cases")),
    )  # fmt: skip


def router(desk: Desk) -> APIRouter:
    """The page and its API."""
    routes = APIRouter()

    @routes.get("/cases/no-panel", include_in_schema=False)
    async def page(request: Request, person: Seeing) -> Response:
        """The cases that this person may see; no child is named."""
        async with desk.running.pool.acquire() as conn:
            cases = await desk.open(conn, person, await arrangements.without_panel(conn))
        rows = [views.of_case(desk.book, case) for case in cases]
        return desk.look.page("unheard.html", request, person=person, rows=rows)

    @routes.get("/api/unheard")
    async def unheard(_: Reader) -> dict[str, Any]:
        """The cases that no panel hears, the earliest due first; ``no_panel`` is the reason."""
        async with desk.running.pool.acquire() as conn:
            known = await storage.subjects(conn, await arrangements.without_panel(conn), desk.now)
        return {
            "cases": [views.of_case(desk.book, case) for case, subject in known if open_to_programs(subject)]
        }

    return routes
