"""The command line of a service: serve, migrate, and what operators do."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar, cast

import typer
import uvloop

from chassis import failpoints, telemetry
from chassis.database import OUTAGES, BadMigration, migrate
from chassis.identity import AnothersDatabase
from chassis.operations import (
    adopt_command,
    dead_letter_commands,
    lost_end_command,
    person_command,
    rebuild_command,
    recovery_command,
    retention_command,
    rotation_command,
)
from chassis.operations.console import Plain, WithRunning, refused
from chassis.outages import why
from chassis.processes import Place, in_several
from chassis.service import Role, Running, Service
from chassis.serving import serve
from chassis.settings import ServiceSettings, load

#: Seconds that a process has beyond those in which it ends by itself.
_MARGIN = 5.0
#: The look-ups of names that every service has: the database's, Kafka's and the like.
_LOOK_UPS = 8
S = TypeVar("S", bound=ServiceSettings)
_COMMANDS = (
    dead_letter_commands,
    rebuild_command,
    recovery_command,
    lost_end_command,
    rotation_command,
    person_command,
    retention_command,
)
Opened = Callable[[Service], Awaitable[Running]]
Extend = Callable[[typer.Typer, WithRunning], None]


def main(build: Callable[[S], Service], settings: type[S], extend: Extend | None = None) -> None:
    """Runs the command line of the service that ``build`` makes.

    ``extend(app, with_running)`` may add commands of the service's own; ``with_running(work)`` runs
    ``work(running)`` against the service's database.
    """
    app = typer.Typer(cls=Plain, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

    def with_running(work: Callable[[Running], Awaitable[Any]], opened: Opened = Running.of) -> Any:
        return asyncio.run(_with_running(build(load(settings)), work, opened))

    _serving(app, lambda: build(load(settings)))
    _migrating(app, lambda: build(load(settings)))
    for commands in _COMMANDS:
        commands.add(app, with_running)
    adopt_command.add(app, lambda work: with_running(work, Running.of_anyones))
    if extend is not None:
        extend(app, with_running)
    app()


async def _with_running(service: Service, work: Callable[[Running], Awaitable[Any]], opened: Opened) -> Any:
    telemetry.configure(service.name, "WARNING")
    try:
        running = await opened(service)
        await running.keep()
    except (BadMigration, AnothersDatabase) as error:
        raise refused(str(error)) from None
    except OUTAGES as error:
        raise refused(_no_database(service, error)) from None
    try:
        return await work(running)
    finally:
        await running.pool.close()


def _no_database(service: Service, error: BaseException) -> str:
    name = f"{service.name.upper()}_DATABASE"
    return f"nothing was done, for {name}: {why(error)}. Mend that, then run the command again"


def _look_up_beside_others(look_ups: int) -> None:
    """Has names be looked up beside so many that no name server answers; before the first one of this process.

    libuv does it in its threads, and gives half of them to it: of the usual four, two mail servers whose names nobody
    answers for would keep the database and Kafka waiting for half a minute at a time.
    """
    os.environ.setdefault("UV_THREADPOOL_SIZE", str(2 * (_LOOK_UPS + look_ups)))


def _served(service: Service, role: Role, place: Place | None = None) -> int:
    _look_up_beside_others(service.look_ups)
    telemetry.configure(service.name, service.settings.log_level, service.settings.otlp_endpoint)
    failpoints.arm(service.settings.profile, service.failpoints)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(serve(service, role, place))
    except (BadMigration, AnothersDatabase) as error:
        return refused(str(error)).exit_code


def _serving(app: typer.Typer, build: Callable[[], Service]) -> None:
    @app.command("serve")
    def serve_command(
        role: Annotated[str, typer.Option(help="web, worker or all")] = "all",
        processes: Annotated[int, typer.Option(min=1, help="how many share the port; for the role web")] = 1,
    ) -> None:
        """Run the service until it is told to stop."""
        if role not in ("web", "worker", "all"):
            raise refused("--role is web, worker or all")
        if processes > 1 and role != "web":
            raise refused("--processes is for --role web: start it so, and --role worker beside it")
        service, chosen = build(), cast(Role, role)
        for check in service.checks:
            if (why := check()) is not None:
                raise refused(why)
        if processes == 1:
            raise typer.Exit(_served(service, chosen))
        where = service.settings.host, service.settings.port
        try:
            seconds = service.settings.shutdown_seconds + _MARGIN
            status = in_several(processes, *where, lambda place: _served(service, chosen, place), seconds)
        except OSError as error:
            raise refused(f"{where[0]}, port {where[1]}: {error.strerror}", 1) from None
        raise typer.Exit(status)


def _migrating(app: typer.Typer, build: Callable[[], Service]) -> None:
    @app.command("migrate")
    def migrate_command() -> None:
        """Bring the database up to date. Safe to run at any time, from several places at once."""
        service = build()
        try:
            done = asyncio.run(migrate(service.settings.database.get_secret_value(), service.all_migrations))
        except BadMigration as error:
            raise refused(f"nothing was done: {error}") from None
        except OUTAGES as error:
            raise refused(_no_database(service, error)) from None
        typer.echo(f"applied: {', '.join(done)}" if done else "already up to date")
