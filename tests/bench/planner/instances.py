"""Questions for the planner, made from a seed: a queue of so many cases, and the sittings of so many months.

Everything that makes planning hard is in them: siblings, lengths that differ, minutes that bind, three kinds of remit,
members who stand aside, dates that families know, urgent cases, and more cases than places.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from functools import cache
from itertools import count
from random import Random

from chassis.calendar import at
from schemas.codes import Phase
from services.panels.domain.panels.remit import Remit
from services.panels.domain.panels.sittings_calendar import Slot
from services.panels.panel_files import read_book
from services.panels.planning.asked import PlanCase, PlanSitting
from services.panels.planning.question import Question

LENGTHS = (20, 20, 25, 30, 40)
PHASES: tuple[Phase, ...] = ("primary", "primary", "secondary")
#: Working time until the law's date, by how a case began: 20 weeks, 14, 8, 4.
LAW_DAYS = (140, 98, 56, 28)
_FIRST, _NINE = date(2026, 1, 1), time(9)


@dataclass(frozen=True, slots=True)
class Kind:
    """How large a question is and how hard: ``load`` cases a place, ``room`` minutes for each that are needed."""

    name: str
    cases: int
    sittings: int
    load: float = 1.1
    room: float = 1.15
    backlog: bool = False


def question(kind: Kind, seed: int) -> Question:
    """The question of a kind with this seed; the same on any machine."""
    rng = Random(f"{kind.name} {seed}")
    slots = _slots(kind.sittings)
    seats = max(1, round(kind.cases / (kind.load * kind.sittings)))
    cases = list(_cases(rng, kind, slots))
    mean = sum(case.minutes for case in cases) / len(cases)
    room = round(seats * mean * kind.room)
    sittings = [_sitting(rng, slot, seats, room, cases) for slot in slots]
    return Question.of([_told(rng, case, sittings) for case in cases], sittings)


@cache
def _slots(number: int) -> Sequence[Slot]:
    return tuple(read_book().months("placement", _FIRST, -(-number // 8)))[:number]


def _cases(rng: Random, kind: Kind, slots: Sequence[Slot]) -> Iterator[PlanCase]:
    first, last = slots[0].sits_on, slots[-1].sits_on
    span = (last - first).days
    made = 0
    for family in count():
        if made >= kind.cases:
            return
        size = min(rng.choice((1,) * 18 + (2, 3)), kind.cases - made)
        since = rng.randrange(-60, 0) if kind.backlog else rng.randrange(-30, max(1, span - 20))
        phase = rng.choice(PHASES)
        for _ in range(size):
            yield _case(
                rng, made, first + timedelta(days=since), phase, f"family-{family}" if size > 1 else None
            )
            made += 1


def _case(rng: Random, number: int, day: date, phase: Phase, siblings: str | None) -> PlanCase:
    opened = at(day, _NINE)
    urgent = rng.random() < 0.05
    return PlanCase(
        case_id=f"case-{number:05}",
        panel="placement",
        area="DSPL1",
        phase=phase,
        need="ASD",
        provision=None,
        urgent=urgent,
        due_on=day + timedelta(days=14 if urgent else rng.choice(LAW_DAYS)),
        opened_at=opened,
        complete_at=opened + timedelta(days=rng.randrange(30)),
        minutes=rng.choice(LENGTHS),
        siblings=siblings,
    )


def _sitting(rng: Random, slot: Slot, seats: int, room: int, cases: Sequence[PlanCase]) -> PlanSitting:
    """One in three hears one phase only; a few cases in each have too many members who must stand aside."""
    phase = rng.choice((None, None, None, *PHASES[1:]))
    aside = rng.sample(cases, min(len(cases), 1 + len(cases) // 200))
    return PlanSitting(
        sitting_id=slot.sitting_id,
        panel="placement",
        sits_on=slot.sits_on,
        papers_close_at=slot.papers_close_at,
        capacity=seats,
        remit=Remit(phases=frozenset({phase})) if phase else Remit(),
        minutes=room,
        without_quorum=frozenset(case.case_id for case in aside),
    )


def _told(rng: Random, case: PlanCase, sittings: Sequence[PlanSitting]) -> PlanCase:
    """One family in seven knows a date already, one of the first six that are possible."""
    if case.siblings or rng.random() > 0.15:
        return case
    possible = [sitting for sitting in sittings if case.complete_at <= sitting.papers_close_at][:6]
    return replace(case, told=rng.choice(possible).sitting_id) if possible else case
