"""Arithmetic of measurements. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least ``part`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Of the straight line nearest to the points: units of y for each unit of x; 0 for a single point."""
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    if not spread:
        return 0.0
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread


def first_and_last_quarter(values: Sequence[float]) -> tuple[float, float]:
    """The medians of both; of few values, at least one each."""
    part = max(1, len(values) // 4)
    return median(values[:part]), median(values[-part:])


def longest_gap(moments: Sequence[float]) -> float:
    """Seconds of the longest time in which nothing happened."""
    ordered = sorted(moments)
    return max((later - earlier for earlier, later in pairwise(ordered)), default=0.0)
