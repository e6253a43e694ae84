"""Which rates count as sustained, and how the greatest of them is found."""

from collections.abc import Callable

import pytest

from tests.bench.sustained import Search, Step, growth, judged


def _arrivals(rate: float, seconds: float = 10) -> list[float]:
    return [n / rate for n in range(int(rate * seconds))]


def _queue(due: list[float], capacity: float, wait: float = 0.1) -> list[float]:
    """One server that settles ``capacity`` a second, each no sooner than ``wait`` after it was due."""
    done, free = [], 0.0
    for moment in due:
        free = max(free, moment) + 1 / capacity
        done.append(max(free, moment + wait))
    return done


def test_a_rate_below_what_the_server_can_do_is_sustained() -> None:
    due = _arrivals(200)
    step = judged(200, due, _queue(due, 250))
    assert step.sustained
    assert step.p99 == pytest.approx(0.1, abs=0.02)
    assert step.growth == pytest.approx(0, abs=0.005)


def test_a_rate_above_it_is_not_though_no_wait_is_long_yet() -> None:
    due = _arrivals(200)
    step = judged(200, due, _queue(due, 190))
    assert step.p99 < 1
    assert step.growth == pytest.approx(0.05, abs=0.01)
    assert not step.sustained


def test_a_steady_backlog_is_not_sustained_if_it_makes_people_wait_for_a_second() -> None:
    due = _arrivals(100)
    step = judged(100, due, [moment + 1.2 for moment in due])
    assert step.growth == pytest.approx(0, abs=0.005)
    assert not step.sustained


def test_a_backlog_that_shrinks_has_no_growth() -> None:
    due = _arrivals(100)
    assert growth(due, [m + 0.9 - m / 20 for m in due], 0.0) < 0


def test_the_first_seconds_are_let_pass() -> None:
    due = _arrivals(100)
    done = [moment + (3.0 if moment < 1 else 0.1) for moment in due]
    assert judged(100, due, done).p99 == pytest.approx(0.1)


def _searched(start: float, can: Callable[[float], bool], steps: int = 20) -> Search:
    search = Search(start)
    for _ in range(steps):
        if (rate := search.next_rate) is None:
            break
        search.saw(Step(rate, 0.1, 0.2 if can(rate) else 2.0, 0.0, rate))
    return search


@pytest.mark.parametrize("start", [50.0, 200.0, 900.0])
def test_the_search_ends_near_the_greatest_rate_wherever_it_begins(start: float) -> None:
    search = _searched(start, lambda rate: rate <= 300)
    assert search.next_rate is None
    assert search.best is not None
    assert 290 <= search.best.rate <= 300


def test_the_search_knows_no_best_rate_where_nothing_is_sustained() -> None:
    assert _searched(100, lambda rate: False, steps=4).best is None


def test_a_rate_that_failed_is_tried_once_more_before_it_counts_as_too_much() -> None:
    search = Search(100)
    search.saw(Step(100, 0.1, 0.2, 0, 100))
    search.saw(Step(115, 0.1, 2.0, 0, 115))
    assert search.next_rate == pytest.approx(115)
    search.saw(Step(115, 0.1, 2.0, 0, 115))
    assert search.next_rate == pytest.approx(107.5)


def test_a_rate_that_holds_when_it_is_tried_again_was_bad_luck_at_first() -> None:
    search = Search(100)
    search.saw(Step(100, 0.1, 2.0, 0, 100))
    search.saw(Step(100, 0.1, 0.2, 0, 100))
    assert search.best is not None
    assert search.next_rate == pytest.approx(115)


def test_a_rate_that_failed_once_below_one_that_was_sustained_is_taken_for_bad_luck() -> None:
    search = Search(100)
    search.saw(Step(100, 0.1, 2.0, 0, 100))
    search.saw(Step(120, 0.1, 0.2, 0, 120))
    assert search.next_rate == pytest.approx(138)
