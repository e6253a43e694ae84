"""Working days in England and Wales: no weekends, no bank holidays, no days on which the office is closed.

Bank holidays come from the package ``holidays`` (GB, subdivision ENG), which follows the Banking and
Financial Dealings Act 1971 and the yearly proclamations.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")
_DAY = timedelta(days=1)


@lru_cache(maxsize=64)
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of a year in England and Wales, substitute days included."""
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


class WorkingCalendar:
    """Counts working days.

    ``closures`` are the further days on which nobody works, as (first, last), both included.
    """

    def __init__(self, closures: Iterable[tuple[date, date]] = ()) -> None:
        """Raises ValueError for a closure that ends before it begins."""
        self._closed: set[date] = set()
        for first, last in closures:
            if last < first:
                raise ValueError(f"the closure from {first} ends before it begins, on {last}: swap the two")
            self._closed |= {first + _DAY * n for n in range((last - first).days + 1)}
        # What arrives on one day is promised for a few days: the same counts come again and again.
        self._counted = lru_cache(maxsize=1024)(self._count)

    @property
    def closed(self) -> frozenset[date]:
        """All days of the closures, each once."""
        return frozenset(self._closed)

    def is_working_day(self, day: date) -> bool:
        """Whether somebody works on this day."""
        return day.weekday() < 5 and day not in self._closed and day not in bank_holidays(day.year)

    def next_working_day(self, day: date) -> date:
        """The day itself if it is a working day, otherwise the first one after it."""
        while not self.is_working_day(day):
            day += _DAY
        return day

    def previous_working_day(self, day: date) -> date:
        """The day itself if it is a working day, otherwise the last one before it."""
        while not self.is_working_day(day):
            day -= _DAY
        return day

    def add(self, day: date, working_days: int) -> date:
        """The n-th working day after ``day``, which itself is not counted; for 0, `next_working_day`."""
        return self._counted(day, working_days, _DAY)

    def subtract(self, day: date, working_days: int) -> date:
        """The n-th working day before ``day``, which itself is not counted; for 0, `previous_working_day`."""
        return self._counted(day, working_days, -_DAY)

    def between(self, start: date, end: date) -> int:
        """How many working days come after ``start``, up to and including ``end``; 0 if there are none.

        Where ``end`` is before ``start`` it is the same count the other way round, negative.
        """
        if end < start:
            return -self.between(end, start)
        return sum(self.is_working_day(start + _DAY * n) for n in range(1, (end - start).days + 1))

    def received_on(self, moment: datetime, cut_off: time | None = None) -> date:
        """The working day that counts as the day of receipt of what arrived at ``moment`` (aware).

        What arrives on a working day before ``cut_off`` (London time; None: until midnight) counts for
        that day, anything else for the next working day.
        """
        local = moment.astimezone(LONDON)
        if cut_off is not None and local.time() >= cut_off:
            return self.next_working_day(local.date() + _DAY)
        return self.next_working_day(local.date())

    def _count(self, day: date, working_days: int, step: timedelta) -> date:
        if working_days < 0:
            raise ValueError("a count of working days is never negative: use the opposite function")
        if working_days == 0:
            return self.next_working_day(day) if step > timedelta(0) else self.previous_working_day(day)
        while working_days:
            day += step
            working_days -= self.is_working_day(day)
        return day


def at(day: date, clock_time: time) -> datetime:
    """The instant in UTC when London's clocks show ``clock_time`` on ``day``.

    The first of the two where the clocks go back; one hour later on the clock where they skip it.
    """
    return datetime.combine(day, clock_time, LONDON).astimezone(UTC)


@lru_cache(maxsize=1024)  # a rule asks for the day of one instant again and again
def london_date(moment: datetime) -> date:
    """The date in London at an instant (aware)."""
    return moment.astimezone(LONDON).date()
