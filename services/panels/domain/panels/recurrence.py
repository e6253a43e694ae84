"""Recurrence rules of RFC 5545, as far as a panel's calendar needs them."""

from calendar import monthrange
from datetime import date, datetime, time
from functools import lru_cache

from dateutil.rrule import rrule, rrulestr

_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


def checked_rule(rule: str) -> str:
    """The rule as it was given. Raises ValueError with a sentence that says what to write instead."""
    parts = dict(part.partition("=")[::2] for part in rule.upper().removeprefix("RRULE:").split(";"))
    if parts.get("FREQ") not in _FREQUENCIES:
        raise ValueError(f"the rule needs FREQ= one of {', '.join(_FREQUENCIES)}")
    for end in ("COUNT", "UNTIL"):
        if end in parts:
            raise ValueError(f"the rule has {end}: leave it out and give the panel an effective_to instead")
    try:
        rrulestr(rule, dtstart=datetime(2024, 1, 1))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError(
            "the rule is not an RFC 5545 recurrence rule such as FREQ=MONTHLY;BYDAY=1TU,3TH"
        ) from None
    return rule


def days_in_month(rule: str, since: date, year: int, month: int) -> list[date]:
    """The days of one month on which a checked rule falls, in order, each once.

    ``since`` is where intervals (every other week) are counted from.
    """
    return list(_days_in_month(rule, since, year, month))


# Each month of the coming years is looked at when the panels' files are read, and later again.
@lru_cache(maxsize=1024)
def _days_in_month(rule: str, since: date, year: int, month: int) -> tuple[date, ...]:
    first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    if last < since:
        return ()
    end = datetime.combine(last, time.max)
    found = _from(rule, since).replace(until=end).between(datetime.combine(first, time()), end, inc=True)
    return tuple(sorted({moment.date() for moment in found}))


def never_falls(rule: str, since: date) -> bool:
    """Whether a checked rule falls on no day at all. It is searched until the year 9999: ask once."""
    return next(iter(_from(rule, since)), None) is None


def _from(rule: str, since: date) -> rrule:
    parsed = rrulestr(rule, dtstart=datetime.combine(since.replace(day=1), time()))
    assert isinstance(parsed, rrule)
    return parsed
