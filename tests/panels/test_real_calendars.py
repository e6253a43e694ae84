"""The shipped panel's calendar beside calendars that nobody here computed, and beside arithmetic of its own."""

from datetime import date, datetime, timedelta
from itertools import product

import pytest
from dateutil.easter import easter
from hypothesis import given
from hypothesis import strategies as st

from chassis.calendar import LONDON, bank_holidays
from services.panels.domain.panels.sittings_calendar import Slot
from tests.panels.builders import BOOK

YEARS = range(2024, 2029)
MONTHS = list(product(YEARS, range(1, 13)))
DAY = timedelta(days=1)
#: Christmas Day, Boxing Day and New Year's Day where they fall on a weekend, as GOV.UK has their substitute days.
SUBSTITUTES = {
    date(2026, 12, 26): date(2026, 12, 28),
    date(2027, 12, 25): date(2027, 12, 27),
    date(2027, 12, 26): date(2027, 12, 28),
    date(2028, 1, 1): date(2028, 1, 3),
}


def monday(year: int, month: int, last: bool = False) -> date:
    """The first or the last Monday of a month."""
    days = [date(year, month, n) for n in range(1, 32 if month in (5, 8) else 31)]
    return [day for day in days if day.weekday() == 0][-1 if last else 0]


def of_the_act(year: int) -> set[date]:
    """The eight bank holidays of England and Wales: by the Act's own rules, Easter by dateutil."""
    fixed = {date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)}
    mondays = {monday(year, 5), monday(year, 5, last=True), monday(year, 8, last=True)}
    return (
        {SUBSTITUTES.get(day, day) for day in fixed} | mondays | {easter(year) - 2 * DAY, easter(year) + DAY}
    )


def worked(day: date) -> bool:
    """Whether people work: the same question, asked of the Act and of the closures' file."""
    return day.weekday() < 5 and day not in of_the_act(day.year) and day not in BOOK.working.closed


def sittings(year: int, month: int) -> list[Slot]:
    return list(BOOK.month("placement", year, month))


@pytest.mark.parametrize("year", YEARS)
def test_the_bank_holidays_are_those_of_the_act_and_their_substitute_days(year: int) -> None:
    assert len(of_the_act(year)) == 8
    assert {day for day in bank_holidays(year) if day.weekday() < 5} == of_the_act(year)


@pytest.mark.parametrize(("year", "month"), MONTHS)
def test_no_sitting_is_on_a_bank_holiday_a_closure_or_a_weekend(year: int, month: int) -> None:
    found = sittings(year, month)
    assert len({slot.sits_on for slot in found}) == 8
    assert all(worked(slot.sits_on) for slot in found)


@pytest.mark.parametrize(("year", "month"), MONTHS)
def test_a_date_of_the_rule_stays_wherever_people_work_and_moves_nowhere_else(year: int, month: int) -> None:
    first = date(year, month, 1)
    days = [
        first + DAY * n for n in range(28)
    ]  # the first four of each weekday are the month's first 28 days
    rule = {day for day in days if day.weekday() in (1, 3)}
    sat = {slot.sits_on for slot in sittings(year, month)}
    assert {day for day in rule if worked(day)} <= sat
    assert len(sat - rule) == len([day for day in rule if not worked(day)])


@pytest.mark.parametrize(("year", "month"), MONTHS)
def test_papers_close_on_the_fifth_working_day_before_counted_one_by_one(year: int, month: int) -> None:
    for slot in sittings(year, month):
        day, left = slot.sits_on, 5
        while left:
            day -= DAY
            left -= worked(day)
        closing = slot.papers_close_at.astimezone(LONDON)
        assert (closing.date(), closing.hour) == (day, 17)


@pytest.mark.parametrize(
    ("sits_on", "closes"),
    [
        # Over Good Friday and Easter Monday.
        (date(2024, 4, 2), date(2024, 3, 22)),
        (date(2025, 4, 22), date(2025, 4, 11)),
        (date(2026, 4, 7), date(2026, 3, 27)),
        (date(2027, 3, 30), None),  # a fifth Tuesday
        (date(2027, 4, 1), date(2027, 3, 23)),
        (date(2028, 4, 18), date(2028, 4, 7)),
        # Over Christmas, the days on which the offices are closed, and New Year.
        (date(2025, 1, 2), date(2024, 12, 18)),
        (date(2026, 1, 6), date(2025, 12, 22)),
        (date(2027, 1, 5), date(2026, 12, 21)),
        (date(2028, 1, 4), date(2027, 12, 20)),
    ],
)
def test_papers_close_as_somebody_counted_on_a_paper_calendar(sits_on: date, closes: date | None) -> None:
    slot = BOOK.slot(f"placement-{sits_on}")
    assert (slot.papers_close_at.astimezone(LONDON).date() if slot else None) == closes


def test_over_a_weekend_on_which_the_clocks_change_hours_stay_londons() -> None:
    # They go forward on 29 March 2026, and back on 25 October 2026.
    slots = [BOOK.slot(f"placement-{day}") for day in ("2026-04-02", "2026-10-27")]
    assert [(slot.papers_close_at.isoformat(), slot.sits_at.isoformat()) for slot in slots if slot] == [
        ("2026-03-26T17:00:00+00:00", "2026-04-02T08:30:00+00:00"),
        ("2026-10-20T16:00:00+00:00", "2026-10-27T09:30:00+00:00"),
    ]


@given(st.sampled_from(MONTHS), st.integers(0, 7))
def test_hours_are_those_of_the_clock_on_the_wall_on_every_day(when: tuple[int, int], n: int) -> None:
    slot = sittings(*when)[n]
    naive = datetime.combine(slot.sits_on, datetime.min.time()).replace(hour=9, minute=30)
    assert slot.sits_at.astimezone(LONDON).replace(tzinfo=None) == naive
    assert slot.confirm_by.astimezone(LONDON).hour == 12
