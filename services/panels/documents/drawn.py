"""The charts of a service report, each beside the table that has its figures. Pure."""

from collections.abc import Mapping, Sequence

from services.panels.documents.figures import OUTCOMES
from services.panels.reporting.monthly import OUTCOMES as CODES
from services.panels.reporting.monthly import Report
from services.panels.simulation.charts import Bar, Series, bars, lines


def charts(reports: Sequence[Report]) -> Mapping[str, Sequence[tuple[str, str]]]:
    """The charts by the key of their table, each as (SVG, what it shows in words). The last report is the month's."""
    last = reports[-1]
    ends = [each.period.last.toordinal() for each in reports]
    flow = (
        "Cases received and decisions issued, month by month",
        f"In the last of {len(reports)} months {last.received} cases were received and {last.decided} decided.",
    )
    waits = (
        "How long decisions took, month by month",
        "The wait that half of the decisions, and nine in ten of them, did not exceed, in calendar days.",
    )
    made: dict[str, list[tuple[str, str]]] = {"year": [(lines("flow", *flow, "Cases", [
        Series("Received", [(day, each.received) for day, each in zip(ends, reports, strict=True)]),
        Series("Decided", [(day, each.decided) for day, each in zip(ends, reports, strict=True)]),
    ]), flow[1])]}  # fmt: skip
    long = Series("Nine in ten within", _known(ends, [each.ninetieth_wait for each in reports]))
    half = Series("Half within", _known(ends, [each.median_wait for each in reports]))
    if len(half.points) > 1:  # one month alone is no line
        made["year"].append((lines("waits", *waits, "Days", [long, half]), waits[1]))
    return {**made, "area": [_areas(last)]} if last.by_area else made


def _known(days: Sequence[int], values: Sequence[int | None]) -> list[tuple[int, float]]:
    return [(day, value) for day, value in zip(days, values, strict=True) if value is not None]


def _areas(last: Report) -> tuple[str, str]:
    said = "How many decisions of each outcome there were in each area; the table has the numbers."
    rows = [
        Bar(line.name, line.outcomes[code], f"{line.outcomes[code]} {OUTCOMES[code].lower()}", kind)
        for line in last.by_area
        for kind, code in enumerate(CODES)
        if line.outcomes[code]
    ]
    return bars("areas", "Decisions by area", said, rows, list(OUTCOMES.values())), said
