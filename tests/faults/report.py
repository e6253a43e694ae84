"""The results as a table: on the terminal, and between two marks in the page on delivery guarantees."""

import re
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from rich.table import Table

from tests.faults.fault import FAULTS
from tests.faults.results import Result

PAGE = Path(__file__).parents[2] / "docs" / "delivery-guarantees.md"
_HEADS = ("fault", "seeds run", "lost", "doubled", "reordered", "held", "time to recover")
_MARKS = ("<!-- faults: written by `make test-faults TABLE=1` -->", "<!-- faults: end -->")


def rows(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """One row a fault, in the order of the catalogue, and their sum; times in seconds, median and worst."""
    names = [name for name in FAULTS if any(result.fault == name for result in results)]
    found = [_row(name, [result for result in results if result.fault == name]) for name in names]
    return [*found, _row("all", results)] if results else []


def _row(name: str, runs: Sequence[Result]) -> tuple[str, ...]:
    broken = sum(not result.ok for result in runs)
    times = [result.recovery for result in runs]
    sums = [
        sum(getattr(result, what) for result in runs) for what in ("lost", "doubled", "reordered", "held")
    ]
    count = f"{len(runs)} ({broken} failed)" if broken else str(len(runs))
    return name, count, *map(str, sums), f"{median(times):.1f} s, at most {max(times):.1f} s"


def on_terminal(results: Sequence[Result]) -> Table:
    """For rich."""
    table = Table(*_HEADS)
    for row in rows(results):
        table.add_row(*row)
    return table


def write_into_page(results: Sequence[Result], page: Path = PAGE) -> None:
    """The table, between the page's marks. Raises ValueError where there are no marks."""
    write_between(_MARKS, _markdown(results), page)


def write_between(marks: tuple[str, str], text: str, page: Path = PAGE) -> None:
    """Replaces what stands between the two marks in the page. Raises ValueError where they do not stand."""
    old = page.read_text(encoding="utf-8")
    between = re.compile(f"{re.escape(marks[0])}.*?{re.escape(marks[1])}", re.DOTALL)
    if not between.search(old):
        raise ValueError(f"{page.name} has no place for the table: put these two lines there: {marks}")
    written = "\n".join([marks[0], text, marks[1]])
    page.write_text(between.sub(lambda _: written, old), encoding="utf-8")


def _markdown(results: Sequence[Result]) -> str:
    lines = [f"| {' | '.join(_HEADS)} |", "|---" * len(_HEADS) + "|"]
    for name, *figures in rows(results):
        says = f": {FAULTS[name].says}" if name in FAULTS else ""
        lines.append(f"| **{name}**{says} | {' | '.join(figures)} |")
    families = sum(result.families for result in results)
    codes = ", ".join(sorted({result.code for result in results}))
    together = sum(result.together for result in results)
    runs = (
        f"{len(results)} runs with {families} families, {together} of whose messages went within another one, at the "
        f"revisions {codes}"
    )
    return "\n".join([*lines, "", f"{runs}{_beside(results)}."])


def _beside(results: Sequence[Result]) -> str:
    """How busy the machine was."""
    loads = [result.load for result in results if result.load is not None]
    if not loads:
        return ""
    return f"; the machine's load was {median(loads):.0f}, from {min(loads):.0f} to {max(loads):.0f}"
