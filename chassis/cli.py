"""The command line of a service: serve, migrate, and what is done about dead letters."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from chassis import dead_letters, failpoints, telemetry
from chassis.database import BadMigration, migrate
from chassis.service import Role, Running, Service
from chassis.serving import serve
from chassis.settings import ServiceSettings, load
from chassis.storage import Connection

S = TypeVar("S", bound=ServiceSettings)
WithRunning = Callable[[Callable[[Running], Awaitable[Any]]], Any]
_BY = typer.Option("--by", help="who decides this; recorded", default_factory=getpass.getuser)
Extend = Callable[[typer.Typer, WithRunning], None]


def main(build: Callable[[S], Service], settings: type[S], extend: Extend | None = None) -> None:
    """Runs the command line of the service that ``build`` makes.

    ``extend(app, with_running)`` may add commands of the service's own; ``with_running(work)`` runs
    ``work(running)`` against the service's database.
    """
    app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

    def with_running(work: Callable[[Running], Awaitable[Any]]) -> Any:
        return asyncio.run(_with_running(build(load(settings)), work))

    _serving(app, lambda: build(load(settings)))
    _dead_letters(app, with_running)
    if extend is not None:
        extend(app, with_running)
    app()


async def _with_running(service: Service, work: Callable[[Running], Awaitable[Any]]) -> Any:
    telemetry.configure(service.name, "WARNING")
    try:
        running = await Running.of(service)
    except BadMigration as error:
        raise typer.Exit(_say(str(error))) from None
    try:
        return await work(running)
    finally:
        await running.pool.close()


def _connected(work: Callable[[Connection], Awaitable[Any]]) -> Callable[[Running], Awaitable[Any]]:
    async def connected(running: Running) -> Any:
        async with running.pool.acquire() as conn:
            return await work(conn)

    return connected


def _say(sentence: str) -> int:
    typer.echo(sentence, err=True)
    return 2


def _serving(app: typer.Typer, build: Callable[[], Service]) -> None:
    @app.command("serve")
    def serve_command(role: Annotated[str, typer.Option(help="web, worker or all")] = "all") -> None:
        """Run the service until it is told to stop."""
        if role not in ("web", "worker", "all"):
            raise typer.Exit(_say("--role is web, worker or all"))
        service = build()
        telemetry.configure(service.name, service.settings.log_level, service.settings.otlp_endpoint)
        failpoints.arm(service.settings.profile, service.failpoints)
        chosen: Role = role  # type: ignore[assignment]
        try:
            status = asyncio.run(serve(service, chosen))
        except BadMigration as error:
            raise typer.Exit(_say(str(error))) from None
        raise typer.Exit(status)

    @app.command("migrate")
    def migrate_command() -> None:
        """Bring the database up to date. Safe to run at any time, from several places at once."""
        service = build()
        done = asyncio.run(migrate(service.settings.database.get_secret_value(), service.all_migrations))
        typer.echo(f"applied: {', '.join(done)}" if done else "already up to date")


def _dead_letters(app: typer.Typer, with_running: WithRunning) -> None:
    letters = typer.Typer(
        no_args_is_help=True, help="Records that could not be applied, and what to do about them."
    )
    app.add_typer(letters, name="dead-letters")
    letters.command("list")(_lister(with_running))
    letters.command("show")(_shower(with_running))
    letters.command("redrive")(_redriver(with_running))
    letters.command("discard")(_discarder(with_running))


def _lister(with_running: WithRunning) -> Callable[[], None]:
    def list_letters() -> None:
        """What is parked, grouped by what went wrong."""
        rows = with_running(_connected(dead_letters.listing))
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
            row = with_running(_connected(lambda conn: dead_letters.show(conn, letter)))
        except dead_letters.NotParked:
            raise typer.Exit(_say(f"there is no dead letter {letter}: see `dead-letters list`")) from None
        for name, value in row.items():
            typer.echo(f"{name:>12}  {'' if value is None else value}")

    return show_letter


def _redriver(with_running: WithRunning) -> Callable[..., None]:
    def redrive(
        by: Annotated[str, _BY],
        fingerprint: Annotated[str | None, typer.Option(help="only these; otherwise all")] = None,
        over_gap: Annotated[
            bool, typer.Option(help="accept that missing versions are lost for good")
        ] = False,
    ) -> None:
        """Apply parked records again, in the order of their streams, after their cause was mended."""
        applied, left = with_running(
            lambda running: dead_letters.redrive(running.pool, running.inbox, by, fingerprint, over_gap)
        )
        typer.echo(f"applied {applied}, still parked {left}")

    return redrive


def _discarder(with_running: WithRunning) -> Callable[..., None]:
    def discard(
        letter: int,
        reason: Annotated[str, typer.Option(help="why it is given up; recorded")],
        by: Annotated[str, _BY],
    ) -> None:
        """Give one parked record up for good. What follows it in its stream can then be redriven."""
        try:
            with_running(_connected(lambda conn: dead_letters.discard(conn, letter, by, reason)))
        except (dead_letters.NotParked, ValueError) as error:
            raise typer.Exit(_say(f"not discarded: {error}")) from None
        typer.echo(f"discarded {letter}")

    return discard
