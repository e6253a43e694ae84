"""The cases at risk of their date, found in the database: for the page, the API and the list as a file."""

from collections.abc import Collection, Sequence
from datetime import date

from chassis.calendar import london_date
from chassis.service import Running
from chassis.storage import Connection
from services.panels import storage
from services.panels.domain.at_risk import OPEN, Risk, Room, at_risk
from services.panels.domain.cases.case import Case
from services.panels.domain.panels.sittings_calendar import PanelBook

#: More than any authority has open at once.
_MOST = 20_000


async def open_cases(conn: Connection, panels: Collection[str] | None) -> Sequence[Case]:
    """The cases of these panels, or of all, that are neither decided nor withdrawn."""
    return await storage.page(conn, OPEN, panels, None, None, _MOST)


async def risks_of(conn: Connection, book: PanelBook, running: Running, cases: Sequence[Case]) -> list[Risk]:
    """Those of the cases that are at risk, the worst first."""
    now = running.clock.now()
    ahead = await storage.sittings(conn, london_date(now), date.max)
    rooms = [Room(each.sitting, each.sitting.capacity - each.listed) for each in ahead]
    return at_risk(cases, rooms, book, now)
