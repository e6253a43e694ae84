"""``python -m services.panels simulate``: what would become of the queue with other panels."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from os import cpu_count
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from chassis.calendar import london_date
from chassis.service import Running
from services.panels import scenarios, storage
from services.panels.crew import Crew
from services.panels.domain.permissions import open_to_programs
from services.panels.panel_files import CLOSURES, PANELS, BadPanelFile
from services.panels.scenarios import Ask, Named
from services.panels.simulation import showing, tables
from services.panels.simulation.comparing import By, Scenario
from services.panels.simulation.demand import Assumed
from services.panels.simulation.figures import AUTHORITIES, HERTFORDSHIRE
from services.panels.simulation.measures import Outcome

WithRunning = Callable[[Callable[[Running], Awaitable[Any]]], Any]
_TITLE = "What if? A simulation of placement panels"
_ALL = "all"

Panels = Annotated[
    list[str] | None,
    typer.Option(
        help="a folder of panels' files, a shipped one such as by-quadrant, or as-it-is; may be repeated"
    ),
]
InForce = Annotated[Path, typer.Option(envvar="PANELS_FOLDER", help="the panels as they are")]
Sittings = Annotated[
    str,
    typer.Option(help="those panels with so many sittings a month: 1,8,12; 1-8 is 8 from the second year"),
]
Whose = Annotated[str, typer.Option(help="whose published demand: the DfE's code; all for all 153")]
Queue = Annotated[bool, typer.Option(help="replay the real queue of the database instead")]
Since = Annotated[str, typer.Option("--from", help="the first month, such as 2026-01")]
Years = Annotated[int, typer.Option(min=1, max=10)]
Seed = Annotated[int, typer.Option(help="of chance: the same seed, the same result")]
Planner = Annotated[bool, typer.Option(help="choose batches by the planner itself: slower")]
Chosen = Annotated[By, typer.Option("--by", help="by what batches are chosen")]
Enough = Annotated[bool, typer.Option(help="also search where the backlog stops growing")]
Assume = Annotated[
    list[str] | None, typer.Option(help="an assumption, such as deferred=0.2 or papers_after=3-28")
]
Closures = Annotated[Path, typer.Option(envvar="PANELS_CLOSURES")]
Csv = Annotated[Path | None, typer.Option(help="write all figures to this file")]
Html = Annotated[Path | None, typer.Option(help="write charts and tables to this file")]
Svg = Annotated[Path | None, typer.Option(help="write each chart to a file in this folder")]
Workers = Annotated[int, typer.Option(min=0, help="processes; 0 for one per processor")]


@dataclass(frozen=True)
class _Out:
    """Where results are written besides the terminal."""

    csv: Path | None
    html: Path | None
    svg: Path | None


def add(commands: typer.Typer, with_running: WithRunning) -> None:
    """Adds the command."""

    @commands.command("simulate")
    def simulate_command(
        panels: Panels = None,
        in_force: InForce = PANELS,
        sittings: Sittings = "",
        authority: Whose = HERTFORDSHIRE,
        queue: Queue = False,
        since: Since = "2026-01",
        years: Years = 1,
        seed: Seed = 1,
        by: Chosen = "rule",
        planner: Planner = False,
        enough: Enough = False,
        assume: Assume = None,
        closures: Closures = CLOSURES,
        csv: Csv = None,
        html: Html = None,
        svg: Svg = None,
        workers: Workers = 0,
    ) -> None:
        """Play demand, or the real queue, through panels: waits, legal dates kept, backlog, fill."""
        began, crew = perf_counter(), Crew(workers or cpu_count() or 1)
        try:
            ask = Ask(_month(since), years, seed, "planner" if planner else by, assumed(assume or []))
            books = _books(panels or [], in_force, closures, sittings, ask)
            if queue and enough:
                raise ValueError(
                    "--enough needs published demand, which goes on for years: leave out --queue"
                )
            if queue:
                _queue(crew, with_running(_queue_of(books, ask)), _Out(csv, html, svg))
            elif authority == _ALL:
                _everywhere(crew, ask, books, enough, csv)
            else:
                _one(crew, ask, books, authority, enough, _Out(csv, html, svg))
        except (BadPanelFile, ValueError) as error:
            typer.echo(f"panels: {error}", err=True)
            raise typer.Exit(2) from None
        typer.echo(f"It took {perf_counter() - began:.1f} s on {crew.workers} processors.", err=True)


def assumed(given: Sequence[str]) -> Assumed:
    """The assumptions with those that were given as ``name=value``. Raises ValueError with a sentence."""
    values: dict[str, object] = {}
    for each in given:
        name, _, text = each.partition("=")
        least, dash, most = text.partition("-")
        parts = text.split(",")
        values[name] = {"least": least, "most": most} if dash else parts if len(parts) > 1 else text
    try:
        return Assumed.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        known = ", ".join(Assumed.model_fields)
        raise ValueError(f"--assume {place}: {first['msg']}. What may be assumed: {known}") from None


def _books(panels: Sequence[str], in_force: Path, closures: Path, sittings: str, ask: Ask) -> list[Named]:
    """The configurations that were asked for; without any, the panels as they are."""
    as_it_is = scenarios.as_it_is(in_force, closures)
    asked = [scenarios.named(each, in_force, closures) for each in panels]
    return [*asked, *(scenarios.variants_of(as_it_is, sittings, ask) if sittings else ())] or [as_it_is]


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ValueError("write the first month as 2026-01") from None


def _queue_of(books: Sequence[Named], ask: Ask) -> Callable[[Running], Awaitable[Scenario]]:
    async def read(running: Running) -> Scenario:
        now = running.clock.now()
        async with running.pool.acquire() as conn:
            known = await storage.subjects(conn, await storage.all_cases(conn), now)
        cases = [case for case, subject in known if open_to_programs(subject)]
        return scenarios.replayed(cases, books, london_date(now), ask.by)

    return read


def _queue(crew: Crew, scenario: Scenario, out: _Out) -> None:
    _tell(scenarios.notes_of_queue(scenario), crew.outcomes([scenario])[0], out)


def _one(crew: Crew, ask: Ask, books: Sequence[Named], code: str, enough: bool, out: _Out) -> None:
    """One authority, and where its backlog stops growing if that is asked for."""
    authority = scenarios.authority(code)
    _tell(ask.notes(authority), crew.outcomes([ask.of(authority, books)])[0], out)
    if not enough:
        return
    longer = ask.long_enough().of(authority, books)
    for halls, found in zip(longer.configurations, crew.enough([longer])[0], strict=True):
        now = halls.a_month(longer.first, longer.last)
        words = (
            "no number of places is enough" if found is None else f"stops growing at {found} places a month"
        )
        typer.echo(f"{halls.name}: the backlog {words}; it has {now:.0f}.")


def _tell(notes: Sequence[str], outcomes: Sequence[Outcome], out: _Out) -> None:
    typer.echo("\n".join(notes) + "\n")
    typer.echo(tables.as_text(*tables.turned(outcomes)))
    if out.csv is not None:
        out.csv.write_text(tables.as_csv(outcomes), encoding="utf-8", newline="")
    if out.html is not None:
        out.html.write_text(showing.html_page(_TITLE, notes, outcomes), encoding="utf-8")
    if out.svg is not None:
        out.svg.mkdir(parents=True, exist_ok=True)
        for each in showing.charts(outcomes):
            (out.svg / f"{each.key}.svg").write_text(each.svg, encoding="utf-8")


_EVERYWHERE = (
    *("Authority", "Cases a year", "Configuration", "Waiting at the end", "Median wait", "Legal dates kept"),
    "Enough places a month",
)


def _everywhere(crew: Crew, ask: Ask, books: Sequence[Named], enough: bool, csv: Path | None) -> None:
    """All authorities through the same panels, and how many places each of them would need."""
    known = list(AUTHORITIES.values())
    found = crew.outcomes([ask.of(each, books) for each in known])
    longer = [ask.long_enough().of(each, books) for each in known] if enough else []
    nothing: list[list[int | None]] = [[None] * len(books) for _ in known]
    needed = crew.enough(longer) if enough else nothing
    lines: list[Sequence[str]] = [_EVERYWHERE if enough else _EVERYWHERE[:-1]]
    for each, outcomes, places in zip(known, found, needed, strict=True):
        for outcome, place in zip(outcomes, places, strict=True):
            a_year = round(each.requests * ask.assumed.cases_per_request)
            figures = (
                f"{outcome.waiting:,}",
                tables.whole(outcome.median),
                tables.share(outcome.share_in_time),
            )
            line = (each.name, f"{a_year:,}", outcome.name, *figures, tables.whole(place))
            lines.append(line if enough else line[:-1])
    typer.echo("\n".join("\t".join(line) for line in lines))
    if csv is not None:
        csv.write_text(tables.csv_of(lines), encoding="utf-8", newline="")
