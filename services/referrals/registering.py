"""The register while a service runs, and the commands that change it: the national extract, settings by hand."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chassis import telemetry
from chassis.decision import Refused
from chassis.operations.console import By, WithRunning, refused
from chassis.service import Running
from services.referrals.domain.intake import Book
from services.referrals.domain.places import Register
from services.referrals.domain.referral import local_day
from services.referrals.domain.register import CloseSetting, KeepSetting
from services.referrals.files import extract
from services.referrals.files.lines import BadData
from services.referrals.storage import register as stored

log = telemetry.get_logger(__name__)

_SHOWN = 20  # of a kind, in an import's summary
Books = Callable[[Running], Book]


def keeping(book: Book) -> Callable[[Running], Awaitable[None]]:
    """What each process does now and then: its register is that of the database."""

    async def keep(running: Running) -> None:
        book.turn(local_day(running.clock.now()))
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
            text = with_running(
                lambda running: import_extract(running, books(running).register, file, links, by)
            )
        except BadData as error:
            raise refused(str(error)) from None
        typer.echo(text)


async def import_extract(
    running: Running, register: Register, file: Path, links: Path | None, by: str
) -> str:
    """Imports a file; answers the summary in words. Raises BadData, having changed nothing, where it is no extract."""
    authority, reading = running.settings.authority, extract.Reading()
    heirs = extract.successors(links) if links else {}
    async with running.pool.acquire() as conn, conn.transaction():
        rows = extract.rows(file, reading, _tell)
        everywhere, ours = await stored.take_extract(conn, rows, heirs, authority)
        if not everywhere.rows:
            raise BadData(
                "No row of this file can be read, so nothing was imported: is it the establishment extract?"
            )
        await stored.record_import(conn, everywhere, len(reading.unreadable), by)
        homeless = await stored.refresh(conn, register, authority) or []
    return "\n".join(_summary(everywhere, ours, reading, homeless, _strangers(register)))


def _tell(rows: int) -> None:
    typer.echo(f"{rows:,} rows read", err=True)


def _strangers(register: Register) -> list[str]:
    return sorted(urn for urn in register.overrides if register.find(urn) is None)


def _summary(
    everywhere: stored.Counted,
    ours: stored.Counted,
    reading: extract.Reading,
    homeless: list[stored.Homeless],
    strangers: list[str],
) -> list[str]:
    lines = [f"{'':14}{'England':>9}{'ours':>9}"]
    for name in ("rows", "added", "changed", "closed", "unchanged"):
        lines.append(f"{name:14}{getattr(everywhere, name):>9,}{getattr(ours, name):>9,}")
    if everywhere.missing:
        lines.append(
            f"{everywhere.missing:,} that were imported before are not in this file; they stay as they are."
        )
    if reading.unreadable:
        lines.append(f"{len(reading.unreadable):,} rows could not be read and were left out:")
        lines += [f"  row {number}: {why}" for number, why in reading.unreadable[:_SHOWN]]
        lines += _more(len(reading.unreadable))
    if homeless:
        lines.append(
            f"{len(homeless):,} open schools lie in no area and cannot refer until areas.toml places them:"
        )
        lines += [f"  {each.urn} {each.name}, {each.town or 'no town'}" for each in homeless[:_SHOWN]]
        lines += _more(len(homeless))
        lines.append(
            "  Add each town to an [[area]], or each URN to [overrides]; then start the services anew."
        )
    if strangers:
        lines.append(
            f"[overrides] in areas.toml names schools that are not in the register: {', '.join(strangers)}"
        )
    return lines


def _more(number: int) -> list[str]:
    return [f"  … and {number - _SHOWN:,} more"] if number > _SHOWN else []


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
