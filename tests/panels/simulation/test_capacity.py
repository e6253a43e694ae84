"""Where the backlog stops growing."""

from datetime import date

import pytest

from services.panels.simulation.capacity import enough, growth
from services.panels.simulation.demand import Assumed, end_of, of_figures
from services.panels.simulation.listing import dates_first
from services.panels.simulation.play import play
from services.panels.simulation.rooms import configuration, months_between
from tests.panels.builders import BOOK

FIRST = date(2026, 1, 1)
LAST = end_of(FIRST, 3)
DAYS = FIRST.toordinal(), LAST.toordinal()
PANEL = configuration("as it is", BOOK, FIRST, LAST)


@pytest.mark.parametrize("deferred", [0.0, 0.3])
def test_what_is_enough_is_what_comes_with_the_hearings_that_deferrals_add(deferred: float) -> None:
    assumed = Assumed(deferred=deferred, withdrawn=0)
    cases = of_figures(3343, assumed, FIRST, 3, BOOK.working, 1)
    found = enough(cases, PANEL, *DAYS, dates_first)
    assert found == pytest.approx(3343 * 0.3 / 12 * (1 + deferred), rel=0.06)


def test_one_place_less_is_not_enough() -> None:
    cases = of_figures(800, Assumed(), FIRST, 3, BOOK.working, 1)
    found = enough(cases, PANEL, *DAYS, dates_first)
    assert found is not None
    still = 0.01 * len(cases) / months_between(*DAYS)

    def grown(places: int) -> float:
        return growth(play(cases, PANEL.with_places(places, *DAYS), *DAYS, dates_first))

    assert grown(found) <= still < grown(found - 1)


def test_where_most_is_too_few_none_is_enough() -> None:
    cases = of_figures(800, Assumed(), FIRST, 3, BOOK.working, 1)
    assert enough(cases, PANEL, *DAYS, dates_first, most=5) is None


@pytest.mark.parametrize("a_month", [1, 50, 96, 97, 200])
def test_places_are_shared_out_evenly_over_the_sittings(a_month: int) -> None:
    halls = PANEL.with_places(a_month, *DAYS)
    within = [sat.places for sat in halls.rooms[0].sittings if sat.day <= DAYS[1]]
    assert sum(within) == pytest.approx(a_month * 36, abs=max(1, a_month * 0.01))
    assert max(within) - min(within) <= 1
