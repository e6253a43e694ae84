"""The lists of placements and places as rows of a file. Each placement in one counts as read."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import get_args

from chassis.calendar import london_date
from chassis.service import Running
from chassis.web.access import record_reads
from chassis.web.auth import Caller
from chassis.web.people import Person
from services.panels import placed, views
from services.panels.documents.listed_places import of_placement, of_places
from services.panels.documents.sheets import Row
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.permissions import may, open_to_programs, panels_of
from services.panels.domain.placing.placement import Status

_AT_ONCE = 500


async def placements(running: Running, book: PanelBook, who: Person | Caller) -> AsyncIterator[Sequence[Row]]:
    """All placements that whoever asks may see, a batch at a time; no connection is held while one is sent."""
    panels = panels_of(who, "placement:see") if isinstance(who, Person) else None
    sought = placed.Sought(get_args(Status), panels)
    after: tuple[datetime, str] | None = None
    while True:
        async with running.pool.acquire() as conn, conn.transaction():
            found = await placed.page(conn, sought, after, _AT_ONCE)
            known = await placed.subjects(conn, found, running.clock.now())
            shown = [
                each
                for each, subject in known
                if (
                    may(who, "placement:see", subject)
                    if isinstance(who, Person)
                    else open_to_programs(subject)
                )
            ]
            await record_reads(conn, who, "placement", [each.placement_id for each in shown])
        today = london_date(running.clock.now())
        yield [of_placement(each, views.panel_name(book, each.panel), today) for each in shown]
        if len(found) < _AT_ONCE:
            return
        after = (found[-1].awaited_at, found[-1].placement_id)


async def places(running: Running) -> AsyncIterator[Sequence[Row]]:
    """The places of all settings."""
    async with running.pool.acquire() as conn:
        found = await placed.all_places(conn)
        names = await placed.school_names(conn, [each.setting for each in found])
    today = london_date(running.clock.now())
    yield [of_places(each, names, today) for each in found]
