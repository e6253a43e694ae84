"""The simulation against what is known of queues: Little's law, utilisation, and bulk service worked out exactly.

A panel that sits every ``T`` days and hears up to ``c`` cases, while cases come by chance (Poisson, ``λ`` a day), is a
queue with bulk service at fixed times. The number before a sitting is a Markov chain, X' = max(X - c, 0) + A with A
Poisson of λT, whose stationary distribution is found here by numbers; the mean wait follows from it.
"""

from math import exp, lgamma, log

import numpy as np
import pytest

from services.panels.simulation.listing import dates_first
from services.panels.simulation.measures import daily, mean, measured
from services.panels.simulation.play import Course, play
from tests.panels.simulation.builders import a_case, a_panel, poisson_cases

EVERY, PLACES, SITTINGS = 7, 6, 6_000
LAST = EVERY * SITTINGS - 1


def played(rate: float, closes_before: int = 0, sittings: int = SITTINGS) -> Course:
    days = EVERY * sittings
    cases = poisson_cases(1, rate, days)
    return play(cases, a_panel(EVERY, PLACES, sittings, closes_before), 0, days - 1, dates_first)


def mean_wait_by_theory(rate: float, closes_before: int = 0) -> float:
    """Days from coming to being heard, in the long run.

    Before a sitting X cases wait; X - c of them are left, each for a whole interval. A case that comes within an
    interval waits for its end: on the j-th of T days, T - j days.
    """
    size, arrivals = 400, rate * EVERY
    chance = [exp(n * log(arrivals) - arrivals - lgamma(n + 1)) for n in range(size)]
    step = np.zeros((size, size))
    for before in range(size):
        left = max(before - PLACES, 0)
        step[before, left:] = chance[: size - left]
    step /= step.sum(axis=1, keepdims=True)
    balance = np.vstack([step.T - np.eye(size), np.ones(size)])
    stationary = np.linalg.lstsq(balance, np.append(np.zeros(size), 1.0), rcond=None)[0]
    left_over = float(sum(p * max(n - PLACES, 0) for n, p in enumerate(stationary)))
    return left_over * EVERY / arrivals + (EVERY - 1) / 2 + closes_before


def mean_wait(course: Course) -> float:
    """Of those who came before the last hundred sittings, all of whom were heard."""
    settled = [case for case in course.cases if case.opened < LAST - 100 * EVERY]
    return mean(course.heard[case.number] - case.opened for case in settled)


@pytest.mark.parametrize("load", [0.5, 0.8, 0.9])
def test_the_mean_wait_is_that_of_the_markov_chain(load: float) -> None:
    rate = load * PLACES / EVERY
    assert mean_wait(played(rate)) == pytest.approx(mean_wait_by_theory(rate), rel=0.06)


def test_papers_that_close_earlier_add_exactly_those_days() -> None:
    rate = 0.8 * PLACES / EVERY
    assert mean_wait(played(rate, closes_before=3)) == pytest.approx(
        mean_wait_by_theory(rate, closes_before=3), rel=0.06
    )


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
