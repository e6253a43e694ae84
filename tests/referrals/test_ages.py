"""Ages, school years, and the end of compulsory school age."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referrals.domain.children.ages import (
    age_on,
    is_young_person,
    phase_of,
    school_leaving_date,
    school_year_start,
    year_group,
)

births = st.dates(date(1998, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("born", "today", "year"),
    [
        (date(2020, 8, 31), date(2024, 9, 1), 0),  # four on 31 August: Reception
        (date(2020, 9, 1), date(2024, 9, 1), -1),  # a day younger: the year before
        (date(2020, 8, 31), date(2025, 8, 31), 0),  # the last day of that school year
        (date(2009, 9, 1), date(2026, 3, 4), 11),
        (date(2007, 3, 1), date(2026, 3, 4), 14),
        (date(2026, 2, 1), date(2026, 3, 4), -5),
    ],
)
def test_the_year_group_follows_from_the_age_on_31_august(born: date, today: date, year: int) -> None:
    assert year_group(born, today) == year


@pytest.mark.parametrize(
    ("year", "phase"),
    [
        (-4, "early-years"),
        (-1, "early-years"),
        (0, "primary"),
        (6, "primary"),
        (7, "secondary"),
        (11, "secondary"),
        (12, "post-16"),
    ],
)
def test_the_phase_follows_from_the_year_group(year: int, phase: str) -> None:
    assert phase_of(year) == phase


@pytest.mark.parametrize(
    ("born", "leaves"),
    [
        (date(2009, 9, 1), date(2026, 6, 26)),  # 16 in September 2025
        (date(2010, 8, 31), date(2026, 6, 26)),  # 16 in August 2026, after term, still this year
        (date(2010, 9, 1), date(2027, 6, 25)),
        (date(2008, 2, 29), date(2024, 6, 28)),
    ],
)
def test_compulsory_school_age_ends_on_the_last_friday_in_june(born: date, leaves: date) -> None:
    assert school_leaving_date(born) == leaves
    assert not is_young_person(born, leaves)
    assert is_young_person(born, leaves + timedelta(days=1))


@given(births)
def test_the_leaving_date_is_always_the_last_friday_of_a_june_at_15_or_16(born: date) -> None:
    leaves = school_leaving_date(born)
    assert (leaves.weekday(), leaves.month) == (4, 6)
    assert leaves.day >= 24
    assert age_on(born, leaves) in (15, 16)


@given(births, st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_a_year_group_lasts_exactly_one_school_year(born: date, today: date) -> None:
    start = school_year_start(today)
    assert start <= today < start.replace(year=start.year + 1)
    assert year_group(born, today) == year_group(born, start)
    assert year_group(born, start.replace(year=start.year + 1)) == year_group(born, today) + 1
