"""The register while a service runs, and the commands that change it: the national extract, settings by hand."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chassis import telemetry
from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.operations.console import By, WithRunning, refused
from chassis.service import Running
from services.referrals.domain.book import Book
from services.referrals.domain.register.by_hand import CloseSetting, KeepSetting
from services.referrals.files import extract
from services.referrals.files.lines import BadData
from services.referrals.register_imports import import_extract, in_words
from services.referrals.storage import register as stored

log = telemetry.get_logger(__name__)

Books = Callable[[Running], Book]


def keeping(book: Book) -> Callable[[Running], Awaitable[None]]:
    """What each process does now and then: its register is that of the database."""

    async def keep(running: Running) -> None:
        book.turn(london_date(running.clock.now()))
        async with running.pool.acquire() as conn:
            homeless = await stored.refresh(conn, book.register, running.settings.authority)
        if homeless is not None:
            log.info("register_read", settings=len(book.register), in_no_area=len(homeless))

    return keep


def add(app: typer.Typer, with_running: WithRunning, books: Books) -> None:
    """The commands about the register."""
    group = typer.Typer(no_args_is_help=True, help="the register of schools and settings")
    _importing(group, with_running, books)
    _by_hand(group, with_running)
    app.add_typer(group, name="register")


def _importing(group: typer.Typer, with_running: WithRunning, books: Books) -> None:
    @group.command("import")
    def take(
        file: Annotated[Path, typer.Argument(help="the establishment extract, CSV")],
        by: By,
        links: Annotated[
            Path | None, typer.Option(help="the extract's file of links: who took over from whom")
        ] = None,
    ) -> None:
        """Make the register say what the national extract says. Safe to repeat; running services notice it."""
        try:
            done = with_running(
                lambda running: import_extract(
                    running, books(running).register, file, links, by, extract.Reading(tell=_tell)
                )
            )
        except BadData as error:
            raise refused(str(error)) from None
        typer.echo(in_words(done))


def _tell(rows: int) -> None:
    typer.echo(f"{rows:,} rows read", err=True)


def _by_hand(group: typer.Typer, with_running: WithRunning) -> None:
    @group.command("keep")
    def keep(
        urn: Annotated[str, typer.Argument(help="the setting's code, such as EY1001")],
        name: Annotated[str, typer.Option(help="its public name")],
        kind: Annotated[str, typer.Option(help="early-years, nursery, all-through, post-16 …")],
        town: Annotated[str, typer.Option(help="the town of its address")],
        by: By,
        area: Annotated[str | None, typer.Option(help="its area, where the town does not tell it")] = None,
    ) -> None:
        """Add a setting that is not in the national register, or change it."""
        _run(with_running, KeepSetting(urn, name, kind, town, by, area))

    @group.command("close")
    def close(
        urn: Annotated[str, typer.Argument(help="the setting's code")],
        on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="the day from which it is closed")],
        by: By,
        successor: Annotated[str | None, typer.Option(help="the URN of the one that takes over")] = None,
    ) -> None:
        """Close a setting that is kept by hand; its past referrals stay."""
        _run(with_running, CloseSetting(urn, on.date(), by, successor))


def _run(with_running: WithRunning, command: KeepSetting | CloseSetting) -> None:
    try:
        with_running(lambda running: running.runner.command(command))
    except Refused as refusal:
        faults = [f"{each.field}: {each.message}" for each in refusal.faults]
        raise refused("\n".join([refusal.detail, *faults])) from None
    typer.echo(f"{command.urn} is kept. Running services notice it within a minute.")
