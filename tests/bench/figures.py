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


def rate_between(samples: Sequence[tuple[float, float]], low: float, high: float) -> float:
    """How fast a rising count went from ``low`` to ``high`` of its way: units a second.

    ``samples`` are (moment, count), in order. Ends are left out since work begins and ends ragged.
    """
    first, last = samples[0][1], samples[-1][1]
    begin, end = (_reached(samples, first + part * (last - first)) for part in (low, high))
    if end[0] == begin[0]:
        begin, end = samples[0], samples[-1]
    return (end[1] - begin[1]) / max(1e-9, end[0] - begin[0])


def _reached(samples: Sequence[tuple[float, float]], count: float) -> tuple[float, float]:
    return next(sample for sample in samples if sample[1] >= count)
