"""The command that holds the waits that were foretold against what really happened."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, get_args

import typer

from chassis.calendar import london_date
from chassis.operations.console import WithRunning, refused
from chassis.service import Running
from services.referrals import storage
from services.referrals.domain.book import Book
from services.referrals.domain.directory.waits import ENOUGH, WINDOW, Held, Wait, came_true
from services.referrals.storage import Until

Books = Callable[[Running], Book]
_HEADINGS: Mapping[Until, str] = {"answer": "Until a first answer", "end": "Until the work is done"}


def add(app: typer.Typer, with_running: WithRunning, books: Books) -> None:
    """Adds ``waits check``."""
    group = typer.Typer(no_args_is_help=True, help="the waits to expect")

    @group.callback()
    def waits() -> None:
        """The waits to expect."""

    @group.command("check")
    def check(
        since: Annotated[
            str | None,
            typer.Option(help="judge who came from this day on, as 2026-01-31; a year if left out"),
        ] = None,
    ) -> None:
        """Say how often the waits that were foretold came true, team by team."""

        async def run(running: Running) -> list[str]:
            today = london_date(running.clock.now())
            first = _day(since) if since else today - WINDOW
            return await checked(running, books(running), first, today)

        typer.echo("\n".join(with_running(run)))

    app.add_typer(group, name="waits")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refused("Write a day as year-month-day, such as 2026-01-31.") from None


async def checked(running: Running, book: Book, first: date, today: date) -> list[str]:
    """A table for each kind of wait: who came from ``first`` on, judged by what is known when yesterday ended."""
    until, lines = today - timedelta(days=1), list[str]()
    for kind in get_args(Until):
        async with running.pool.acquire() as conn:
            waits = await storage.waits_of(conn, kind, first - WINDOW)
        lines += [*([""] if lines else []), *table(_HEADINGS[kind], waits, book, first, until)]
    return lines


def table(
    heading: str, waits: Mapping[str, Sequence[Wait]], book: Book, first: date, until: date
) -> Iterator[str]:
    """How the estimates of each destination fared, in the order of the data files, and all of them together."""
    yield f"{heading}, of those who came from {first} on"
    yield _row("", "cases", "within the median", "within the 80th percentile")
    everybody = Held()
    known = [code for code in book.destinations if code in waits]
    for code in [*known, *sorted(set(waits) - set(known))]:
        fared = came_true(waits[code], first, until)
        everybody += fared
        yield _said(code, fared)
    yield _said("all", everybody)


def _said(name: str, fared: Held) -> str:
    if fared.cases < ENOUGH:
        return _row(name, f"{fared.cases:,}", "not enough cases to say")
    shares = (f"{within / fared.cases:.0%}" for within in (fared.within_median, fared.within_p80))
    return _row(name, f"{fared.cases:,}", *shares)


def _row(name: str, cases: str, *shares: str) -> str:
    return f"{name:28}{cases:>7}{''.join(f'{each:>28}' for each in shares)}"
