"""Sittings as a calendar that others subscribe to (iCalendar, RFC 5545). No case and no member is in it. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from chassis.actors import Actor
from chassis.calendar import LONDON
from chassis.english import hour_in_words, with_weekday
from services.panels.domain.permissions import sees_cases
from services.panels.domain.sittings.sitting import Sitting

#: Where a panel's file names no minutes: half a day.
_MINUTES = 180
_REFRESH = timedelta(hours=6)
#: Whoever has nothing but these comes to the sittings at which they have a seat.
_BY_SEAT = frozenset({"panel-member", "chair"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A sitting as it stands; ``revision`` grows with each change of it."""

    sitting: Sitting
    revision: int


def concerns(actor: Actor, sitting: Sitting) -> bool:
    """Whether somebody has to do with a sitting: through their work with its panel, or by a seat of their own.

    While nobody is named for it, it concerns all members of its panel.
    """
    roles = {one.role for one in actor.grants if one.scope in (None, sitting.panel) and sees_cases(one.role)}
    seats = {seat.staff_id for seat in sitting.members}
    return bool(roles - _BY_SEAT) or (bool(roles) and (not seats or actor.id in seats))


def calendar(
    name: str, entries: Sequence[Entry], panel_name: Callable[[str], str], home: str, stamp: datetime
) -> bytes:
    """The calendar of these sittings, as a file.

    ``home`` is the part of an event's identity that tells this installation from others; ``stamp`` when this is said.
    A sitting keeps its identity whatever becomes of it, so that one that is moved moves and one that is cancelled goes.
    """
    made = Calendar()
    made.add("prodid", "-//Fingerpost//Panels//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", _REFRESH, parameters={"value": "DURATION"})
    for entry in entries:
        made.add_component(_event(entry, panel_name(entry.sitting.panel), home, stamp))
    made.add_missing_timezones()
    text: bytes = made.to_ical()
    return text


def _event(entry: Entry, panel: str, home: str, stamp: datetime) -> Event:
    sitting = entry.sitting
    off = sitting.status in ("cancelled", "lapsed")
    begins = sitting.sits_at.astimezone(LONDON)
    made = Event()
    made.add("uid", f"{sitting.sitting_id}@{home}")
    made.add("sequence", entry.revision)
    made.add("dtstamp", stamp.astimezone(UTC))
    made.add("dtstart", begins)
    made.add("dtend", begins + timedelta(minutes=sitting.minutes or _MINUTES))
    made.add("summary", f"{panel}: cancelled" if off else panel)
    made.add("status", "CANCELLED" if off else "CONFIRMED")
    made.add("transp", "TRANSPARENT" if off else "OPAQUE")
    made.add("description", _description(sitting))
    return made


def _description(sitting: Sitting) -> str:
    if sitting.cancelled is not None and sitting.cancelled.moved_to is not None:
        return f"This sitting was moved to {with_weekday(sitting.cancelled.moved_to)}."
    if sitting.status == "cancelled":
        return "This sitting does not take place."
    if sitting.status == "lapsed":
        return "This sitting did not take place."
    return f"Papers close at {hour_in_words(sitting.papers_close_at)}."
