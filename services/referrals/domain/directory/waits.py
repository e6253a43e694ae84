"""How long a referral waits, told by the queue's own history.

The estimate is Kaplan and Meier's (1958) over the days of one window, with late entry: whoever waited on a day
of the window counts among those who might have been answered that day. So those that wait still count as long
as they have waited, an old one among them too, where an average of the answered alone would flatter the queue.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

#: Fewer answers than this say nothing about the next one.
ENOUGH = 20
WINDOW = timedelta(days=365)
_HALF, _FIFTH = 0.5, 0.2
_ROUNDING = 1e-9

Count = Callable[[date, date], int]


@dataclass(frozen=True, slots=True)
class Wait:
    """One referral at one destination. ``left`` is the day it went unanswered, as where a school withdraws it.

    Without either day it waits still.
    """

    received: date
    answered: date | None = None
    left: date | None = None

    @property
    def ended(self) -> date | None:
        """The day of the answer, or of its going without one."""
        return self.answered or self.left

    def known_on(self, day: date) -> "Wait | None":
        """What was known of it at the end of a day; None before it came."""
        if self.received > day:
            return None
        answered = self.answered if self.answered and self.answered <= day else None
        left = self.left if self.left and self.left <= day else None
        return Wait(self.received, answered, left)


@dataclass(frozen=True, slots=True)
class Expected:
    """How many days half of all, and eight in ten, wait at most; ``cases`` were answered in the window.

    Both are None where too few were answered to say. ``p80`` alone is None where more than one in five
    waits longer than anybody was seen to wait until an answer: ``beyond`` is that number of days.
    """

    cases: int
    median: int | None = None
    p80: int | None = None
    beyond: int | None = None

    @property
    def said(self) -> bool:
        """Whether there were enough cases to say anything."""
        return self.median is not None or self.beyond is not None


def elapsed(start: date, end: date) -> int:
    """Calendar days, the first one not counted."""
    return (end - start).days


def expected(
    waits: Iterable[Wait], until: date, *, window: timedelta = WINDOW, count: Count = elapsed
) -> Expected:
    """The wait to expect, from what is known at the end of the day ``until``.

    ``count`` says how many days lie between two dates: `elapsed`, or working days by a calendar.
    """
    since = until - window + timedelta(days=1)
    entered, gone, answers = Counter[int](), Counter[int](), Counter[int]()
    for wait in waits:
        last = min(wait.ended or until, until)
        if wait.received > until or last < since:
            continue
        entered[count(wait.received, max(since, wait.received))] += 1
        gone[count(wait.received, last)] += 1
        if wait.answered and wait.answered <= until:
            answers[count(wait.received, wait.answered)] += 1
    cases = answers.total()
    if cases < ENOUGH:
        return Expected(cases)
    return _read(cases, list(_waiting(entered, gone, answers)))


def _waiting(entered: Counter[int], gone: Counter[int], answers: Counter[int]) -> Iterator[tuple[int, float]]:
    """For each number of days with an answer: which share waits longer than that."""
    waiting, left = 0, 1.0
    for day in range(max(gone) + 1):
        waiting += entered[day]
        if answers[day]:
            left *= 1 - answers[day] / waiting
            yield day, left
        waiting -= gone[day]


def _read(cases: int, curve: Sequence[tuple[int, float]]) -> Expected:
    def within(share: float) -> int | None:
        return next((day for day, left in curve if left <= share + _ROUNDING), None)

    median, p80 = within(_HALF), within(_FIFTH)
    return Expected(cases, median, p80, beyond=curve[-1][0] if p80 is None else None)


# Was it true? -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """How earlier estimates fared: of ``cases`` that came after them, how many were answered within each."""

    cases: int = 0
    within_median: int = 0
    within_p80: int = 0

    def __add__(self, other: "Held") -> "Held":
        return Held(
            self.cases + other.cases,
            self.within_median + other.within_median,
            self.within_p80 + other.within_p80,
        )


def held(waits: Sequence[Wait], days: Sequence[date], until: date, *, window: timedelta = WINDOW) -> Held:
    """Estimates as on each of ``days`` (ascending), held against those who came before the next such day.

    Each estimate sees only what was known on its day. Judged are those who came early enough to be judged:
    at least as many days before ``until`` as the estimate gives, and who did not go unanswered before.
    """
    total, in_order = Held(), sorted(waits, key=_received)
    recent: list[Wait] = []
    taken = 0
    for day, following in pairwise([*days, until]):
        come = bisect_right(in_order, day, key=_received)
        # Who had gone before the window tells nothing of this day, nor of any later one.
        recent = [each for each in (*recent, *in_order[taken:come]) if (each.ended or day) > day - window]
        taken = come
        said = expected(recent, day, window=window)
        if said.median is None or said.p80 is None:
            continue
        for wait in in_order[come : bisect_right(in_order, following, key=_received)]:
            total += _judged(wait, said.median, said.p80, until)
    return total


def _received(wait: Wait) -> date:
    return wait.received


def came_true(waits: Sequence[Wait], first: date, until: date, *, window: timedelta = WINDOW) -> Held:
    """How those fared who came from ``first`` on: what would have been foretold on the day each came, and what was.

    Each is told by what was known when the day before ended. Where fewer than ``ENOUGH`` had been answered by then,
    nothing was foretold, and nothing is judged.
    """
    came = sorted({each.received for each in waits if first <= each.received <= until})
    return held(waits, [day - timedelta(days=1) for day in came], until, window=window)


def _judged(wait: Wait, median: int, p80: int, until: date) -> Held:
    if elapsed(wait.received, until) < p80:
        return Held()
    known = wait.known_on(until) or wait
    if known.answered is None and known.left and elapsed(known.received, known.left) < p80:
        return Held()
    took = elapsed(known.received, known.answered) if known.answered else p80 + 1
    return Held(1, took <= median, took <= p80)
