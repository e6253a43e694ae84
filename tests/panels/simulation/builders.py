"""What the tests of the simulation share: cases, a panel that sits at even distances, and arrivals by chance."""

from collections.abc import Sequence
from math import exp
from random import Random
from typing import Any

from hypothesis import strategies as st

from services.panels.domain.panels.remit import Remit
from services.panels.simulation.arrival import Arrival
from services.panels.simulation.rooms import Configuration, Room, Sat

FOR_EVER = 10**6


def a_case(number: int, opened: int = 0, **changes: Any) -> Arrival:
    """A case that is complete when it comes and never late, unless ``changes`` say otherwise."""
    fields: dict[str, Any] = {"complete": opened, "due": FOR_EVER}
    return Arrival(number=number, opened=opened, **(fields | changes))


def a_panel(every: int, places: int, sittings: int, closes_before: int = 0) -> Configuration:
    """One panel that hears everybody, so many days apart; the first sits at the end of the first interval."""
    days = [every * (n + 1) - 1 for n in range(sittings)]
    return Configuration(
        "even", (Room("panel", Remit(), tuple(Sat(day - closes_before, day, places) for day in days)),)
    )


def with_room(halls: Configuration, places: Sequence[int]) -> Configuration:
    """The same sittings with these places, one after the other."""
    (room,) = halls.rooms
    sittings = [Sat(sat.closes, sat.day, each) for sat, each in zip(room.sittings, places, strict=True)]
    return Configuration(halls.name, (Room(room.code, room.remit, tuple(sittings)),))


def poisson(chance: Random, rate: float) -> int:
    """How many come in a day (Knuth's product of uniforms; fit for small rates)."""
    count, product, limit = 0, chance.random(), exp(-rate)
    while product > limit:
        count, product = count + 1, product * chance.random()
    return count


def poisson_cases(seed: int, rate: float, days: int) -> list[Arrival]:
    """Cases that come by chance, ``rate`` a day on average."""
    chance = Random(seed)
    opened = [day for day in range(days) for _ in range(poisson(chance, rate))]
    return [a_case(number, day) for number, day in enumerate(opened)]


@st.composite
def cases(draw: st.DrawFn, most: int = 40, days: int = 60, lasting: bool = False) -> list[Arrival]:
    """Cases of every sort; ``lasting`` ones are neither deferred nor withdrawn."""
    made = []
    for number in range(draw(st.integers(0, most))):
        opened = draw(st.integers(0, days))
        late = draw(st.integers(0, 10))
        due = opened + draw(st.integers(1, 60))
        incomplete = draw(st.booleans()) and draw(st.booleans())
        made.append(
            Arrival(
                number=number,
                opened=opened,
                complete=None if incomplete else opened + late,
                due=due,
                urgent=draw(st.integers(0, 9)) == 0,
                withdrawn=None if lasting else draw(st.none() | st.integers(opened, opened + 50)),
                back_after=None if lasting else draw(st.none() | st.integers(1, 20)),
            )
        )
    return made
