"""``rebuild``: what was learnt from others, into an empty database; and whether the live one holds the same."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from chassis.database import BadMigration
from chassis.operations.console import WithRunning, refused
from chassis.operations.rebuild import CannotRebuild, Rebuild, rebuilding
from chassis.operations.verify import Difference, differences
from chassis.outages import AWAY, why
from chassis.service import Running

#: How often the databases are compared before a difference counts: the live one goes on meanwhile.
_TRIES = 5
_SHOWN = 100
_AGAIN = "Then begin again, with a new empty database if this one is not empty any more"

Into = Annotated[
    str, typer.Option(envvar="REBUILD_INTO", help="the address of an empty database, postgresql://…")
]
Verify = Annotated[
    bool, typer.Option("--verify", help="compare with the live database; status 1 if it differs")
]
CutOver = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%dT%H:%M:%S%z"],
        help="of facts published before it nothing is sent any more: 2026-11-02T07:00:00+0000; now if left out",
    ),
]


def add(app: typer.Typer, with_running: WithRunning) -> None:
    """Adds ``rebuild``."""
    app.command("rebuild")(_rebuilder(with_running))


def _rebuilder(with_running: WithRunning) -> Callable[..., None]:
    def rebuild(into: Into, verify: Verify = False, cut_over: CutOver = None) -> None:
        """Rebuild what this service learnt from others into an empty database. Nothing is published or sent."""
        try:
            found: list[Difference] = with_running(
                lambda running: _rebuilt(running, into, cut_over or datetime.now(UTC), verify)
            )
        except (CannotRebuild, BadMigration) as error:
            raise refused(f"not rebuilt: {error}") from None
        except KeyboardInterrupt:
            raise refused(f"broken off by hand. {_AGAIN}", 130) from None
        except AWAY as error:
            raise refused(f"broken off: {why(error)}. Mend that. {_AGAIN}") from None
        for difference in found[:_SHOWN]:
            typer.echo(str(difference))
        if len(found) > _SHOWN:
            typer.echo(f"… and {len(found) - _SHOWN} more")
        if found:
            raise refused(f"{len(found)} differences between the rebuilt and the live database", status=1)
        if verify:
            typer.echo("the rebuilt database holds what the live one has learnt")

    return rebuild


async def _rebuilt(running: Running, into: str, cut_over: datetime, verify: bool) -> list[Difference]:
    async with rebuilding(running.service, into) as rebuild:
        read = await rebuild.follow(cut_over)
        parked = await rebuild.running.pool.fetchval(
            "SELECT count(*) FROM dead_letter WHERE status = 'parked'"
        )
        typer.echo(f"read {read} records, {parked} of them parked")
        for each in running.service.learning.learnt:
            rows = await rebuild.running.pool.fetchval(f"SELECT count(*) FROM {each.table.table}")
            part = "" if each.wholly else " (only the parts that others told)"
            typer.echo(f"{rows:>9}  {each.table.table}{part}")
        for each in running.service.learning.own:
            rows = await rebuild.running.pool.fetchval(f"SELECT count(*) FROM {each.table.table}")
            typer.echo(f"{rows:>9}  {each.table.table} (its own, from its own facts)")
        return await _verified(running, rebuild, cut_over) if verify else []


async def _verified(running: Running, rebuild: Rebuild, cut_over: datetime) -> list[Difference]:
    """What differs and goes on to differ while both catch up with the logs."""
    found: list[Difference] = []
    for attempt in range(_TRIES):
        if attempt:
            await asyncio.sleep(1)
            await rebuild.follow(cut_over)
        found = await _compared(running, rebuild.running)
        if not found:
            break
    return found


async def _compared(live: Running, rebuilt: Running) -> list[Difference]:
    async with (
        live.pool.acquire() as left,
        rebuilt.pool.acquire() as right,
        left.transaction(isolation="repeatable_read", readonly=True),
        right.transaction(isolation="repeatable_read", readonly=True),
    ):
        return [difference async for difference in differences(left, right, live.service)]
