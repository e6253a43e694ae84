"""The command line: ``python -m services.referrals --help``."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from chassis import cli
from chassis.calendar import london_date
from chassis.service import Running, Service
from schemas.codes import AsksFor, Need, SenProvision
from services.referrals import (
    disposing,
    erasing,
    importing,
    lost_files,
    registering,
    routing_tool,
    staffing,
    waiting_tool,
)
from services.referrals.app import Referrals, build
from services.referrals.domain.book import Book
from services.referrals.domain.routing.sending import facts_about, way
from services.referrals.files import HERE, BadData, Data, load
from services.referrals.settings import Settings

Folder = Annotated[Path, typer.Option(help="the folder with areas.toml, register, teams and routing")]


def extend(app: typer.Typer, with_running: Callable[[Callable[[Running], Awaitable[Any]]], Any]) -> None:
    """The commands that this service adds."""
    staffing.add(app, with_running, _book)
    registering.add(app, with_running, _book)
    importing.add(app, with_running, _book)
    routing_tool.add(app, with_running, _book)
    waiting_tool.add(app, with_running, _book)
    erasing.add(app, with_running)
    disposing.add(app, with_running)
    lost_files.add(app, with_running)
    app.command("check-data")(_check_data)
    app.command("route")(_route)


def _book(running: Running) -> Book:
    assert isinstance(running.service, Referrals)
    book = running.service.book
    book.turn(london_date(running.clock.now()))
    return book


def _check_data(folder: Folder = HERE) -> None:
    """Read every data file and say what is wrong with it."""
    data = _loaded(folder)
    typer.echo(
        f"{len(data.register)} establishments, {len(data.destinations)} destinations, "
        f"{len(data.routing.rules)} rules: all is well"
    )


def _route(
    urn: Annotated[str, typer.Option(help="the establishment")],
    asks_for: Annotated[str, typer.Option(help="advice, outreach, ehc-needs-assessment or placement")],
    need: Annotated[str, typer.Option(help="the main need, such as ASD")],
    born: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="the child's date of birth")],
    sen_provision: Annotated[str, typer.Option(help="E, K or N")] = "K",
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="a day; today if left out")
    ] = None,
    folder: Folder = HERE,
) -> None:
    """Say which rule would send such a referral where, and why."""
    data = _loaded(folder)
    _one_of("--asks-for", asks_for, get_args(AsksFor))
    _one_of("--need", need, get_args(Need))
    _one_of("--sen-provision", sen_provision, get_args(SenProvision))
    setting = data.register.find(urn)
    if setting is None:
        raise typer.Exit(_say("This establishment is not in the register."))
    today = on.date() if on else london_date(datetime.now(UTC))
    child: Any = (need, (), sen_provision, False)
    where = data.register.placed(setting, today)
    chosen = way(data.routing, facts_about(asks_for, child, born.date(), None, where, today))  # type: ignore[arg-type]
    goes = chosen.destination
    typer.echo(
        f"{goes.name} ({goes.code}), by the rule {chosen.rule.code}: {chosen.reason}\n{chosen.grounds}"
    )


def _one_of(option: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise typer.Exit(_say(f"{option} must be one of {', '.join(known)}."))


def _loaded(folder: Path) -> Data:
    try:
        return load(folder)
    except BadData as error:
        raise typer.Exit(_say(str(error))) from None


def _built(settings: Settings) -> Service:
    try:
        return build(settings)
    except BadData as error:
        raise SystemExit(_say(str(error))) from None


def _say(sentence: str) -> int:
    typer.echo(sentence, err=True)
    return 2


if __name__ == "__main__":
    cli.main(_built, Settings, extend)
