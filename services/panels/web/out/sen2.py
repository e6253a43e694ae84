"""The page of the SEN2 return: for service managers only, each time recorded."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.web.access import record_read, record_reads
from chassis.web.people import Person, signed_in
from chassis.web.start import Task
from services.panels.documents.sen2_files import files, packed
from services.panels.documents.sen2_notes import GAPS
from services.panels.domain.cases.case import Case
from services.panels.web.desk import Desk
from services.panels.web.out.files import download

Returning = Annotated[Person, Depends(signed_in("return:make"))]
TASKS = (
    Task("SEN2 return", "/sen2", "What the panels know of the department’s yearly survey, as files.", "return:make"),
)  # fmt: skip
_YEARS = 5


def router(desk: Desk) -> APIRouter:
    """The routes of the return."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sen2")
    async def page(request: Request, person: Returning) -> Response:
        """Which years there are, and what is in the files."""
        years = [desk.today.year - back for back in range(_YEARS)]
        return desk.look.page("sen2.html", request, person=person, years=years, gaps=GAPS)

    @routes.get("/sen2.zip")
    async def taken(person: Returning, year: Annotated[int, Query(ge=2014, le=2100)]) -> Response:
        """The files of a calendar year in one archive."""
        async with desk.running.pool.acquire() as conn, conn.transaction():

            async def see(cases: Sequence[Case]) -> Sequence[Case]:
                return await desk.open(conn, person, cases, "return:make")

            found, ids = await files(conn, year, desk.today, see)
            await record_read(conn, person, "return", f"sen2-{year}")
            await record_reads(conn, person, "export", ids)
        return download(packed(found), f"sen2-{year}.zip", "application/zip")

    return routes
