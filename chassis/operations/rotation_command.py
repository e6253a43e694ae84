"""``rotate-key``: a sealed topic's records again under the newest key, and whether an old one is still needed."""

from collections.abc import Callable
from typing import Annotated

import typer

from chassis.operations import audit
from chassis.operations.console import By, Reason, WithRunning, refused
from chassis.operations.rotation import CannotRotate, Count, count, rotate, sealing_key
from chassis.outages import AWAY, why
from chassis.service import Running
from schemas.topics import BY_NAME


def add(app: typer.Typer, with_running: WithRunning) -> None:
    """Adds ``rotate-key``."""
    app.command("rotate-key")(_rotator(with_running))


def _rotator(with_running: WithRunning) -> Callable[..., None]:
    def rotate_key(
        topic: str,
        by: By,
        reason: Reason = "",
        check: Annotated[
            bool, typer.Option(help="only count records by key; status 1 if one is old")
        ] = False,
        per_second: Annotated[float, typer.Option(min=1, help="records published again in a second")] = 200,
    ) -> None:
        """Publish a sealed topic's latest records again under the first key of its ring. May be broken off."""
        if topic not in BY_NAME:
            raise refused(f"there is no topic {topic}: see `python -m deploy.kafka show`")
        try:
            if not check:
                with_running(lambda running: _rotated(running, topic, per_second, by, reason))
            found: Count = with_running(lambda running: count(running, BY_NAME[topic]))
        except (CannotRotate, audit.ReasonMissing) as error:
            raise refused(f"not rotated: {error}") from None
        except AWAY as error:
            raise refused(f"broken off: {why(error)}. Mend that, and begin again: it goes on") from None
        _show(found)

    return rotate_key


async def _rotated(running: Running, topic: str, per_second: float, by: str, reason: str) -> None:
    sealing_key(running, BY_NAME[topic])
    async with running.pool.acquire() as conn:
        action = await audit.record(conn, by, "rotate-key", topic, reason)
    done = await rotate(running, BY_NAME[topic], per_second, _progress)
    async with running.pool.acquire() as conn:
        await audit.ended(conn, action, f"published {done} records again")
    typer.echo(f"published {done} records again")


def _progress(done: int, found: int) -> None:
    typer.echo(f"{done} of the {found} found so far", err=True)


def _show(found: Count) -> None:
    for what, counted in (
        ("latest of their key", found.latest),
        ("replaced, until compaction removes them", found.replaced),
        ("among this service's dead letters", found.parked),
    ):
        for kid, number in sorted(counted.items()):
            typer.echo(f"{number:>9}  sealed by {kid}: {what}")
    if found.left:
        raise refused(f"{found.left} records still need another key than {found.newest}: keep it", status=1)
    typer.echo(f"no record that counts needs another key than {found.newest}")
