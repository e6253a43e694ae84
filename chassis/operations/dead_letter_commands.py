"""``dead-letters`` and ``audit``: what is parked, what is done about it, and who did what."""

from collections.abc import Callable
from typing import Annotated

import typer

from chassis import dead_letters
from chassis.operations import audit
from chassis.operations.console import By, Reason, WithRunning, connected, refused


def add(app: typer.Typer, with_running: WithRunning) -> None:
    """Adds ``dead-letters list | show | redrive | discard`` and ``audit``."""
    letters = typer.Typer(
        no_args_is_help=True, help="Records that could not be applied, and what to do about them."
    )
    app.add_typer(letters, name="dead-letters")
    letters.command("list")(_lister(with_running))
    letters.command("show")(_shower(with_running))
    letters.command("redrive")(_redriver(with_running))
    letters.command("discard")(_discarder(with_running))
    app.command("audit")(_auditor(with_running))


def _lister(with_running: WithRunning) -> Callable[[], None]:
    def list_letters() -> None:
        """What is parked, grouped by what went wrong."""
        rows = with_running(connected(dead_letters.listing))
        for row in rows:
            typer.echo(
                f"{row['n']:>6}  since {row['since']:%Y-%m-%d %H:%M}  first id {row['first_id']}  "
                f"{row['reason']}\n        fingerprint {row['fingerprint']}"
            )
        if not rows:
            typer.echo("nothing is parked")

    return list_letters


def _shower(with_running: WithRunning) -> Callable[[int], None]:
    def show_letter(letter: int) -> None:
        """One dead letter: where it came from and why it is here. Its content is not shown."""
        try:
            row = with_running(connected(lambda conn: dead_letters.show(conn, letter)))
        except dead_letters.NotParked:
            raise refused(f"there is no dead letter {letter}: see `dead-letters list`") from None
        for name, value in row.items():
            typer.echo(f"{name:>12}  {'' if value is None else value}")

    return show_letter


def _redriver(with_running: WithRunning) -> Callable[..., None]:
    def redrive(
        by: By,
        reason: Reason = "",
        fingerprint: Annotated[str | None, typer.Option(help="only these; otherwise all")] = None,
        over_gap: Annotated[
            bool, typer.Option(help="accept that missing versions are lost for good")
        ] = False,
        dry_run: Annotated[bool, typer.Option(help="only say what would happen; change nothing")] = False,
    ) -> None:
        """Apply parked records again, in the order of their streams, after their cause was mended."""
        try:
            done: dead_letters.Redriven = with_running(
                lambda running: dead_letters.redrive(
                    running.pool, running.inbox, by, reason, fingerprint, over_gap=over_gap, dry_run=dry_run
                )
            )
        except (audit.ReasonMissing, dead_letters.NotParked) as error:
            raise refused(f"not redriven: {error}") from None
        if dry_run:
            typer.echo(f"would apply {done.applied}, and leave {done.parked} parked; nothing was changed")
        else:
            typer.echo(str(done))
        for why, streams in done.again.most_common():
            typer.echo(f"{streams:>6} streams {'would stop' if dry_run else 'stopped'} again: {why}")

    return redrive


def _discarder(with_running: WithRunning) -> Callable[..., None]:
    def discard(letter: int, reason: Reason, by: By) -> None:
        """Give one parked record up for good. What follows it in its stream can then be redriven."""
        try:
            with_running(connected(lambda conn: dead_letters.discard(conn, letter, by, reason)))
        except (dead_letters.NotParked, ValueError) as error:
            raise refused(f"not discarded: {error}") from None
        typer.echo(f"discarded {letter}")

    return discard


def _auditor(with_running: WithRunning) -> Callable[..., None]:
    def audit_command(most: Annotated[int, typer.Option(min=1, help="how many at most")] = 200) -> None:
        """What operators did to this service, the newest first: when, who, what, why, and what came of it."""
        rows = with_running(connected(lambda conn: audit.listing(conn, most)))
        for row in rows:
            typer.echo(
                f"{row['at']:%Y-%m-%d %H:%M:%S}Z  {row['who']}  {row['did']} {row['what']}: {row['outcome']}\n"
                f"        because: {row['why']}"
            )
        if not rows:
            typer.echo("nobody has done anything yet")

    return audit_command
