"""Which sittings a configuration has, and how many each of them hears."""

from datetime import date
from typing import Any

from services.panels.domain.panels.panel import Fund, Minutes, Panel
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.simulation.rooms import Configuration, configuration
from tests.panels.builders import BOOK

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
(PANEL,) = [panel for panel in BOOK.panels if panel.code == "placement"]


def of_panels(*panels: Panel) -> Configuration:
    return configuration("tried", PanelBook(panels, BOOK.working, BOOK.schools_closed), FIRST, LAST)


def a_panel(**changes: Any) -> Panel:
    return PANEL.model_copy(update=changes)


def test_the_sittings_are_those_of_the_calendar_with_those_of_the_months_ahead() -> None:
    (room,) = of_panels(PANEL).rooms
    assert len(room.sittings) == 8 * 4
    first = room.sittings[0]
    assert (date.fromordinal(first.closes), date.fromordinal(first.day)) == (
        date(2026, 2, 24),
        date(2026, 3, 3),
    )


def test_where_minutes_are_scarcer_than_places_they_count() -> None:
    (room,) = of_panels(a_panel(minutes=Minutes(sitting=70, per_case=15))).rooms
    assert {sat.places for sat in room.sittings} == {4}


def test_a_panel_for_funding_hears_no_placement_case() -> None:
    fund = a_panel(code="fund", kind="high-needs-funding", fund=Fund(budgets={"2026-27": 1}))
    assert [room.code for room in of_panels(PANEL, fund).rooms] == ["placement"]
