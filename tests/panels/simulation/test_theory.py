"""The simulation against what is known of queues: Little's law, utilisation, and bulk service worked out exactly."""

import pytest

from services.panels.simulation.listing import dates_first
from services.panels.simulation.measures import daily, measured
from services.panels.simulation.play import play
from tests.panels.simulation.builders import a_case, a_panel
from tests.panels.simulation.theory import EVERY, PLACES, mean_wait_by_theory, played, simulated_wait

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("load", [0.5, 0.8, 0.9])
def test_the_mean_wait_is_that_of_the_markov_chain(load: float) -> None:
    rate = load * PLACES / EVERY
    assert simulated_wait(rate) == pytest.approx(mean_wait_by_theory(rate), rel=0.03)


def test_papers_that_close_earlier_add_exactly_those_days() -> None:
    rate = 0.8 * PLACES / EVERY
    assert simulated_wait(rate, 3) == pytest.approx(mean_wait_by_theory(rate, 3), rel=0.03)


@pytest.mark.parametrize("load", [0.5, 0.9])
def test_the_share_of_places_taken_is_the_load(load: float) -> None:
    outcome = measured("", played(load * PLACES / EVERY))
    assert outcome.fill == pytest.approx(load, rel=0.02)


def test_little_s_law_holds_exactly() -> None:
    """The days that cases wait, added up, are the cases that wait, added up over the days."""
    course = played(0.8 * PLACES / EVERY)
    end = course.last + 1
    waits = sum(course.heard.get(case.number, end) - case.opened for case in course.cases)
    assert waits == sum(daily(course))


def test_above_what_it_can_hear_the_backlog_grows_by_the_difference() -> None:
    rate = 1.25 * PLACES / EVERY
    course = played(rate, sittings=1_200)
    backlog, half = daily(course), course.last // 2
    grown = (backlog[-1] - backlog[half]) / (course.last - half)
    assert grown == pytest.approx(rate - PLACES / EVERY, rel=0.05)
    assert measured("", course).fill == pytest.approx(1.0, abs=0.005)


def test_one_case_a_day_and_room_for_all_is_worked_out_by_hand() -> None:
    course = play([a_case(day, day) for day in range(14)], a_panel(7, 7, 2), 0, 13, dates_first)
    outcome = measured("by hand", course)
    assert (outcome.median, outcome.ninetieth, outcome.fill, outcome.full) == (3, 6, 1.0, 1.0)
    assert daily(course) == [1, 2, 3, 4, 5, 6, 0] * 2
