"""Dates as people say them, and codes that stand alone."""

from collections.abc import Mapping
from datetime import date, datetime

from chassis.calendar import LONDON
from schemas.panels_v1 import Outcome

OUTCOMES: Mapping[Outcome, str] = {
    "agreed": "Agreed",
    "not-agreed": "Not agreed",
    "more-information": "More information is needed",
}
PHASES: Mapping[str, str] = {
    "early-years": "early years",
    "primary": "primary",
    "secondary": "secondary",
    "post-16": "post-16",
}
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
