"""The greatest rate that is sustained: what that means, and the search for it. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.figures import quantile

P99_SECONDS = 1.0
#: The first seconds at a new rate are let pass: caches and connections warm up, on both sides.
SETTLING_SECONDS = 2.0
#: Of what arrives, how much may stay behind before the backlog counts as growing. Noise alone makes one percent.
_GROWTH = 0.02
_NEAR = 1.03


@dataclass(frozen=True)
class Step:
    """Some seconds of constant arrival. Seconds from due to settled; ``growth`` is what stayed behind, as a part
    of what arrived."""

    rate: float
    p50: float
    p99: float
    growth: float
    settled: float

    @property
    def sustained(self) -> bool:
        """Whether this could go on: nothing piles up, and hardly anybody waits for long."""
        return self.growth <= _GROWTH and self.p99 < P99_SECONDS


def judged(rate: float, due: Sequence[float], done: Sequence[float]) -> Step:
    """One step from the moments at which each referral was due and was settled (in the same order)."""
    begin = due[0] + SETTLING_SECONDS
    counted = [(d, e) for d, e in zip(due, done, strict=True) if d >= begin]
    waits = [end - start for start, end in counted]
    settled = len(counted) / (max(end for _, end in counted) - begin)
    return Step(rate, quantile(waits, 0.5), quantile(waits, 0.99), growth(due, done, begin), settled)


def growth(due: Sequence[float], done: Sequence[float], begin: float) -> float:
    """How fast the backlog grows from ``begin`` to the last arrival, as a part of the rate of arrival.

    The mean backlog of the last third against that of the first, so that a single hiccup decides little.
    """
    third = (max(due) - begin) / 3
    early = _mean_backlog(due, done, begin, begin + third)
    late = _mean_backlog(due, done, begin + 2 * third, begin + 3 * third)
    arrived = sum(1 for moment in due if begin <= moment < begin + 2 * third)
    return (late - early) / max(1, arrived)


def _mean_backlog(due: Sequence[float], done: Sequence[float], begin: float, end: float) -> float:
    waiting = sum(
        max(0.0, min(settled, end) - max(moment, begin)) for moment, settled in zip(due, done, strict=True)
    )
    return waiting / (end - begin)


@dataclass
class Search:
    """Bisects towards the greatest sustained rate, beginning at ``start``.

    What the machine does beside can only make a step worse: a rate is too much once it has failed twice.
    """

    start: float
    steps: list[Step] = field(default_factory=list)

    @property
    def best(self) -> Step | None:
        """The greatest rate that was sustained; None while none was."""
        return max((step for step in self.steps if step.sustained), key=lambda step: step.rate, default=None)

    @property
    def next_rate(self) -> float | None:
        """The rate to try next; None once the answer is known to three percent."""
        low = self.best.rate if self.best else None
        failed = Counter(s.rate for s in self.steps if not s.sustained and (low is None or s.rate > low))
        high = min((rate for rate, times in failed.items() if times > 1), default=None)
        doubtful = [rate for rate, times in failed.items() if times == 1 and (high is None or rate < high)]
        if doubtful:
            return min(doubtful)
        if low is None:
            return self.start if high is None else 0.8 * high
        if high is None:
            return 1.15 * low
        return None if high < _NEAR * low else (low + high) / 2

    def saw(self, step: Step) -> None:
        """What came of it."""
        self.steps.append(step)
