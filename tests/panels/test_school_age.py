"""When compulsory school age begins and ends, by birthday."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.panels.domain.legal.school_age import birthday, school_age

BORN = st.dates(min_value=date(1999, 1, 1), max_value=date(2035, 12, 31))


@pytest.mark.parametrize(
    ("born", "begins"),
    [
        (date(2021, 3, 31), date(2026, 3, 31)),
        (date(2021, 4, 1), date(2026, 8, 31)),
        (date(2021, 8, 31), date(2026, 8, 31)),
        (date(2021, 9, 1), date(2026, 12, 31)),
        (date(2020, 12, 31), date(2025, 12, 31)),
        (date(2021, 1, 1), date(2026, 3, 31)),
        (date(2020, 2, 29), date(2025, 3, 31)),
    ],
)
def test_it_begins_on_the_prescribed_day_on_or_after_the_fifth_birthday(born: date, begins: date) -> None:
    assert school_age(born).begins == begins


@pytest.mark.parametrize(
    ("born", "ends"),
    [
        (date(2009, 9, 1), date(2026, 6, 26)),
        (date(2010, 8, 31), date(2026, 6, 26)),
        (date(2010, 9, 1), date(2027, 6, 25)),
        (date(2008, 2, 29), date(2024, 6, 28)),
        # 30 June is a Friday itself.
        (date(2007, 1, 15), date(2023, 6, 30)),
    ],
)
def test_it_ends_on_the_last_friday_in_june_of_the_school_year_of_the_sixteenth_birthday(
    born: date, ends: date
) -> None:
    assert school_age(born).ends == ends


@given(BORN)
def test_it_begins_within_five_months_of_the_fifth_birthday_and_ends_on_a_friday_in_june(born: date) -> None:
    age = school_age(born)
    assert timedelta(0) <= age.begins - birthday(born, born.year + 5) < timedelta(days=154)
    assert (age.ends.month, age.ends.weekday()) == (6, 4)
    assert (age.ends + timedelta(days=7)).month == 7
    # Between the two lie eleven years, more or less one.
    assert 10.4 < (age.ends - age.begins).days / 365.25 < 11.6


@given(BORN, st.integers(0, 400))
def test_whoever_is_younger_begins_and_ends_no_earlier(born: date, days: int) -> None:
    older, younger = school_age(born), school_age(born + timedelta(days=days))
    assert older.begins <= younger.begins
    assert older.ends <= younger.ends
