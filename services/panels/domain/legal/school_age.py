"""Compulsory school age: when it begins, when it ends, and so from when a young person's rights are their own.

Sources: Education Act 1996 section 8; Education (Start of Compulsory School Age) Order 1998 (SI 1998/1607) for the
prescribed days; Education (School Leaving Date) Order 1997 (SI 1997/1970).
"""

from dataclasses import dataclass
from datetime import date, timedelta

_FRIDAY = 4
_PRESCRIBED = ((3, 31), (8, 31), (12, 31))


@dataclass(frozen=True, slots=True)
class SchoolAge:
    """The first and the last day of compulsory school age."""

    begins: date
    ends: date


def school_age(born: date) -> SchoolAge:
    """Both days for somebody born on this one."""
    return SchoolAge(begins(born), ends(born))


def begins(born: date) -> date:
    """The prescribed day (31 March, 31 August or 31 December) on or next after the fifth birthday."""
    fifth = birthday(born, born.year + 5)
    days = [date(year, month, day) for year in (fifth.year, fifth.year + 1) for month, day in _PRESCRIBED]
    return min(day for day in days if day >= fifth)


def ends(born: date) -> date:
    """The last Friday in June of the school year in which they turn 16, which runs from 1 September to 31 August."""
    sixteenth = birthday(born, born.year + 16)
    june = date(sixteenth.year + (sixteenth.month >= 9), 6, 30)
    return june - timedelta(days=(june.weekday() - _FRIDAY) % 7)


def birthday(born: date, year: int) -> date:
    """The birthday in a year; 1 March for whoever was born on 29 February, where the year has none."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
