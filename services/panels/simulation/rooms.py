"""A configuration of panels as the simulation needs it: who sits when, when papers close, how many are heard."""

from dataclasses import dataclass, replace
from datetime import date

from chassis.calendar import london_date
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.remit import Remit
from services.panels.domain.panels.sittings_calendar import PanelBook, Slot
from services.panels.planning.order import ORDER, Level
from services.panels.simulation.arrival import Arrival

#: How many months of sittings exist ahead at any time, as the service makes them (`domain.sitting.wanted`).
MONTHS_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Sat:
    """A sitting: the day on which its papers close and its batch is chosen, the day it sits, its places.

    ``levels`` is the order in which its panel's plans are made.
    """

    closes: int
    day: int
    places: int
    levels: tuple[Level, ...] = ORDER


@dataclass(frozen=True, slots=True)
class Room:
    """One panel with its sittings in the order in which their papers close."""

    code: str
    remit: Remit
    sittings: tuple[Sat, ...]

    def hears(self, case: Arrival) -> bool:
        """Whether the case is within the remit."""
        return not self.remit.objection(case.area, case.phase, case.need, case.provision)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Panels that share the cases between them; a case goes to the first whose remit has it."""

    name: str
    rooms: tuple[Room, ...]

    def room_of(self, case: Arrival) -> Room | None:
        """The panel that hears a case; None if none does, and then it waits for ever."""
        own = [room for room in self.rooms if room.code == case.panel]
        return next((room for room in own or self.rooms if room.hears(case)), None)

    def a_month(self, first: int, last: int) -> float:
        """How many places it has in a month, on average from one day to another."""
        places = sum(sat.places for room in self.rooms for sat in room.sittings if first <= sat.day <= last)
        return places / months_between(first, last)

    def with_places(self, a_month: float, first: int, last: int) -> "Configuration":
        """The same sittings with so many places a month in all, shared out evenly over them.

        What does not divide goes to every second, third … sitting, so that no month has more than its share.
        """
        share = a_month / self.a_month(first, last)
        return replace(self, rooms=tuple(_scaled(room, share) for room in self.rooms))


def _scaled(room: Room, share: float) -> Room:
    given, owed, sittings = 0, 0.0, []
    for sat in room.sittings:
        owed += sat.places * share
        sittings.append(replace(sat, places=int(owed + 1e-9) - given))
        given += sittings[-1].places
    return replace(room, sittings=tuple(sittings))


def months_between(first: int, last: int) -> float:
    """How long a period is, both days included, in average months."""
    return (last - first + 1) / (365.25 / 12)


def configuration(name: str, book: PanelBook, first: date, last: date) -> Configuration:
    """The placement panels of a book with their sittings from one day on until some months after another.

    A panel whose file changes within the period keeps the remit of its first day: its sittings follow each file.
    """
    months = (last.year - first.year) * 12 + last.month - first.month + 1 + MONTHS_AHEAD
    rooms = []
    for code in book.codes:
        found = [
            (panel, slot)
            for slot in book.months(code, first, months)
            if slot.sits_on >= first and (panel := book.at(code, slot.sits_on)) and panel.kind == "placement"
        ]
        if found:
            sats = (_sat(panel, slot) for panel, slot in found)
            rooms.append(
                Room(code, found[0][0].remit, tuple(sorted(sats, key=lambda sat: (sat.closes, sat.day))))
            )
    return Configuration(name, tuple(rooms))


def _sat(panel: Panel, slot: Slot) -> Sat:
    """As many places as both the cases and the minutes of a sitting allow, each case taking as long as usual."""
    places = slot.capacity
    if slot.minutes is not None and panel.minutes is not None:
        places = min(places, slot.minutes // panel.minutes.per_case)
    closes = london_date(slot.papers_close_at).toordinal()
    return Sat(closes, slot.sits_on.toordinal(), places, panel.levels)
