"""Dates, lists and beginnings of sentences in plain English, whatever language the machine speaks. Pure."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from chassis.calendar import LONDON

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def in_words(day: date) -> str:
    """``12 March 2026``."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def with_weekday(day: date) -> str:
    """``Thursday 12 March 2026``."""
    return f"{_DAYS[day.weekday()]} {in_words(day)}"


def hour_in_words(moment: datetime) -> str:
    """``17:00 on Thursday 26 February 2026``, as London's clocks show it."""
    local = moment.astimezone(LONDON)
    return f"{local:%H:%M} on {with_weekday(local.date())}"


def pounds(amount: int) -> str:
    """``£4,500``, of whole pounds; less than nothing has a minus before it."""
    return f"{'−' if amount < 0 else ''}£{abs(amount):,}"


def listed(items: Sequence[str], last: Literal["and", "or"] = "and") -> str:
    """``a, b and c``; ``nothing`` where there is nothing to list."""
    return f" {last} ".join(filter(None, [", ".join(items[:-1]), items[-1]])) if items else "nothing"


def capital(text: str) -> str:
    """The same with a capital at its beginning; what else is capital stays so, unlike with str.capitalize."""
    return text[:1].upper() + text[1:]
