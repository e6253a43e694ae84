"""At which hours families hear from us: not at night, and not on days that the council keeps free."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from chassis.calendar import LONDON, at, bank_holidays, london_date

FreeDays = Literal["none", "christmas", "bank-holidays"]
_DAY = timedelta(days=1)
#: What changes about a day so near is told at any hour, where its kind of message is urgent at all.
_NEAR = timedelta(days=2)
#: The fields that name the day on which something takes place, or was to.
_DAYS = ("sits_on", "visit_on", "was_on")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``night_from`` to ``night_until`` by London's clocks nobody is disturbed; two equal ones make no night."""

    night_from: time = time(21)
    night_until: time = time(7)
    free: FreeDays = "christmas"


def next_moment(urgent: bool, now: datetime, quiet: QuietHours) -> datetime:
    """``now`` (aware) where a message may go, else the instant (UTC) at which it next may. Urgent ones always may."""
    if urgent:
        return now
    moment = now
    while later := _quiet_until(moment, quiet):
        moment = later
    return moment


def is_urgent(kind_is: bool, dates: Mapping[str, str], now: datetime) -> bool:
    """Whether a message may go at any hour: it is of an urgent kind, and about today or the two days after it."""
    today = london_date(now)
    days = [date.fromisoformat(dates[name]) for name in _DAYS if name in dates]
    return kind_is and (not days or any(today <= day <= today + _NEAR for day in days))


def is_night(clock: time, quiet: QuietHours) -> bool:
    """Whether nobody is disturbed when the clocks in London show this."""
    begins, ends = quiet.night_from, quiet.night_until
    return begins <= clock < ends if begins <= ends else clock >= begins or clock < ends


def _quiet_until(moment: datetime, quiet: QuietHours) -> datetime | None:
    local = moment.astimezone(LONDON)
    if is_free(local.date(), quiet.free):
        return at(local.date() + _DAY, time(0))
    if not is_night(local.time(), quiet):
        return None
    over_midnight = quiet.night_from > quiet.night_until and local.time() >= quiet.night_from
    return at(local.date() + _DAY if over_midnight else local.date(), quiet.night_until)


def is_free(day: date, free: FreeDays) -> bool:
    """Whether the council keeps this day free of messages."""
    christmas = (day.month, day.day) == (12, 25)
    return (free != "none" and christmas) or (free == "bank-holidays" and day in bank_holidays(day.year))
