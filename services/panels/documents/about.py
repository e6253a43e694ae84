"""What everybody may know of the panels: their criteria in words, and figures without small numbers. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from chassis.english import listed
from schemas.codes import Phase
from schemas.words import ITEMS
from services.panels.documents.figures import HELPED, NEEDS, OUTCOMES, PROVISIONS, Table, days, number
from services.panels.domain.panels.panel import Panel
from services.panels.domain.words import PHASES
from services.panels.reporting.course import Course, Period, quantile, rate, waits
from services.panels.reporting.helped import Review, did_help
from services.panels.reporting.monthly import lines
from services.panels.reporting.small_numbers import THRESHOLD, TOTAL, Published, published

#: In place of a number that is kept back.
KEPT_BACK = "c"
#: So many waits must lie behind a median, and behind a 90th percentile, to be told.
_FOR_MEDIAN, _FOR_NINETIETH = THRESHOLD, 2 * THRESHOLD


@dataclass(frozen=True, slots=True)
class Criteria:
    """What one panel hears, what it must have before it does, and who sits."""

    name: str
    hears: tuple[tuple[str, str], ...]
    papers: tuple[str, ...]
    closing: str
    seats: tuple[str, ...]
    quorum: str
    decided: str


def criteria(panel: Panel) -> Criteria:
    """A panel's file in words."""
    remit, papers = panel.remit, panel.papers
    return Criteria(
        name=panel.name,
        hears=(
            ("Areas", _which(remit.areas, str)),
            ("Phases", _which(remit.phases, PHASES.__getitem__, get_args(Phase))),
            ("Needs", _which(remit.needs, NEEDS.__getitem__)),
            ("Provision asked for", _which(remit.provisions, lambda code: PROVISIONS[code].lower())),
        ),
        papers=tuple(ITEMS[paper] for paper in papers.required),
        closing=_closing(panel),
        seats=tuple(each.seat.replace("-", " ") for each in panel.members.seats),
        quorum=_quorum(panel),
        decided=f"within {number(panel.decisions.within_working_days)} working days of the sitting",
    )


def _which(limit: Iterable[str], words: Callable[[str], str], order: Sequence[str] = ()) -> str:
    if limit == "all":
        return "all"
    codes = sorted(limit, key=lambda code: (order.index(code) if code in order else 0, code))
    return ", ".join(words(code) for code in codes)


def _closing(panel: Panel) -> str:
    papers = panel.papers
    if papers.close_working_days_before is not None:
        return (
            f"{papers.close_working_days_before} working days before the sitting, at {papers.close_at:%H:%M}"
        )
    return f"{papers.close_calendar_days_before} days before the sitting, at {papers.close_at:%H:%M}"


def _quorum(panel: Panel) -> str:
    roles = [role.replace("-", " ") for role in panel.quorum.roles]
    among = f", among them {listed(roles)}"
    return f"{panel.quorum.members} members{among if roles else ''}"


def public_tables(
    courses: Sequence[Course], reviews: Sequence[Review], period: Period, panel_name: Callable[[str], str]
) -> list[Table]:
    """The waits and rates of a period, with every small number kept back, and others so that none is given away."""
    decided = [each for each in courses if period.has(each.decided_on)]
    return [
        _outcomes("areas", "Decisions by area", "Area", decided, lambda each: each.area, str),
        _waits(decided),
        _deferrals(courses, period, panel_name),
        _helped(reviews, period),
    ]


def _helped(reviews: Sequence[Review], period: Period) -> Table:
    """By area; those of which nobody has said anything are counted neither way."""
    found = did_help(reviews, period, lambda each: each.area)
    table = published([[line.answers[code] for code in HELPED] for line in found])
    heads = ("Area", *HELPED.values(), "All that were answered")
    said = "Short placements at Education Support Centres, asked on the day of their review."
    rows = _rows([line.name for line in found], table, "All areas") if found else ()
    return Table("helped", "Did it help at the review", heads, rows, said)


def _outcomes(
    key: str, caption: str, head: str, decided: Sequence[Course], name_of: Callable[[Course], str],
    words: Callable[[str], str],
) -> Table:  # fmt: skip
    found = lines(decided, name_of)
    table = published([[line.outcomes[code] for code in OUTCOMES] for line in found])
    names = [words(line.name) for line in found]
    heads = (head, *OUTCOMES.values(), "All decisions")
    return Table(key, caption, heads, _rows(names, table, "All areas") if found else ())


def _rows(names: Sequence[str], table: Published, total: str) -> list[tuple[str, ...]]:
    places = [*((name, row) for row, name in enumerate(names)), (total, TOTAL)]
    return [(name, *(_shown(cell) for cell in table.row(row))) for name, row in places]


def _shown(cell: int | None) -> str:
    return KEPT_BACK if cell is None else number(cell)


def _waits(decided: Sequence[Course]) -> Table:
    """Of all areas together only: the waits of few would be those of somebody.

    How many they were is not said: beside the decisions by area it would give away what is kept back there.
    """
    kinds = (("Urgent cases", (True,)), ("All other cases", (False,)), ("All cases", (True, False)))
    rows = [
        _wait_row(name, waits([each for each in decided if each.urgent in which])) for name, which in kinds
    ]
    heads = ("Cases", "Half were decided within", "Nine in ten within")
    said = "Calendar days from a case’s coming to its decision."
    return Table("waits", "How long a decision took", heads, rows, said)


def _wait_row(name: str, found: Sequence[int]) -> tuple[str, ...]:
    return (
        name,
        days(quantile(found, 0.5)) if len(found) >= _FOR_MEDIAN else KEPT_BACK,
        days(quantile(found, 0.9)) if len(found) >= _FOR_NINETIETH else KEPT_BACK,
    )


def _deferrals(courses: Sequence[Course], period: Period, panel_name: Callable[[str], str]) -> Table:
    panels = sorted({each.panel for each in courses})
    heads = ("Panel", "Heard to an end", "Sent back", "Came before a sitting", "Deferral rate")
    if not panels:
        return Table("deferrals", "Cases that were sent back", heads)
    counts = [
        _heard_and_sent_back([each for each in courses if each.panel == code], period) for code in panels
    ]
    table = published(counts)
    names = [*(panel_name(code) for code in panels), "All panels"]
    rows = []
    for name, row in zip(names, [*range(len(panels)), TOTAL], strict=True):
        heard, back, whole = table.row(row)
        share = rate(back, whole) if back is not None and whole is not None else None
        rows.append(
            (name, *map(_shown, (heard, back, whole)), KEPT_BACK if share is None else f"{share:.0f}%")
        )
    return Table("deferrals", "Cases that were sent back", heads, rows)


def _heard_and_sent_back(courses: Sequence[Course], period: Period) -> list[int]:
    heard = sum(period.has(each.heard_on) for each in courses)
    return [heard, sum(period.has(day) for each in courses for day in each.deferred_on)]
