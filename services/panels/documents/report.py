"""The service report of a month: its tables, and the data of its document. Pure."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from chassis.calendar import london_date
from chassis.english import hour_in_words, in_words
from services.panels.documents.drawn import charts
from services.panels.documents.figures import (
    HELPED,
    NEEDS,
    OUTCOMES,
    PROVISIONS,
    Table,
    days,
    number,
    percent,
)
from services.panels.domain.panels.sittings_calendar import month_after
from services.panels.reporting.course import Course, month
from services.panels.reporting.helped import HelpedLine, Review, did_help
from services.panels.reporting.monthly import Line, PanelLine, Report, report

_MONTHS_SHOWN = 12
_WAITS = "Waits are calendar days from a case’s coming to its decision."


def month_in_words(first: date) -> str:
    """``March 2026``."""
    return in_words(first).split(" ", 1)[1]


def months(courses: Sequence[Course], last: Report) -> list[Report]:
    """The reports of the twelve months that end with this one."""
    starts = [month_after(last.period.first, -n) for n in range(_MONTHS_SHOWN - 1, 0, -1)]
    return [*(report(courses, month(*start)) for start in starts), last]


def as_tables(
    made: Report, courses: Sequence[Course], reviews: Sequence[Review], panel_name: Callable[[str], str]
) -> list[Table]:
    """The tables of a report. ``courses`` are those of its month and of the year before, ``reviews`` the month's."""
    return [
        _in_short(made),
        _year(months(courses, made)),
        _panels(made.panels, panel_name),
        _who_got_what("area", "by area", "Area", made.by_area, str),
        _who_got_what("need", "by need", "Need", made.by_need, lambda code: NEEDS.get(code, code)),
        _helped(
            "helped-area", "by area", "Area", did_help(reviews, made.period, lambda each: each.area), str
        ),
        _helped("helped-need", "by need", "Need", did_help(reviews, made.period, _need_of), str),
    ]


def _need_of(review: Review) -> str:
    return NEEDS.get(review.need, review.need)


def as_document(
    made: Report,
    courses: Sequence[Course],
    reviews: Sequence[Review],
    council: str,
    panel_name: Callable[[str], str],
    now: datetime,
) -> dict[str, Any]:
    """The data of the template ``report``."""
    words, drawn = month_in_words(made.period.first), charts(months(courses, made))
    return {
        "title": f"Panels: service report for {words}",
        "council": council,
        "marking": "OFFICIAL",
        "month": words,
        "made": f"Made at {hour_in_words(now)}.",
        "draft": made.period.last >= london_date(now),
        "tables": [
            {**table.as_data(), "charts": [_chart(*each) for each in drawn.get(table.key, ())]}
            for table in as_tables(made, courses, reviews, panel_name)
        ],
    }


def _chart(svg: str, said: str) -> dict[str, str]:
    """For a document, in whose fonts there is none without serifs."""
    return {"svg": svg.replace("Helvetica Neue, Arial, sans-serif", "Libertinus Serif"), "said": said}


def _in_short(made: Report) -> Table:
    rows = [
        ("Cases received", number(made.received)),
        ("Decisions issued", number(made.decided)),
        ("Cases withdrawn", number(made.withdrawn)),
        ("Cases open at the end", number(made.open_at_end)),
        ("Half of the decisions came within", days(made.median_wait)),
        ("Nine in ten came within", days(made.ninetieth_wait)),
        ("Decided by the due date", percent(made.timeliness)),
    ]
    said = f"{_WAITS} Decisions whose due date is not known ({made.decided - made.dated}) count neither way."
    return Table("short", "The month in short", ("What", "How many"), rows, said)


def _year(reports: Sequence[Report]) -> Table:
    heads = (
        "Month",
        "Received",
        "Decided",
        "Open at the end",
        "Median wait",
        "90th percentile",
        "By the due date",
    )
    rows = [
        (
            month_in_words(each.period.first), number(each.received), number(each.decided), number(each.open_at_end),
            days(each.median_wait), days(each.ninetieth_wait), percent(each.timeliness),
        )
        for each in reports
    ]  # fmt: skip
    return Table("year", "Twelve months", heads, rows)


def _panels(lines: Sequence[PanelLine], panel_name: Callable[[str], str]) -> Table:
    heads = ("Panel", "Received", "Decided", "Heard", "Sent back", "Deferral rate")
    rows = [
        (
            panel_name(line.panel), number(line.received), number(line.decided), number(line.heard),
            number(line.deferred), percent(line.deferral_rate),
        )
        for line in lines
    ]  # fmt: skip
    said = "The deferral rate is the share of what came before a sitting that was sent back."
    return Table("panels", "By panel", heads, rows, said)


def _who_got_what(key: str, by: str, head: str, lines: Sequence[Line], words: Callable[[str], str]) -> Table:
    heads = (head, "Decided", *OUTCOMES.values(), *PROVISIONS.values())
    rows = [
        (
            words(line.name), number(line.decided), *(number(line.outcomes[code]) for code in OUTCOMES),
            *(number(line.provisions.get(code, 0)) for code in PROVISIONS),
        )
        for line in lines
    ]  # fmt: skip
    return Table(
        key,
        f"Who got what, {by}",
        heads,
        rows,
        "The last four columns say which kind of provision was agreed to.",
    )


def _helped(key: str, by: str, head: str, lines: Sequence[HelpedLine], words: Callable[[str], str]) -> Table:
    heads = (head, "Reviews", *HELPED.values(), "Not said")
    rows = [
        (
            words(line.name),
            number(line.reviews),
            *(number(line.answers[code]) for code in HELPED),
            number(line.unsaid),
        )
        for line in lines
    ]
    said = (
        "Reviews of short placements at Education Support Centres, on the day of the review. Not said: it was too "
        "early, or the day has come and nobody has noted it. What teams and outreach brought stands at the referrals "
        "service, under “Did it help?”."
    )
    return Table(key, f"Did it help at the review, {by}", heads, rows, said)
