"""`python -m tests.bench.what_if`: the tables and charts of docs/what-if.md.

No figure of that page is typed by hand. The same code makes the same page, but for how long it takes; ``--measure``
measures that anew, which takes some minutes.
"""

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from os import cpu_count
from pathlib import Path
from time import perf_counter
from typing import Any

from services.panels.crew import Crew
from services.panels.scenarios import Ask, Named, alternatives, as_it_is, authority, described, variants_of
from services.panels.simulation import showing, tables
from services.panels.simulation.comparing import By, Scenario, compared, enough_for
from services.panels.simulation.demand import Assumed
from services.panels.simulation.figures import AUTHORITIES, HERTFORDSHIRE
from services.panels.simulation.measures import Outcome
from tests.bench import results
from tests.bench.page import filled_in, table
from tests.panels.simulation.theory import EVERY, PLACES, mean_wait_by_theory, simulated_wait

PAGE = results.ROOT / "docs" / "what-if.md"
IMAGES = results.ROOT / "docs" / "images"
FIRST, YEARS = date(2026, 1, 1), 3
HERTS = authority(HERTFORDSHIRE)
#: By this, each quadrant brings as much as another: three of them have two areas, one has three.
EVEN_QUADRANTS = (1, 1, 2 / 3, 2 / 3, 2 / 3, 1, 1, 1, 1)
#: How many placement cases a hundred requests bring: nobody has published it, so it is varied.
PER_HUNDRED = (20, 30, 40)
LOADS = (0.5, 0.7, 0.8, 0.9)
_SHORT = (0, 6, 7, 8, 9, 12, 13)  # of all headings, those of the page


def main() -> None:
    """Writes the page and its charts."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.what_if", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="also measure how long it takes")
    asked = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    seconds = measured() if asked.measure else standing(page, "seconds")
    PAGE.write_text(filled(page, {"seconds": seconds}), encoding="utf-8")
    for path, svg in charts().items():
        path.write_text(svg, encoding="utf-8")


def filled(page: str, given: Mapping[str, str]) -> str:
    """The page with its tables made anew, but for those that are given."""
    makers: dict[str, Callable[[Any], str]] = {name: _made(make) for name, make in TABLES.items()}
    return filled_in(page, {}, makers | {name: _given(text) for name, text in given.items()})


def standing(page: str, name: str) -> str:
    """A table as the page has it."""
    found = re.search(rf"<!-- figures: {name} -->\n(.*?)\n?<!-- end of figures -->", page, re.DOTALL)
    return found[1] if found else ""


def _made(make: Callable[[], str]) -> Callable[[Any], str]:
    return lambda _: make()


def _given(text: str) -> Callable[[Any], str]:
    return lambda _: text


def charts() -> Mapping[Path, str]:
    """The charts of the page by their files."""
    made = {}
    for name, outcomes in (("from-one", from_one()), ("sharing", sharing())):
        for shown in showing.charts(outcomes):
            made[IMAGES / f"what-if-{name}-{shown.key}.svg"] = shown.svg
    return made


def _ask(per_hundred: int = 30) -> Ask:
    return Ask(FIRST, YEARS, assumed=Assumed(cases_per_request=per_hundred / 100))


@cache
def from_one() -> Sequence[Outcome]:
    """One, eight and twelve sittings a month, and from one to eight or twelve after a year."""
    ask = _ask()
    return compared(ask.of(HERTS, variants_of(as_it_is(), "1,8,12,1-8,1-12", ask)))


@cache
def sharing() -> Sequence[Outcome]:
    """The panel that hears everybody beside those that share the county."""
    return compared(_ask().of(HERTS, _sharing()))


@cache
def sharing_evenly() -> Sequence[Outcome]:
    """The same where no quadrant brings more than another."""
    ask = replace(_ask(), assumed=_ask().assumed.model_copy(update={"areas": EVEN_QUADRANTS}))
    return compared(ask.of(HERTS, [each for each in _sharing() if "phase" not in each.name]))


def _sharing() -> list[Named]:
    base = as_it_is()
    shared = [each for each in alternatives(base.book) if each.name.startswith("by ")]
    return [Named("one pooled panel", base.book), *shared]


def _figures(outcomes: Sequence[Outcome]) -> str:
    rows = [[row[place] for place in _SHORT] for row in tables.rows(outcomes)]
    return table([tables.HEADINGS[place] for place in _SHORT], rows)


def _backlogs() -> str:
    outcomes = from_one()
    return table(["Week ending", *(each.name for each in outcomes)], tables.backlog_rows(outcomes, 13))


def _enough() -> str:
    rows = []
    for per_hundred in PER_HUNDRED:
        ask = _ask(per_hundred)
        scenario = ask.of(HERTS, [as_it_is()])
        (found,) = enough_for(scenario)
        has = scenario.configurations[0].a_month(scenario.first, scenario.last)
        coming = HERTS.requests * per_hundred / 100 / 12
        rows.append(
            [str(per_hundred), f"{coming:.0f}", tables.whole(found), f"{has:.0f}", f"{(found or 0) / 12:.1f}"]
        )
    return table(
        [
            "Cases for a hundred requests", "Cases that come in a month", "Places a month that are enough",
            "Places that eight sittings of twelve have", "Sittings of twelve that are enough",
        ],
        rows,
    )  # fmt: skip


@cache
def by_rule() -> Sequence[Outcome]:
    """Eight sittings a month after a year of one, by each of the fast rules."""
    found = []
    for by, words in _RULES.items():
        ask = replace(_ask(), by=by)
        (outcome,) = compared(ask.of(HERTS, variants_of(as_it_is(), "1-8", ask)))
        found.append(replace(outcome, name=words))
    return found


def _chance() -> str:
    """The same year of eight sittings with other seeds: least, median and most."""
    base, found = [as_it_is()], []
    for seed in range(1, SEEDS + 1):
        found += compared(Ask(FIRST, seed=seed).of(HERTS, base))
    rows = []
    for heading, value in _BY_CHANCE.items():
        ordered = sorted(value(each) for each in found)
        shown = (ordered[0], ordered[len(ordered) // 2], ordered[-1])
        rows.append([heading, *(f"{each:.0%}" if isinstance(each, float) else str(each) for each in shown)])
    return table([f"Over {SEEDS} seeds", "Least", "Median", "Most"], rows)


SEEDS = 15
_BY_CHANCE: Mapping[str, Callable[[Outcome], float]] = {
    tables.HEADINGS[6]: lambda each: each.waiting,
    tables.HEADINGS[8]: lambda each: each.median or 0,
    tables.HEADINGS[9]: lambda each: each.ninetieth or 0,
    tables.HEADINGS[12]: lambda each: each.share_in_time or 0.0,
    tables.HEADINGS[13]: lambda each: each.fill or 0.0,
}
_RULES: Mapping[By, str] = {
    "rule": "legal dates kept first, as the planner does",
    "due-first": "due first, late ones above all",
    "first-come": "first come, first heard",
}


def _theory() -> str:
    rows = []
    for load in LOADS:
        rate = load * PLACES / EVERY
        exact, simulated = mean_wait_by_theory(rate), simulated_wait(rate)
        rows.append([f"{load:.0%}", f"{exact:.2f}", f"{simulated:.2f}", f"{simulated / exact - 1:+.1%}"])
    return table(["Load", "Mean wait by theory, days", "Simulated, days", "Difference"], rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "assumed": lambda: described(Assumed())[:1].upper() + described(Assumed())[1:] + ".",
    "from-one": lambda: _figures(from_one()),
    "backlogs": _backlogs,
    "enough": _enough,
    "chance": _chance,
    "by-rule": lambda: _figures(by_rule()),
    "sharing": lambda: _figures(sharing()),
    "sharing-evenly": lambda: _figures(sharing_evenly()),
    "theory": _theory,
}


_TIMED: tuple[By, ...] = ("rule", "planner")


def measured() -> str:
    """How long it takes here, by the fast rule and by the planner."""
    crew = Crew(cpu_count() or 1)
    rows = []
    for by in _TIMED:
        rows.append(
            [f"a year of Hertfordshire, eight sittings a month, {_by(by)}", _timed(crew, by, [HERTFORDSHIRE])]
        )
    for by in _TIMED:
        rows.append(
            [f"a year of all 153 authorities, the same, {_by(by)}", _timed(crew, by, list(AUTHORITIES))]
        )
    rows.append(
        ["the places that are enough, for all 153", _timed(crew, "rule", list(AUTHORITIES), search=True)]
    )
    return table([f"what, by {crew.workers} processes", "seconds"], rows)


def _by(by: By) -> str:
    return "by the planner" if by == "planner" else "by the fast rule"


def _timed(crew: Crew, by: By, codes: Sequence[str], search: bool = False) -> str:
    began = perf_counter()
    ask, books = Ask(FIRST, YEARS if search else 1, by=by), [as_it_is()]
    asked: list[Scenario] = [ask.of(authority(code), books) for code in codes]
    if search:
        crew.enough(asked)
    else:
        crew.outcomes(asked)
    return f"{perf_counter() - began:.1f}"


if __name__ == "__main__":
    main()
