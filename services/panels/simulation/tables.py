"""Results as rows: the same for the terminal, for CSV and for the tables under the charts."""

import csv
import io
from collections.abc import Sequence
from datetime import date

from chassis.english import in_words
from services.panels.simulation.measures import Outcome

HEADINGS = (
    "Configuration",
    "Sittings",
    "Places",
    "Cases that came",
    "Heard",
    "Withdrawn",
    "Waiting at the end",
    "These have waited (median, days)",
    "Wait of those heard (median, days)",
    "Nine in ten heard within (days)",
    "Legal dates that came",
    "Kept",
    "Share kept",
    "Places filled",
    "Sittings that were full",
)


def rows(outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """A row for each configuration, under `HEADINGS`."""
    return [
        (
            each.name,
            f"{each.sittings:,}",
            f"{each.places:,}",
            f"{each.arrived:,}",
            f"{each.heard:,}",
            f"{each.withdrawn:,}",
            f"{each.waiting:,}",
            whole(each.waiting_since),
            whole(each.median),
            whole(each.ninetieth),
            f"{each.due:,}",
            f"{each.in_time:,}",
            share(each.share_in_time),
            share(each.fill),
            share(each.full),
        )
        for each in outcomes
    ]


def turned(outcomes: Sequence[Outcome]) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """The same with a figure a row and a configuration a column: the headings, and the rows."""
    first, *others = zip(HEADINGS, *rows(outcomes), strict=True)
    return first, others


def backlog_rows(outcomes: Sequence[Outcome], every: int = 4) -> list[tuple[str, ...]]:
    """How many wait in every fourth week: the day, then a column for each configuration."""
    weeks = [[count for _, count in each.backlog] for each in outcomes]
    days = [day for day, _ in outcomes[0].backlog] if outcomes else []
    return [
        (in_words(date.fromordinal(day)), *(f"{counts[place]:,}" for counts in weeks))
        for place, day in enumerate(days)
        if place % every == every - 1
    ]


def whole(number: int | None) -> str:
    """A number; a dash where there is none."""
    return "–" if number is None else f"{number:,}"


def share(part: float | None) -> str:
    """A share as a percentage; a dash where there is nothing to share."""
    return "–" if part is None else f"{part:.0%}"


def as_csv(outcomes: Sequence[Outcome]) -> str:
    """All figures and every week's backlog, for a spreadsheet: plain numbers, shares between 0 and 1."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow(("configuration", "figure", "week_ending", "value"))
    for each in outcomes:
        for figure in _FIGURES:
            value = getattr(each, figure)
            write.writerow((each.name, figure, "", "" if value is None else _plain(value)))
        for day, count in each.backlog:
            write.writerow((each.name, "backlog", date.fromordinal(day).isoformat(), count))
    return out.getvalue()


_FIGURES = (
    *("sittings", "places", "arrived", "heard", "withdrawn", "waiting", "waiting_since", "median"),
    *("ninetieth", "due", "in_time", "share_in_time", "fill", "full"),
)


def _plain(value: float | int) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def csv_of(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells for a spreadsheet."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    return out.getvalue()


def as_text(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table for the terminal; all columns but the first to the right."""
    widths = [max(map(len, column)) for column in zip(headings, *lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (headings, *lines)
    )
