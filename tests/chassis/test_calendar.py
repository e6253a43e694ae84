"""Working days in England and Wales, against dates published on GOV.UK and against the definition."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.calendar import WorkingCalendar, at, bank_holidays, london_date

CLOSED = (date(2026, 12, 24), date(2027, 1, 1))
CALENDAR = WorkingCalendar([CLOSED])
DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
COUNTS = st.integers(0, 60)


def days(*texts: str) -> set[date]:
    return {date.fromisoformat(text) for text in texts}


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2024, days("2024-01-01", "2024-03-29", "2024-04-01", "2024-05-06", "2024-05-27", "2024-08-26",
                    "2024-12-25", "2024-12-26")),
        (2025, days("2025-01-01", "2025-04-18", "2025-04-21", "2025-05-05", "2025-05-26", "2025-08-25",
                    "2025-12-25", "2025-12-26")),
        (2026, days("2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31",
                    "2026-12-25", "2026-12-28")),
        (2027, days("2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30",
                    "2027-12-27", "2027-12-28")),
        (2028, days("2028-01-03", "2028-04-14", "2028-04-17", "2028-05-01", "2028-05-29", "2028-08-28",
                    "2028-12-25", "2028-12-26")),
        (2029, days("2029-01-01", "2029-03-30", "2029-04-02", "2029-05-07", "2029-05-28", "2029-08-27",
                    "2029-12-25", "2029-12-26")),
        (2030, days("2030-01-01", "2030-04-19", "2030-04-22", "2030-05-06", "2030-05-27", "2030-08-26",
                    "2030-12-25", "2030-12-26")),
    ],
)  # fmt: skip
def test_nobody_works_on_the_bank_holidays_of_2024_to_2030(year: int, expected: set[date]) -> None:
    on_weekdays = {day for day in bank_holidays(year) if day.weekday() < 5}
    assert on_weekdays == {day for day in expected if day.weekday() < 5}
    assert not any(WorkingCalendar().is_working_day(day) for day in expected)


def test_a_closure_is_no_working_day_from_its_first_to_its_last_day() -> None:
    assert CALENDAR.is_working_day(date(2026, 12, 23))
    assert not any(CALENDAR.is_working_day(CLOSED[0] + timedelta(days=n)) for n in range(9))
    assert CALENDAR.add(date(2026, 12, 23), 1) == date(2027, 1, 4)


def test_a_closure_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="swap the two"):
        WorkingCalendar([(date(2026, 1, 2), date(2026, 1, 1))])


def test_fifteen_working_days_over_easter_2026() -> None:
    assert CALENDAR.add(date(2026, 3, 30), 15) == date(2026, 4, 22)


@given(DAYS, COUNTS)
def test_subtracting_undoes_adding_from_a_working_day(day: date, count: int) -> None:
    start = CALENDAR.next_working_day(day)
    assert CALENDAR.subtract(CALENDAR.add(start, count), count) == start


@given(DAYS, COUNTS)
def test_what_was_added_lies_between(day: date, count: int) -> None:
    start = CALENDAR.next_working_day(day)
    end = CALENDAR.add(start, count)
    assert CALENDAR.between(start, end) == count
    assert CALENDAR.between(end, start) == -count


@given(DAYS, COUNTS)
def test_a_count_always_ends_on_a_working_day(day: date, count: int) -> None:
    assert CALENDAR.is_working_day(CALENDAR.add(day, count))
    assert CALENDAR.is_working_day(CALENDAR.subtract(day, count))


@given(DAYS, DAYS, COUNTS)
def test_who_begins_later_ends_no_earlier(one: date, other: date, count: int) -> None:
    first, last = sorted((one, other))
    assert CALENDAR.add(first, count) <= CALENDAR.add(last, count)


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="never negative"):
        CALENDAR.add(date(2026, 1, 5), -1)


def test_london_is_an_hour_ahead_of_utc_in_summer_only() -> None:
    assert at(date(2026, 7, 1), time(9)) == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert at(date(2026, 12, 1), time(9)) == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert london_date(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == date(2026, 7, 1)


@given(DAYS, st.times())
def test_an_instant_comes_back_on_its_own_day(day: date, clock_time: time) -> None:
    assert london_date(at(day, clock_time)) == day


def test_what_comes_after_the_cut_off_counts_for_the_next_working_day() -> None:
    friday = date(2026, 11, 20)
    assert CALENDAR.received_on(at(friday, time(16, 59)), time(17)) == friday
    assert CALENDAR.received_on(at(friday, time(17)), time(17)) == date(2026, 11, 23)
    assert CALENDAR.received_on(at(friday, time(23, 59))) == friday
    assert CALENDAR.received_on(at(date(2026, 11, 21), time(9)), time(17)) == date(2026, 11, 23)
