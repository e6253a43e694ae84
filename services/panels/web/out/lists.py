"""Lists as files for a spreadsheet: what a page or the API shows a part of, whole. Each case in one counts as read."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response

from chassis.calendar import london_date
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.access import record_reads
from chassis.web.auth import Caller, require
from chassis.web.people import Person
from chassis.web.problems import Problem
from services.panels import storage, views
from services.panels.documents.listed import (
    CASE_HEADS,
    RISK_HEADS,
    SITTING_HEADS,
    of_case,
    of_risk,
    of_sitting,
)
from services.panels.documents.listed_places import PLACEMENT_HEADS, PLACES_HEADS
from services.panels.documents.sheets import MOST_ROWS, Kind, Row, TooLong, as_csv, as_workbook
from services.panels.domain.cases.case import Case
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.permissions import open_to_programs, panels_of
from services.panels.web.case.risks import open_cases, risks_of
from services.panels.web.desk import open_to
from services.panels.web.out import files_of_places
from services.panels.web.out.files import CSV, XLSX, streamed

Who = Person | Caller
Reader = Annotated[Caller, Depends(require("panels:read"))]
ListName = Literal[
    "incomplete", "queued", "listed", "heard", "ended", "at-risk", "sittings", "placements", "places"
]
Format = Annotated[Kind, Query(alias="format", description="csv, or xlsx for an Excel workbook")]
#: In the address of a page: the list as a file, if one is asked for.
FileOf = Annotated[Kind | None, Query(alias="format")]
#: The states of the cases in each list of cases.
STATES: dict[str, tuple[str, ...]] = {
    "incomplete": ("incomplete", "deferred"),
    "queued": ("queued",),
    "listed": ("listed",),
    "heard": ("heard",),
    "ended": ("decided", "withdrawn"),
}
_AT_ONCE = 500


class Lists:
    """The lists of one asker: a person who has signed in, or a program."""

    def __init__(self, running: Running, book: PanelBook, who: Who) -> None:
        self._running, self._book, self._who = running, book, who
        self._panels = panels_of(who, "case:see") if isinstance(who, Person) else None

    async def file(self, name: str, kind: Kind) -> Response:
        """A list as a file. Raises Problem 422 where it is too long for a workbook."""
        heads, batches = self._found(name)
        file = f"{name}-{london_date(self._running.clock.now())}.{kind}"
        if kind == "csv":
            return streamed(as_csv(heads, batches), file, CSV)
        parts = as_workbook(name, heads, batches)
        try:
            first = await anext(parts)  # by then the workbook is made
        except TooLong:
            message = f"This list has more than {MOST_ROWS:,} rows: take it as CSV, which has no end."
            raise Problem(422, "too-long", message) from None
        return streamed(_again(first, parts), file, XLSX)

    def _found(self, name: str) -> tuple[Sequence[str], AsyncIterator[Sequence[Row]]]:
        if name == "sittings":
            return SITTING_HEADS, self._sittings()
        if name == "placements":
            return PLACEMENT_HEADS, files_of_places.placements(self._running, self._book, self._who)
        if name == "places":
            return PLACES_HEADS, files_of_places.places(self._running)
        if name == "at-risk":
            return RISK_HEADS, self._at_risk()
        return CASE_HEADS, self._cases(STATES[name])

    async def _cases(self, states: Collection[str]) -> AsyncIterator[Sequence[Row]]:
        """A batch at a time; no connection is held while one is sent."""
        after: tuple[date, str] | None = None
        while True:
            async with self._running.pool.acquire() as conn, conn.transaction():
                found = await storage.page(conn, states, self._panels, None, after, _AT_ONCE)
                shown = await self._seen(conn, found)
                await self._recorded(conn, shown)
            yield [of_case(case, self._name(case.panel)) for case in shown]
            if len(found) < _AT_ONCE:
                return
            after = (found[-1].due_on or storage.NEVER, found[-1].case_id)

    async def _at_risk(self) -> AsyncIterator[Sequence[Row]]:
        async with self._running.pool.acquire() as conn, conn.transaction():
            found = await open_cases(conn, self._panels)
            seen = await self._seen(conn, found)
            risks = await risks_of(conn, self._book, self._running, seen)
            await self._recorded(conn, [risk.case for risk in risks])
        yield [of_risk(risk, self._name(risk.case.panel)) for risk in risks]

    async def _sittings(self) -> AsyncIterator[Sequence[Row]]:
        async with self._running.pool.acquire() as conn:
            found = await storage.sittings(conn, date.min, date.max)
        mine = [each for each in found if self._panels is None or each.sitting.panel in self._panels]
        yield [of_sitting(each.sitting, each.listed, self._name(each.sitting.panel)) for each in mine]

    async def _seen(self, conn: Connection, cases: Sequence[Case]) -> Sequence[Case]:
        if isinstance(self._who, Person):
            return await open_to(self._running, conn, self._who, cases)
        known = await storage.subjects(conn, cases, self._running.clock.now())
        return [case for case, subject in known if open_to_programs(subject)]

    async def _recorded(self, conn: Any, cases: Sequence[Case]) -> None:
        await record_reads(conn, self._who, "export", [case.case_id for case in cases])

    def _name(self, code: str) -> str:
        return views.panel_name(self._book, code)


async def _again(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for each in rest:
        yield each


def router(running: Running, book: PanelBook) -> APIRouter:
    """The lists for programs; people have them by ``?format=`` on the pages."""
    routes = APIRouter(prefix="/api")

    @routes.get("/lists/{name}", response_class=Response, responses={200: {"content": {CSV: {}, XLSX: {}}}})
    async def listed(caller: Reader, name: ListName, kind: Format = "csv") -> Response:
        """A list whole, as a file for a spreadsheet. Restricted cases are not in it."""
        return await Lists(running, book, caller).file(name, kind)

    return routes
