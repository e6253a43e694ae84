"""The charts of a comparison, and the page of its own that the command line writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from services.panels.simulation import tables
from services.panels.simulation.charts import Bar, Series, bars, lines
from services.panels.simulation.measures import Outcome


@dataclass(frozen=True, slots=True)
class Shown:
    """A chart with its title, and the table that says the same: headings and rows."""

    key: str
    title: str
    svg: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def charts(outcomes: Sequence[Outcome]) -> list[Shown]:
    """Backlog, waits, legal dates kept and fill, each as a chart with its table."""
    return [_backlog(outcomes), _waits(outcomes), _shares(outcomes)]


def _backlog(outcomes: Sequence[Outcome]) -> Shown:
    title = "Cases that wait, week by week"
    said = "; ".join(
        f"{each.name}: {each.backlog[0][1]:,} after the first week, {each.backlog[-1][1]:,} at the end"
        for each in outcomes
        if each.backlog
    )
    svg = lines("backlog", title, said, "cases", [Series(each.name, each.backlog) for each in outcomes])
    return Shown(
        "backlog",
        title,
        svg,
        ("Week ending", *(each.name for each in outcomes)),
        tables.backlog_rows(outcomes),
    )


def _waits(outcomes: Sequence[Outcome]) -> Shown:
    title = "Days from opening to hearing, of those who were heard"
    rows, drawn = [], []
    for each in outcomes:
        rows.append((each.name, tables.whole(each.median), tables.whole(each.ninetieth), f"{each.waiting:,}"))
        for kind, (value, words) in enumerate(((each.median, "half"), (each.ninetieth, "nine in ten"))):
            drawn.append(Bar(each.name, value or 0, f"{words}: {tables.whole(value)} days", kind))
    said = "; ".join(
        f"{name}: half within {half}, nine in ten within {most} days" for name, half, most, _ in rows
    )
    kinds = ("half were heard within so many days", "nine in ten were heard within so many days")
    headings = ("Configuration", "Half within (days)", "Nine in ten within (days)", "Not heard by the end")
    return Shown("waits", title, bars("waits", title, said, drawn, kinds), headings, rows)


def _shares(outcomes: Sequence[Outcome]) -> Shown:
    title = "Legal dates kept, and places filled"
    rows, drawn = [], []
    for each in outcomes:
        kept, filled = tables.share(each.share_in_time), tables.share(each.fill)
        rows.append((each.name, f"{each.due:,}", f"{each.in_time:,}", kept, filled))
        drawn += [
            Bar(each.name, 100 * (each.share_in_time or 0), f"{kept} kept", 0),
            Bar(each.name, 100 * (each.fill or 0), f"{filled} filled", 1),
        ]
    said = "; ".join(
        f"{row[0]}: {row[3]} of the legal dates kept, {row[4]} of the places filled" for row in rows
    )
    headings = ("Configuration", "Legal dates that came", "Kept", "Share kept", "Places filled")
    kinds = ("legal dates kept, of those that came", "places filled, of those there were")
    return Shown("shares", title, bars("shares", title, said, drawn, kinds), headings, rows)


def html_page(title: str, notes: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    """A page that needs nothing else: charts, their tables, all figures."""
    figures = Shown("figures", "All figures", "", *tables.turned(outcomes))
    body = "\n".join(f"<p>{escape(note)}</p>" for note in notes)
    body += "\n".join(_section(each) for each in (*charts(outcomes), figures))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


_STYLE = (
    "body{font-family:Helvetica Neue,Arial,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "svg{max-width:40rem}.wide{overflow-x:auto}table{border-collapse:collapse}"
    "th,td{border-bottom:1px solid #b1b4b6;padding:.3rem .6rem;text-align:right}th:first-child{text-align:left}"
)


def _section(shown: Shown) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in shown.headings)
    lines_of = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in shown.rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{lines_of}</tbody></table>"
    return f'<h2>{escape(shown.title)}</h2>\n{shown.svg}<div class="wide" tabindex="0">{table}</div>'
