"""``recover``: a database that was restored from an older backup catches up with what was published from it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from chassis.operations import audit
from chassis.operations.console import By, Reason, WithRunning, refused
from chassis.operations.rebuild import CannotRebuild
from chassis.operations.recovery import CannotRecover, Recovered, recover
from chassis.outages import AWAY, why
from chassis.service import Running

LostAt = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%dT%H:%M:%S%z"],
        help="when the former database was last written to, 2026-11-02T07:00:00+0000; now if left out",
    ),
]

_AGAIN = "Leave the service stopped, and run this again: it goes on"
_NOT = (
    "Do not start the service: restore a newer backup and recover that, or ask whoever maintains the program"
)


def add(app: typer.Typer, with_running: WithRunning) -> None:
    """Adds ``recover``."""
    app.command("recover")(_recoverer(with_running))


def _recoverer(with_running: WithRunning) -> Callable[..., None]:
    def recover_command(by: By, reason: Reason, lost_at: LostAt = None) -> None:
        """Bring a database restored from an older backup forward. Stop every worker of the service first."""
        try:
            done: Recovered = with_running(
                lambda running: _recovered(running, lost_at or datetime.now(UTC), by, reason)
            )
        except (CannotRecover, CannotRebuild, audit.ReasonMissing) as error:
            raise refused(f"not recovered: {error}") from None
        except KeyboardInterrupt:
            raise refused(f"broken off by hand. {_AGAIN}", 130) from None
        except AWAY as error:
            raise refused(f"broken off: {why(error)}. Mend that. {_AGAIN}") from None
        _show(done)

    return recover_command


async def _recovered(running: Running, lost_at: datetime, by: str, reason: str) -> Recovered:
    async with running.pool.acquire() as conn:
        action = await audit.record(conn, by, "recover", running.service.name, reason)
    done = await recover(running, lost_at)
    async with running.pool.acquire() as conn:
        outcome = f"{done.facts} own facts put back, {len(done.unknown)} could not be"
        await audit.ended(conn, action, outcome)
    return done


def _show(done: Recovered) -> None:
    typer.echo(f"{done.heard} records of others heard, {done.facts} own facts put back")
    for topic, key in done.unknown[:100]:
        typer.echo(f"cannot be put back: {topic} {key}")
    for topic, key in done.forked[:100]:
        typer.echo(f"written here under a version that is taken: {topic} {key}")
    if done.forked:
        raise refused(
            "not forward: the restored database was written to before it was recovered. "
            "Restore the backup once more, and recover it before anything of the service starts",
            status=1,
        )
    if done.unknown:
        raise refused(
            f"not forward: {len(done.unknown)} of its own facts could not be put back. {_NOT}", status=1
        )
    if done.left:
        raise refused(f"not forward: {done.left}. {_NOT}", status=1)
    typer.echo("the service may write again: start it")
