"""What teams and schools did in the month, and how long referrals waited: counted from the databases."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from deploy.demo.outcome import Outcome
from deploy.demo.tables import new_table
from services.referrals.domain.directory.waits import Expected, Wait, expected

_COLUMNS: Mapping[str, str] = {
    "accepted": "on",
    "returned": "back",
    "amended": "amended",
    "asked": "asked",
    "visit-done": "visits",
    "concluded": "done",
    "reviewed": "looked at",
    "stepped": "up",
}
_TOO_FEW = "not enough cases"


@dataclass
class _Team:
    """The steps on one team's referrals, and their waits."""

    steps: Counter[str] = field(default_factory=Counter)
    waits: list[Wait] = field(default_factory=list)


def team(outcome: Outcome, destination: str) -> str:
    """The team's name; outreach is one line, since its nine co-ordinators are the nine areas."""
    if destination.startswith("outreach-"):
        return "Special school outreach"
    return outcome.books.destinations.get(destination, destination)


def as_figures(outcome: Outcome) -> dict[str, Any]:
    """The same figures for programs."""
    steps: Counter[str] = Counter()
    for (_, what), count in outcome.books.work.items():
        steps[what] += count
    return {
        "steps": dict(steps.most_common()),
        "returned_with_advice": steps["returned"],
        "stepped_up": len(outcome.books.went_on),
        "worked_wrongly": len(outcome.worked_wrongly),
        "waits": {name: _of_wait(_expected(outcome, one)) for name, one in _teams(outcome).items()},
    }


def _of_wait(wait: Expected) -> dict[str, int | None]:
    """``answered`` are cases. Days are None where too few, or where more than that wait ``beyond_days``."""
    return {
        "answered": wait.cases,
        "median_days": wait.median,
        "p80_days": wait.p80,
        "beyond_days": wait.beyond,
    }


def table(outcome: Outcome) -> Table:
    """A line for each team, those with most to do first."""
    made = new_table(
        "What teams and schools did (taken on, given back with advice …), and days until the first answer",
        "team",
        *_COLUMNS.values(),
        "half, 8 in 10",
    )
    made.columns[-1].no_wrap = True
    for name, one in _teams(outcome).items():
        counts = [str(one.steps[what] or "·") for what in _COLUMNS]
        made.add_row(name, *counts, _days(_expected(outcome, one)))
    return made


def _teams(outcome: Outcome) -> dict[str, _Team]:
    books, teams = outcome.books, defaultdict[str, _Team](_Team)

    def of(reference: str) -> _Team:
        return teams[team(outcome, books.referrals[reference][0])]

    for reference, wait in books.waits.items():
        of(reference).waits.append(wait)
    for (reference, what), count in books.work.items():
        of(reference).steps[what] += count
    return dict(sorted(teams.items(), key=lambda item: -len(item[1].waits)))


def _expected(outcome: Outcome, one: _Team) -> Expected:
    return expected(one.waits, outcome.month.last)


def _days(wait: Expected) -> str:
    if not wait.said:
        return _TOO_FEW
    return f"{_shown(wait.median, wait)}, {_shown(wait.p80, wait)}"


def _shown(days: int | None, wait: Expected) -> str:
    return f"over {wait.beyond}" if days is None else str(days)
