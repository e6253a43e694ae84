"""``python -m services.panels sen2``: what the panels know of the SEN2 return, as files in a folder."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from chassis.calendar import london_date
from chassis.service import Running
from chassis.web.access import record_read, record_reads
from chassis.web.auth import Caller
from services.panels import storage
from services.panels.documents.sen2_files import files
from services.panels.domain.cases.case import Case
from services.panels.domain.permissions import open_to_programs

_OPERATOR = Caller("operator", frozenset())


def add(commands: typer.Typer, with_running: Callable[[Callable[[Running], Awaitable[Any]]], Any]) -> None:
    """Adds the command."""

    @commands.command("sen2")
    def sen2_command(
        year: Annotated[int, typer.Argument(min=2014, max=2100, help="the calendar year, such as 2025")],
        to: Annotated[Path, typer.Option(help="an empty folder, made if it is not there")] = Path("sen2"),
    ) -> None:
        """Write what the panels know of the SEN2 return as CSV files. They name children; it is recorded."""
        if to.exists() and any(to.iterdir()):
            raise typer.BadParameter("this folder is not empty: name another, so that no file is lost")
        found = with_running(lambda running: _found(running, year))
        to.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, text in found.items():
            (to / name).write_text(text, encoding="utf-8", newline="")
        typer.echo(f"{len(found)} files are in {to}: read NOTES.txt first.")


async def _found(running: Running, year: int) -> dict[str, str]:
    async with running.pool.acquire() as conn, conn.transaction():

        async def see(cases: Sequence[Case]) -> Sequence[Case]:
            known = await storage.subjects(conn, cases, running.clock.now())
            return [case for case, subject in known if open_to_programs(subject)]

        found, ids = await files(conn, year, london_date(running.clock.now()), see)
        await record_read(conn, _OPERATOR, "return", f"sen2-{year}")
        await record_reads(conn, _OPERATOR, "export", ids)
    return found
