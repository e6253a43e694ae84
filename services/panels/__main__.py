"""``python -m services.panels``: serve, migrate, dead-letters, the panels' calendar, and what if."""

from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from chassis.calendar import LONDON
from chassis.cli import main
from chassis.english import with_weekday
from chassis.operations import reads_command
from chassis.service import Running, Service
from services.panels import app, sen2_command, simulate_command
from services.panels.panel_files import CLOSURES, PANELS, BadPanelFile, read_book
from services.panels.reads import readables
from services.panels.settings import Settings


def build(settings: Settings) -> Service:
    """The service; ends the process with a sentence where a file cannot be used."""
    try:
        return app.build(settings)
    except BadPanelFile as error:
        raise _told(error) from None


def _told(error: BadPanelFile) -> typer.Exit:
    typer.echo(f"panels: {error}", err=True)
    return typer.Exit(2)


def extend(commands: typer.Typer, with_running: Callable[[Callable[[Running], Awaitable[Any]]], Any]) -> None:
    """The service's own commands."""
    reads_command.add(commands, with_running, readables)
    simulate_command.add(commands, with_running)
    sen2_command.add(commands, with_running)

    @commands.command("calendar")
    def calendar_command(
        month: Annotated[str, typer.Argument(help="the first month, such as 2026-03")],
        months: Annotated[int, typer.Option(min=1, max=84)] = 1,
        folder: Annotated[Path, typer.Option(envvar="PANELS_FOLDER")] = PANELS,
        closures: Annotated[Path, typer.Option(envvar="PANELS_CLOSURES")] = CLOSURES,
    ) -> None:
        """Check the panels' files and show when panels sit. Needs no database."""
        try:
            book, first = read_book(folder, closures), date.fromisoformat(f"{month}-01")
        except BadPanelFile as error:
            raise _told(error) from None
        except ValueError:
            raise typer.BadParameter("write a month as 2026-03") from None
        for code in book.codes:
            for slot in book.months(code, first, months):
                closing = slot.papers_close_at.astimezone(LONDON)
                typer.echo(
                    f"{slot.sitting_id}  {with_weekday(slot.sits_on)}, {slot.capacity} cases, "
                    f"papers close {with_weekday(closing.date())} at {closing:%H:%M}"
                )


if __name__ == "__main__":
    main(build, Settings, extend)
