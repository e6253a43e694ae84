"""The places of one kind at one setting: how many there are on a day, and for whom they are kept.

A place is kept from a child's first day there to the last. No day to come has more places kept than there are,
unless somebody named the reason.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from chassis.calendar import london_date
from chassis.decision import Decision, Kind, Refused
from schemas.places_v1 import Coming, OutOfUse, PlaceFreed, PlaceKept, PlaceKind

_DAY = timedelta(days=1)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Kept(_Part):
    """A place that is a child's from ``from_on`` to ``until_on``, both included; None: until further notice."""

    placement_id: str
    from_on: date
    until_on: date | None = None

    def on(self, day: date) -> bool:
        """Whether it is kept on this day."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)


class Beyond(_Part):
    """More places are kept than there are, by at most ``excess`` on any day, and why."""

    excess: int
    reason: str
    by: str
    at: datetime


class Places(_Part):
    """The state. ``changes`` counts how often it was changed: what somebody who acts had before them."""

    places_id: str
    setting: str
    kind: PlaceKind
    number: int = 0
    out_of_use: tuple[OutOfUse, ...] = ()
    coming: tuple[Coming, ...] = ()
    kept: tuple[Kept, ...] = ()
    beyond: Beyond | None = None
    changes: int = 0

    def out_on(self, day: date) -> int:
        """How many are out of use on this day."""
        return sum(
            each.count
            for each in self.out_of_use
            if each.from_on <= day and (each.until_on is None or day <= each.until_on)
        )

    def number_on(self, day: date) -> int:
        """How many there are to use on this day."""
        come = sum(each.count for each in self.coming if each.from_on <= day)
        return self.number + come - self.out_on(day)

    def kept_on(self, day: date) -> int:
        """How many are kept for a child on this day."""
        return sum(each.on(day) for each in self.kept)

    def free_on(self, day: date) -> int:
        """How many are free on this day."""
        return max(0, self.number_on(day) - self.kept_on(day))

    def free_from(self, day: date) -> int:
        """How many are free on this day and stay so: those that a child could have without an end."""
        return max(0, min(self.number_on(each) - self.kept_on(each) for each in self.days_from(day)))

    def excess(self, today: date) -> int:
        """By how many more are kept than there are, on the worst day from today on."""
        return max(0, *(self.kept_on(day) - self.number_on(day) for day in self.days_from(today)))

    def days_from(self, today: date) -> list[date]:
        """Today, and every later day on which a number changes: between two of them nothing does."""
        return sorted({today, *(day for day in self._turns() if day > today)})

    def _turns(self) -> Iterator[date]:
        out = [(each.from_on, each.until_on) for each in self.out_of_use]
        for first, last in (*out, *((each.from_on, each.until_on) for each in self.kept)):
            yield first
            if last is not None and last < date.max:
                yield last + _DAY
        yield from (each.from_on for each in self.coming)


PLACES: Kind[Places] = Kind("places", Places)


def places_id_of(setting: str, kind: PlaceKind) -> str:
    """The id of the places of one kind at one setting."""
    return f"{setting}:{kind}"


def within(places: Places, because: str, by: str, now: datetime) -> Places:
    """The places after a change, counted as one; ``because`` says why there may be more kept than there are.

    Raises Refused where there are more than before, without a reason.
    """
    today = london_date(now)
    current = tuple(each for each in places.kept if each.until_on is None or each.until_on >= today)
    after = places.model_copy(update={"kept": current, "changes": places.changes + 1})
    worst, allowed = after.excess(today), after.beyond.excess if after.beyond else 0
    if worst > allowed:
        if not because.strip():
            raise Refused(
                "no-place-free",
                "More places would be in use than there are. Choose another day or setting, or say why it has to be.",
            )
        beyond = Beyond(excess=worst, reason=because.strip(), by=by, at=now)
        return after.model_copy(update={"beyond": beyond})
    if worst < allowed and after.beyond:
        less = after.beyond.model_copy(update={"excess": worst}) if worst else None
        return after.model_copy(update={"beyond": less})
    return after


def keep(
    places: Places | None, setting: str, kind: PlaceKind, kept: Kept, because: str, by: str, now: datetime
) -> Decision[Places]:
    """Keeps a place for a child, or the child's place for other days. Raises Refused where none is free then."""
    id = places_id_of(setting, kind)
    before = places or Places(places_id=id, setting=setting, kind=kind)
    others = tuple(each for each in before.kept if each.placement_id != kept.placement_id)
    after = within(before.model_copy(update={"kept": (*others, kept)}), because, by, now)
    fact = PlaceKept(
        places_id=id,
        setting=setting,
        kind=kind,
        placement_id=kept.placement_id,
        from_on=kept.from_on,
        until_on=kept.until_on,
        beyond=after.beyond is not None,
        kept_at=now,
    )
    return Decision(after, (fact,))


def free(places: Places | None, placement_id: str, last_on: date | None, now: datetime) -> Decision[Places]:
    """A child's place is free after ``last_on``, at once without one, as where it was never used."""
    mine = [each for each in places.kept if each.placement_id == placement_id] if places else []
    if places is None or not mine:
        return Decision()
    used = last_on is not None and last_on >= mine[0].from_on
    rest = tuple(each for each in places.kept if each.placement_id != placement_id)
    short = tuple(_until(each, last_on) for each in mine) if last_on and used else ()
    # The rule within() cannot refuse here: there are never more kept than before.
    after = within(places.model_copy(update={"kept": (*rest, *short)}), "", "", now)
    fact = PlaceFreed(
        places_id=places.places_id,
        placement_id=placement_id,
        last_on=last_on if used else None,
        freed_at=now,
    )
    return Decision(after, (fact,))


def _until(kept: Kept, last_on: date) -> Kept:
    """Kept to that day, or to its own end where that is sooner."""
    return kept.model_copy(update={"until_on": min(last_on, kept.until_on or last_on)})
