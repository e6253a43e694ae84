"""Ages, school years and the age at which a young person's rights become their own."""

from datetime import date, timedelta

from schemas.codes import Phase


def age_on(born: date, day: date) -> int:
    """Completed years of age on ``day``; negative before birth."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def school_year_start(day: date) -> date:
    """The 1 September on which the school year of ``day`` began."""
    return date(day.year if day.month >= 9 else day.year - 1, 9, 1)


def year_group(born: date, today: date) -> int:
    """Age on the 31 August before the school year, less 4: Reception is 0, the years before it negative.

    Source: the national curriculum's year groups; domain notes section 5.
    """
    return age_on(born, school_year_start(today) - timedelta(days=1)) - 4


def phase_of(year: int) -> Phase:
    """The phase of education of a year group."""
    if year < 0:
        return "early-years"
    if year <= 6:
        return "primary"
    return "secondary" if year <= 11 else "post-16"


def school_leaving_date(born: date) -> date:
    """The last Friday in June of the school year in which the child turns 16.

    Source: Education (School Leaving Date) Order 1997; Education Act 1996 section 8.
    """
    june = date(born.year + 16 + (born.month >= 9), 6, 30)
    return june - timedelta(days=(june.weekday() - 4) % 7)


def last_birth(today: date) -> date:
    """The latest day on which somebody was born who is past compulsory school age on ``today``."""
    over = today > school_leaving_date(date(today.year - 16, 1, 1))
    return date(today.year - (16 if over else 17), 8, 31)


def is_young_person(born: date, today: date) -> bool:
    """Whether compulsory school age has ended, so that messages go to the young person.

    It ends at the end of the school leaving date (Education Act 1996 section 8(3)).
    """
    return today > school_leaving_date(born)
