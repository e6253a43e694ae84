"""A panel that sits at even distances as a queue with bulk service: what is known, and what the simulation makes of it.

A panel that sits every ``T`` days and hears up to ``c`` cases, while cases come by chance (Poisson, ``λ`` a day), is a
queue with bulk service at fixed times. The number before a sitting is a Markov chain, X' = max(X - c, 0) + A with A
Poisson of λT, whose stationary distribution is found here by numbers; the mean wait follows from it.
"""

from math import exp, lgamma, log

import numpy as np

from services.panels.simulation.listing import dates_first
from services.panels.simulation.measures import mean
from services.panels.simulation.play import Course, play
from tests.panels.simulation.builders import a_panel, poisson_cases

EVERY, PLACES, SITTINGS = 7, 6, 6_000
_STATES = 400


def played(rate: float, closes_before: int = 0, sittings: int = SITTINGS, seed: int = 1) -> Course:
    """So many sittings, with ``rate`` cases a day."""
    days = EVERY * sittings
    cases = poisson_cases(seed, rate, days)
    return play(cases, a_panel(EVERY, PLACES, sittings, closes_before), 0, days - 1, dates_first)


def mean_wait_by_theory(rate: float, closes_before: int = 0) -> float:
    """Days from coming to being heard, in the long run.

    Before a sitting X cases wait; X - c of them are left, each for a whole interval. A case that comes within an
    interval waits for its end: on the j-th of T days, T - j days.
    """
    arrivals = rate * EVERY
    chance = [exp(n * log(arrivals) - arrivals - lgamma(n + 1)) for n in range(_STATES)]
    step = np.zeros((_STATES, _STATES))
    for before in range(_STATES):
        left = max(before - PLACES, 0)
        step[before, left:] = chance[: _STATES - left]
    step /= step.sum(axis=1, keepdims=True)
    balance = np.vstack([step.T - np.eye(_STATES), np.ones(_STATES)])
    stationary = np.linalg.lstsq(balance, np.append(np.zeros(_STATES), 1.0), rcond=None)[0]
    left_over = float(sum(p * max(n - PLACES, 0) for n, p in enumerate(stationary)))
    return left_over * EVERY / arrivals + (EVERY - 1) / 2 + closes_before


def simulated_wait(rate: float, closes_before: int = 0, seeds: int = 4) -> float:
    """The mean over so many runs, since a queue near its limit forgets slowly."""
    return mean(mean_wait(played(rate, closes_before, seed=seed)) for seed in range(1, seeds + 1))


def mean_wait(course: Course) -> float:
    """Of those who came before the last hundred sittings, all of whom were heard."""
    settled = [case for case in course.cases if case.opened < course.last - 100 * EVERY]
    return mean(course.heard[case.number] - case.opened for case in settled)
