"""The panels service, put together."""

from functools import partial
from pathlib import Path

from chassis.service import Running, Service
from chassis.staff import Staff
from schemas import services
from services.panels import handlers, learning, storage, web
from services.panels.domain.commands import ScheduleSitting
from services.panels.domain.permissions import allows
from services.panels.domain.sitting import wanted
from services.panels.domain.sittings_calendar import PanelBook
from services.panels.panel_files import read_book
from services.panels.replanning import replan
from services.panels.settings import Settings


def build(settings: Settings) -> Service:
    """The service. Raises BadPanelFile where a panel's file or the closures cannot be used."""
    book = read_book(settings.folder, settings.closures)
    return Service(
        name="panels",
        settings=settings,
        handlers=handlers.build(book),
        repositories=storage.ALL,
        hears=services.PANELS.hears,
        says=services.PANELS.says,
        migrations=Path(__file__).parent / "migrations",
        router=lambda running: web.router(running, book),
        learning=learning.build(book),
        staff=lambda running: Staff(running.clock),
        policy=allows,
        at_start=(partial(make_sittings, book),),
        background=(partial(replan, book),),
        parts=("planner",),
    )


async def make_sittings(book: PanelBook, running: Running) -> None:
    """Sees to it that the sittings of this and the next three months exist; done again it changes nothing."""
    ids = wanted(book, running.clock.now())
    await running.runner.commands([ScheduleSitting(sitting_id) for sitting_id in ids])
