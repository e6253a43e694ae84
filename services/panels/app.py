"""The panels service, put together."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from chassis.beside import NICE
from chassis.calendar import london_date
from chassis.service import Running, Service
from chassis.staff import Staff
from chassis.telemetry import get_logger
from schemas import services
from services.panels import arrangements, handlers, learning, placed, storage, web
from services.panels.domain.cases.homes import misplaced
from services.panels.domain.commands import RehomeCase, ScheduleSitting
from services.panels.domain.duties import named
from services.panels.domain.panels.sittings_calendar import PanelBook, split_id
from services.panels.domain.permissions import allows
from services.panels.domain.sittings.moving import to_make, to_move
from services.panels.drafting import Planner
from services.panels.holdings import PERSONAL
from services.panels.panel_files import read_book
from services.panels.planner_process import PlannerProcess
from services.panels.replanning import Planning
from services.panels.retention import RETENTION
from services.panels.settings import Settings

log = get_logger(__name__)
_TOGETHER = 200  # in one transaction


def build(settings: Settings, planner: Callable[[Running, int], Planner] = PlannerProcess) -> Service:
    """The service. Raises BadPanelFile where a panel's file or the closures cannot be used.

    ``planner(running, nice)`` is who makes its plans, at a priority that is so much lower than its own.
    """
    book = read_book(settings.folder, settings.closures)

    @cache
    def planning(running: Running) -> Planning:
        """One for its pages and for what runs in the background."""
        return Planning(running, book, planner(running, NICE), planner(running, 0))

    return Service(
        name="panels",
        settings=settings,
        handlers=handlers.build(book),
        repositories=(*storage.ALL, *placed.ALL),
        hears=services.PANELS.hears,
        says=services.PANELS.says,
        migrations=Path(__file__).parent / "migrations",
        router=lambda running: web.router(running, book, planning(running)),
        learning=learning.build(book),
        personal=PERSONAL,
        retention=RETENTION,
        staff=lambda running: Staff(running.clock),
        policy=partial(allows, named=named(book)),
        at_start=(partial(make_sittings, book), partial(rehome_cases, book)),
        background=(lambda running: planning(running).run(),),
        parts=("planner",),
    )


async def make_sittings(book: PanelBook, running: Running) -> None:
    """Sees to it that the sittings of this and the next three months exist; done again it changes nothing.

    A sitting whose day was closed since is moved by a person: until then no other one is made in its place. Nor is
    any of a panel that has one which cannot be read: nobody can tell whether that moved.
    """
    now = running.clock.now()
    async with running.pool.acquire() as conn:
        standing, blind = await storage.calendar(conn, london_date(now).replace(day=1))
    ids = [id for id in to_make(book, standing, now) if split_id(id)[0] not in blind]
    await running.runner.commands([ScheduleSitting(sitting_id) for sitting_id in ids])
    if closed := to_move(book, standing, now):
        log.warning("sittings_on_closed_days", number=len(closed))


async def rehome_cases(book: PanelBook, running: Running) -> None:
    """Sees to it that each case that waits is in the queue of the panel that hears it, after the files were changed."""
    today = london_date(running.clock.now())
    async with running.pool.acquire() as conn:
        cases = await arrangements.waiting(conn)
    ids = [case.case_id for case in cases if misplaced(book, case, today)]
    for first in range(0, len(ids), _TOGETHER):
        some = ids[first : first + _TOGETHER]
        await running.runner.commands([RehomeCase(case_id) for case_id in some])
    if ids:
        log.info("cases_rehomed", number=len(ids))
