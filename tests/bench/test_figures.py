"""The arithmetic of measurements."""

import pytest

from tests.bench.figures import first_and_last_quarter, longest_gap, quantile, slope


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile(range(1000), 0.99) == 990
    assert quantile([7], 0.99) == 7


def test_a_slope_is_that_of_the_nearest_line() -> None:
    assert slope([0, 1, 2, 3], [1, 3, 5, 7]) == pytest.approx(2)
    assert slope([0, 1, 2, 3], [5, 5, 5, 5]) == 0
    assert slope([4], [9]) == 0


def test_quarters_are_compared_by_their_medians() -> None:
    assert first_and_last_quarter([1, 2, 99, 4, 5, 6, 7, 8, 9, 10, 0, 12]) == (2, 10)
    assert first_and_last_quarter([3.0]) == (3.0, 3.0)


def test_the_longest_gap_is_found_whatever_the_order() -> None:
    assert longest_gap([5.0, 1.0, 2.0]) == 3.0
    assert longest_gap([1.0]) == 0.0
