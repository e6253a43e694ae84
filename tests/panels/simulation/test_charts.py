"""Charts that say what they show, and tables with the same figures."""

import csv
import io
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.panels.simulation import charts, showing, tables
from services.panels.simulation.listing import dates_first
from services.panels.simulation.measures import Outcome, measured
from services.panels.simulation.play import play
from tests.panels.simulation.builders import a_case, a_panel, poisson_cases

SVG = "{http://www.w3.org/2000/svg}"
FIRST = date(2026, 1, 1).toordinal()


def an_outcome(name: str, places: int = 5) -> Outcome:
    days = 364
    cases = [replace(case, due=case.opened + 30) for case in poisson_cases(1, 0.6, days)]
    return measured(name, play(cases, a_panel(7, places, 52), 0, days - 1, dates_first))


def test_each_chart_has_its_title_what_it_shows_in_words_and_a_table_with_its_figures() -> None:
    one, two = an_outcome("few", 2), an_outcome("many", 9)
    for shown in showing.charts([one, two]):
        root = ElementTree.fromstring(shown.svg)
        title, said = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
        assert title is not None
        assert said is not None
        assert root.get("aria-labelledby") == f"{title.get('id')} {said.get('id')}"
        assert title.text == shown.title
        assert "few: " in (said.text or "")
        assert "many: " in (said.text or "")
        assert all(len(row) == len(shown.headings) for row in shown.rows)


def test_no_chart_holds_a_style_or_a_script_that_the_pages_would_refuse() -> None:
    for shown in showing.charts([an_outcome("one")]):
        assert "style=" not in shown.svg
        assert "<style" not in shown.svg
        assert "<script" not in shown.svg


def test_what_a_name_holds_never_becomes_markup() -> None:
    outcome = an_outcome("<b>&")
    page = showing.html_page("<t>", ["<n>"], [outcome])
    assert "<b>" not in page
    assert "<t>" not in page
    assert "<n>" not in page


def test_the_lines_of_two_configurations_differ_by_more_than_their_colour() -> None:
    svg = showing.charts([an_outcome("a"), an_outcome("b")])[0].svg
    drawn = [each.get("stroke-dasharray") for each in ElementTree.fromstring(svg).iter(f"{SVG}polyline")]
    assert drawn == [None, "8 4"]


@given(st.integers(1, 10**7))
def test_an_axis_ends_at_or_above_the_highest_value_and_not_far_above(value: int) -> None:
    assert value <= charts.rounded_up(value) <= 2 * value


def test_a_chart_of_nothing_is_still_a_chart() -> None:
    empty = measured("nobody", play([], a_panel(7, 1, 2), FIRST, FIRST + 13, dates_first))
    assert len([ElementTree.fromstring(shown.svg) for shown in showing.charts([empty])]) == 3


def test_the_csv_holds_every_figure_and_every_week_as_plain_numbers() -> None:
    outcome = an_outcome("one, of two", 2)
    lines = list(csv.DictReader(io.StringIO(tables.as_csv([outcome]))))
    figures = {line["figure"]: line["value"] for line in lines if not line["week_ending"]}
    assert figures["arrived"] == str(outcome.arrived)
    assert outcome.share_in_time is not None
    assert float(figures["share_in_time"]) == pytest.approx(outcome.share_in_time, abs=1e-4)
    weeks = [int(line["value"]) for line in lines if line["figure"] == "backlog"]
    assert weeks == [count for _, count in outcome.backlog]
    assert {line["configuration"] for line in lines} == {"one, of two"}


def test_the_terminal_s_table_has_a_figure_a_line_and_a_configuration_a_column() -> None:
    text = tables.as_text(*tables.turned([an_outcome("few", 2), an_outcome("many", 9)])).splitlines()
    assert text[0].split() == ["Configuration", "few", "many"]
    assert len(text) == len(tables.HEADINGS)
    assert len({len(line) for line in text}) == 1


def test_what_there_is_not_is_a_dash() -> None:
    assert (tables.whole(None), tables.share(None)) == ("–", "–")
    assert a_case(0).turn == (0, 0)
