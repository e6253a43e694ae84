"""``retention``: how long each table keeps its rows, and how many of them are over."""

from typing import Annotated

import typer

from chassis import disposal
from chassis.calendar import london_date
from chassis.operations import audit
from chassis.operations.console import By, Reason, WithRunning, refused
from chassis.service import Running

Yes = Annotated[bool, typer.Option("--yes", help="let go of it now; without, only what is over is said")]


def add(app: typer.Typer, with_running: WithRunning) -> None:
    """Adds ``retention``."""

    @app.command("retention")
    def retention_command(by: By, reason: Reason = "", yes: Yes = False) -> None:
        """Each table, how long it keeps its rows, and how many are over. The service does it itself once a day."""
        try:
            lines, said = with_running(lambda running: _asked(running, by, reason, yes))
        except audit.ReasonMissing as error:
            raise refused(f"not done: {error}") from None
        for line in lines:
            typer.echo(line)
        typer.echo(f"{said} went" if yes else f"over: {said}. Nothing was done: say --yes to do it")


async def _asked(running: Running, by: str, why: str, yes: bool) -> tuple[list[str], str]:
    found = await disposal.due(running)
    lines = [
        f"{rule.table:<24} {rule.words:<40} {f'{found[rule.table]} over' if rule.over else ''}".rstrip()
        for rule in running.service.retention.all
    ]
    if not yes:
        return lines, disposal.counted(found)
    today = london_date(running.clock.now()).isoformat()
    async with running.pool.acquire() as conn:
        action = await audit.record(conn, by, "retention by hand", today, why)
    said = disposal.counted(await disposal.carried_out(running))
    async with running.pool.acquire() as conn:
        await audit.ended(conn, action, f"{said} went")
    return lines, said
