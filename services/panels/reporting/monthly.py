"""The service report of one month: what came, what was decided, how long it took, who got what."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from services.panels.reporting.course import Course, Period, quantile, rate, waits

OUTCOMES = ("agreed", "not-agreed", "more-information")


@dataclass(frozen=True, slots=True)
class Line:
    """What became of those who share an area, or a need: how many of each outcome and of each kind of provision."""

    name: str
    decided: int
    outcomes: dict[str, int]
    provisions: dict[str, int]


@dataclass(frozen=True, slots=True)
class PanelLine:
    """One panel: how many of its cases were heard to an end at a sitting, and how many were sent back."""

    panel: str
    received: int
    decided: int
    heard: int
    deferred: int

    @property
    def deferral_rate(self) -> float | None:
        """Of all that came before a sitting, the share that was sent back, in percent."""
        return rate(self.deferred, self.heard + self.deferred)


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a period. Waits are calendar days from a case's coming to its decision.

    ``open_at_end``: neither decided nor withdrawn on the period's last day. ``on_time`` is out of ``dated``, the
    decisions whose due date is known.
    """

    period: Period
    received: int
    decided: int
    withdrawn: int
    open_at_end: int
    median_wait: int | None
    ninetieth_wait: int | None
    on_time: int
    dated: int
    panels: tuple[PanelLine, ...]
    by_area: tuple[Line, ...]
    by_need: tuple[Line, ...]

    @property
    def timeliness(self) -> float | None:
        """The share of decisions that kept their due date, in percent."""
        return rate(self.on_time, self.dated)


def report(courses: Sequence[Course], period: Period) -> Report:
    """The figures of this period, from the courses of all cases that touch it."""
    decided = [each for each in courses if period.has(each.decided_on)]
    known = [each.in_time for each in decided if each.in_time is not None]
    days = waits(decided)
    return Report(
        period=period,
        received=sum(period.has(each.opened_on) for each in courses),
        decided=len(decided),
        withdrawn=sum(period.has(each.withdrawn_on) for each in courses),
        open_at_end=sum(_open_on(each, period.last) for each in courses),
        median_wait=quantile(days, 0.5),
        ninetieth_wait=quantile(days, 0.9),
        on_time=sum(known),
        dated=len(known),
        panels=tuple(_panel(code, courses, period) for code in sorted({each.panel for each in courses})),
        by_area=lines(decided, lambda each: each.area),
        by_need=lines(decided, lambda each: each.need),
    )


def lines(decided: Sequence[Course], name_of: Callable[[Course], str]) -> tuple[Line, ...]:
    """Who got what, by a name that each case has; in the order of the names."""
    return tuple(
        _line(name, [each for each in decided if name_of(each) == name])
        for name in sorted({name_of(each) for each in decided})
    )


def _line(name: str, decided: Sequence[Course]) -> Line:
    outcomes = Counter(each.outcome for each in decided)
    provisions = Counter(each.provision for each in decided if each.provision)
    return Line(name, len(decided), {code: outcomes[code] for code in OUTCOMES}, dict(provisions))


def _panel(code: str, courses: Sequence[Course], period: Period) -> PanelLine:
    mine = [each for each in courses if each.panel == code]
    return PanelLine(
        panel=code,
        received=sum(period.has(each.opened_on) for each in mine),
        decided=sum(period.has(each.decided_on) for each in mine),
        heard=sum(period.has(each.heard_on) for each in mine),
        deferred=sum(period.has(day) for each in mine for day in each.deferred_on),
    )


def _open_on(course: Course, day: date) -> bool:
    ended = [end for end in (course.decided_on, course.withdrawn_on) if end is not None]
    return course.opened_on <= day and not any(end <= day for end in ended)
