"""The month as it is played: its working days, the hours at which forms come in, its sittings."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from chassis.calendar import WorkingCalendar, at, london_date
from services.panels.domain.panels.sittings_calendar import PanelBook, Slot, month_after
from services.panels.panel_files import read_book

PANEL = "placement"
#: When forms come in, in London. The demo's clock stops at these hours only, so a day has few of them.
HOURS = (time(9), time(10), time(11), time(12), time(14), time(15), time(16))
_FIRST_HOUR = time(8)
_LAST_HOUR = time(17, 30)


@dataclass(frozen=True)
class Month:
    """One month with its sittings. ``starts`` and ``ends`` are instants in UTC.

    It starts before its first day: papers for its first sittings close in the month before, so the cases for
    them come in then. On those days nothing but placement cases arrives.
    """

    first: date
    last: date
    working: WorkingCalendar
    sittings: tuple[Slot, ...]
    starts: datetime
    ends: datetime

    @property
    def days(self) -> list[date]:
        """The working days of the month."""
        return self._working_days(self.first, self.last)

    @property
    def all_days(self) -> list[date]:
        """The working days from the start of the demo to its end."""
        return self._working_days(london_date(self.starts), self.last)

    def windows(self) -> list[list[date]]:
        """For each sitting the working days on which papers for it, but not for the one before it, come in.

        The last window is that of no sitting of this month: cases that wait for the next one.
        """
        closing = [london_date(slot.papers_close_at) for slot in self.sittings]
        begins = [self.all_days[0], *(day + timedelta(days=1) for day in closing)]
        ends = [*closing, self.last]
        return [self._working_days(begin, end) for begin, end in zip(begins, ends, strict=True)]

    def _working_days(self, first: date, last: date) -> list[date]:
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return [day for day in days if self.working.is_working_day(day)]


def read_month(text: str) -> Month:
    """The month written as 2026-03. Raises ValueError for anything else, or for a month without sittings."""
    first = date.fromisoformat(f"{text}-01")
    book = read_book()
    sittings = tuple(book.month(PANEL, first.year, first.month))
    if not sittings:
        raise ValueError(f"no panel sits in {text}: choose a month of 2024 to 2030")
    last = date(*month_after(first, 1), 1) - timedelta(days=1)
    begins = at(_first_day(book, first, sittings[0]), _FIRST_HOUR)
    return Month(first, last, book.working, sittings, begins, at(last, _LAST_HOUR))


def _first_day(book: PanelBook, first: date, sitting: Slot) -> date:
    """The working day after papers closed for the last sitting of the month before."""
    earlier = book.month(PANEL, *month_after(first, -1))
    if earlier:
        return book.working.add(london_date(earlier[-1].papers_close_at), 1)
    return book.working.subtract(london_date(sitting.papers_close_at), 3)
