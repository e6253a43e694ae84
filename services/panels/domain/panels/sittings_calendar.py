"""Which days each panel sits: the recurrence rule, moved to working days."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from chassis.calendar import WorkingCalendar, at
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.recurrence import days_in_month, never_falls

_DAY = timedelta(days=1)


class BadCalendar(ValueError):
    """A panel's calendar cannot be kept; the text says which panel, when and why."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One sitting as the calendar has it. ``sits_at``, ``papers_close_at`` and ``confirm_by`` are in UTC."""

    sitting_id: str
    panel: str
    sits_on: date
    sits_at: datetime
    papers_close_at: datetime
    confirm_by: datetime
    capacity: int
    minutes: int | None = None


@dataclass(frozen=True)
class PanelBook:
    """All panels with all their periods, the calendar of working days, and the days of schools' holidays."""

    panels: Sequence[Panel]
    working: WorkingCalendar
    schools_closed: frozenset[date] = frozenset()
    _known: dict[tuple[str, int, int], tuple[Slot, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def codes(self) -> list[str]:
        """The panels' codes, each once, in order."""
        return sorted({panel.code for panel in self.panels})

    def at(self, code: str, day: date) -> Panel | None:
        """The panel as it is in effect on a day; None if there is no such panel on that day."""
        return next((p for p in self.panels if p.code == code and p.in_effect(day)), None)

    def month(self, code: str, year: int, month: int) -> Sequence[Slot]:
        """The sittings of a panel in a month, in order; worked out once, since rules ask often."""
        place = (code, year, month)
        if place not in self._known:
            self._known[place] = tuple(self._month(code, year, month))
        return self._known[place]

    def _month(self, code: str, year: int, month: int) -> list[Slot]:
        periods = [panel for panel in self.panels if panel.code == code]
        days = ((panel, day) for panel in periods for day in self._days(panel, year, month))
        return [self.slot_on(panel, day) for panel, day in sorted(days, key=lambda found: found[1])]

    def _days(self, panel: Panel, year: int, month: int) -> list[date]:
        return sitting_days(panel, year, month, self.working, self.schools_closed)

    def slot(self, sitting_id: str) -> Slot | None:
        """The sitting with this id (``placement-2026-03-05``), if the calendar has it."""
        code, day = split_id(sitting_id)
        found = self.month(code, day.year, day.month) if day else []
        return next((slot for slot in found if slot.sitting_id == sitting_id), None)

    def months(self, code: str, since: date, count: int) -> Iterator[Slot]:
        """The sittings of ``count`` months, the month of ``since`` being the first."""
        for n in range(count):
            yield from self.month(code, *month_after(since, n))

    def slot_on(self, panel: Panel, day: date) -> Slot:
        """A sitting of a panel on this day, by its rules, whether its calendar has that day or not."""
        papers = panel.papers
        closing_day = papers.closing_day(day, self.working)
        return Slot(
            sitting_id=f"{panel.code}-{day.isoformat()}",
            panel=panel.code,
            sits_on=day,
            sits_at=at(day, panel.calendar.hour),
            papers_close_at=at(closing_day, papers.close_at),
            confirm_by=at(closing_day, papers.confirm_by),
            capacity=panel.capacity,
            minutes=panel.minutes.sitting if panel.minutes else None,
        )


def month_after(day: date, months: int) -> tuple[int, int]:
    """(year, month) of the month that is ``months`` after the day's own."""
    years, month = divmod(day.month - 1 + months, 12)
    return day.year + years, month + 1


def split_id(sitting_id: str) -> tuple[str, date | None]:
    """Panel and day of a sitting's id; the day is None where it is not an id of a sitting."""
    code, day = sitting_id[:-11], sitting_id[-10:]
    try:
        return code, date.fromisoformat(day) if len(sitting_id) > 11 and sitting_id[-11] == "-" else None
    except ValueError:
        return code, None


def sitting_days(
    panel: Panel,
    year: int,
    month: int,
    working: WorkingCalendar,
    schools_closed: Collection[date] = (),
) -> list[date]:
    """The days on which a panel sits in a month: working days, no day twice, always the same for the same data.

    Dates in the schools' holidays fall out where the panel's file says so. Dates that are working days stay. Each of
    the others, in order, moves to the nearest free working day of the same month in the direction that the file
    names, else in the other one. Raises BadCalendar where the month has no free working day left.
    """
    by_hand = {move.day: move.to for move in panel.calendar.moved}
    wanted = days_in_month(panel.calendar.rule, panel.effective_from, year, month)
    skipped = schools_closed if panel.calendar.in_school_holidays == "skip" else ()
    dates = [by_hand.get(day, day) for day in wanted if panel.in_effect(day) and day not in skipped]
    taken = {day for day in dates if working.is_working_day(day)}
    for day in dates:
        if not working.is_working_day(day):
            taken.add(_free_day(panel, day, taken, working))
    return sorted(taken)


def _free_day(panel: Panel, day: date, taken: set[date], working: WorkingCalendar) -> date:
    forwards, backwards = list(_rest_of_month(day, _DAY)), list(_rest_of_month(day, -_DAY))
    later_first = panel.calendar.when_not_a_working_day == "next"
    for other in forwards + backwards if later_first else backwards + forwards:
        if other not in taken and working.is_working_day(other) and panel.in_effect(other):
            return other
    raise BadCalendar(
        f"panel {panel.code}: {day} is no working day and {day:%B %Y} has none left to move it to"
    )


def _rest_of_month(day: date, step: timedelta) -> Iterator[date]:
    other = day + step
    while other.month == day.month:
        yield other
        other += step


def check(book: PanelBook) -> None:
    """Raises BadCalendar if two periods of a panel overlap, or a month lacks its sittings.

    Each period is tried for its first three years: by then weekdays, leap years and Easter have all moved.
    """
    for panel in book.panels:
        _no_overlap(
            panel, (other for other in book.panels if other.code == panel.code and other is not panel)
        )
        if never_falls(panel.calendar.rule, panel.effective_from):
            raise BadCalendar(
                f"panel {panel.code} never sits: calendar.rule falls on no day, so write one such as "
                "FREQ=MONTHLY;BYDAY=1TU"
            )
        _moves_are_possible(panel, book)
        for n in range(1, 37):
            year, month = month_after(panel.effective_from, n)
            _enough(panel, year, month, book)


def _no_overlap(panel: Panel, others: Iterable[Panel]) -> None:
    for other in others:
        if other.in_effect(panel.effective_from):
            raise BadCalendar(
                f"panel {panel.code} has two files in effect on {panel.effective_from}: "
                "give the earlier one an effective_to"
            )


def _moves_are_possible(panel: Panel, book: PanelBook) -> None:
    for move in panel.calendar.moved:
        same_month = (move.day.year, move.day.month) == (move.to.year, move.to.month)
        if not same_month or not book.working.is_working_day(move.to):
            raise BadCalendar(
                f"panel {panel.code}: {move.day} is moved to {move.to}: name a working day of that month"
            )
        _enough(panel, move.day.year, move.day.month, book)


def _enough(panel: Panel, year: int, month: int, book: PanelBook) -> None:
    if not panel.in_effect(date(year, month, 1)) or not panel.in_effect(date(year, month, 28)):
        return
    found = len(sitting_days(panel, year, month, book.working, book.schools_closed))
    fewer = panel.calendar.in_school_holidays == "skip" and found < panel.calendar.sittings_a_month
    if found != panel.calendar.sittings_a_month and not fewer:
        raise BadCalendar(
            f"panel {panel.code} sits {found} times in {date(year, month, 1):%B %Y}, not "
            f"{panel.calendar.sittings_a_month}: mend calendar.rule or calendar.sittings_a_month"
        )
