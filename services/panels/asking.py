"""What the planner is asked of a panel: all its cases that wait or can still be moved, and its sittings to come.

Nobody's permissions narrow this: a plan from only those cases that somebody may see would give others' places away.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chassis.calendar import london_date
from chassis.staff import COLLEAGUES, Colleague
from chassis.storage import Connection
from services.panels import planned, storage
from services.panels.domain.cases.case import Case
from services.panels.domain.day.quorum import without_quorum
from services.panels.domain.panels.levels import ORDER, Level
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.sittings.agenda import minutes_of
from services.panels.domain.sittings.members import Aside, Seat
from services.panels.domain.sittings.seating import as_before, of_the_schools
from services.panels.domain.sittings.sitting import takes_cases
from services.panels.planning.asked import PlanCase, PlanSitting
from services.panels.storage import Filled


@dataclass(frozen=True, slots=True)
class Asked:
    """A panel's question: ``cases`` and ``filled`` as they are stored, and the same as the planner sees them."""

    panel: str
    order: tuple[Level, ...]
    cases: Sequence[Case]
    filled: Sequence[Filled]
    plan_cases: Sequence[PlanCase]
    plan_sittings: Sequence[PlanSitting]

    @property
    def held(self) -> Mapping[str, str]:
        """The places that co-ordinators chose by hand: the plan leaves these cases where they are."""
        return {case.case_id: case.listing.sitting_id for case in self.cases if case.held and case.listing}

    @property
    def current(self) -> Mapping[str, str | None]:
        """The sitting of each case that can be planned, None where it waits."""
        return {case.case_id: case.listing.sitting_id if case.listing else None for case in self.cases}

    @property
    def batches(self) -> Mapping[str, tuple[str, ...]]:
        """The batch of each sitting to come."""
        return {one.sitting.sitting_id: one.sitting.case_ids for one in self.filled}


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A sitting to come, the panel's rules on its day, whether it takes cases now, and who sits at it."""

    filled: Filled
    rules: Panel
    open_now: bool
    seats: Sequence[Seat]


async def asked(conn: Connection, book: PanelBook, panel: str, now: datetime) -> Asked:
    """The question of a panel as things are now. Raises TooManyCases."""
    ahead = _ahead(await storage.sittings_ahead(conn, panel, now), book, now)
    open_now = {one.filled.sitting.sitting_id for one in ahead if one.open_now}
    cases = [case for case in await planned.plannable(conn, panel) if _can_be_planned(case, open_now)]
    colleagues = await _colleagues(conn, (one.seats for one in ahead))
    today = london_date(now)

    def put_together() -> Asked:
        asides = _at_their_schools(cases, colleagues, today)
        return _asked(panel, book.at(panel, today), ahead, cases, asides)

    return await asyncio.to_thread(put_together)  # as when the cases are read


def _ahead(filled: Iterable[Filled], book: PanelBook, now: datetime) -> Sequence[_Ahead]:
    """Those that are held, by a panel that there is on their day."""
    held = [
        (one, rules)
        for one in filled
        if one.sitting.status != "cancelled" and (rules := book.at(one.sitting.panel, one.sitting.sits_on))
    ]
    sittings = [one.sitting for one, _ in held]
    return [
        _Ahead(one, rules, takes_cases(one.sitting, now), as_before(sittings, one.sitting))
        for one, rules in held
    ]


def _asked(
    panel: str, rules: Panel | None, ahead: Sequence[_Ahead], cases: Sequence[Case], asides: Sequence[Aside]
) -> Asked:
    here = Counter(case.listing.sitting_id for case in cases if case.listing)
    return Asked(
        panel=panel,
        order=tuple(rules.levels) if rules else ORDER,
        cases=cases,
        filled=[one.filled for one in ahead],
        plan_cases=[_case(case, rules) for case in cases],
        plan_sittings=[_sitting(one, here[one.filled.sitting.sitting_id], asides) for one in ahead],
    )


async def _colleagues(conn: Connection, members: Iterable[Sequence[Seat]]) -> Mapping[str, Colleague]:
    staff_ids = sorted({seat.staff_id for seats in members for seat in seats})
    known = await COLLEAGUES.load(conn, staff_ids, lock=False) if staff_ids else {}
    return {staff_id: row.state for staff_id, row in known.items()}


def _at_their_schools(
    cases: Sequence[Case], colleagues: Mapping[str, Colleague], today: date
) -> Sequence[Aside]:
    """Who would stand aside for a child of their own school, whether or not it is noted at a sitting already."""
    return [
        Aside(staff_id=staff_id, case_id=case_id, why=why)
        for staff_id, case_id, why in of_the_schools(cases, colleagues, today)
    ]


def _can_be_planned(case: Case, open_now: set[str]) -> bool:
    if case.due_on is None or case.complete_at is None:
        return False
    return case.listing is None or case.listing.sitting_id in open_now


def _case(case: Case, panel: Panel | None) -> PlanCase:
    assert case.due_on is not None
    assert case.complete_at is not None
    return PlanCase(
        case_id=case.case_id,
        panel=case.panel,
        area=case.area,
        phase=case.phase,
        need=case.need,
        provision=case.provision,
        urgent=case.urgent,
        due_on=case.due_on,
        opened_at=case.opened_at,
        complete_at=case.complete_at,
        minutes=minutes_of(case, panel) if panel else 0,
        siblings=case.siblings,
        told=case.listing.sitting_id if case.listing else None,
    )


def _sitting(one: _Ahead, movable: int, asides: Sequence[Aside]) -> PlanSitting:
    """Of its places those are taken whose cases cannot be moved any more."""
    sitting = one.filled.sitting
    return PlanSitting(
        sitting_id=sitting.sitting_id,
        panel=sitting.panel,
        sits_on=sitting.sits_on,
        papers_close_at=sitting.papers_close_at,
        capacity=sitting.capacity,
        remit=one.rules.remit,
        taken=one.filled.listed - movable,
        locked=not one.open_now,
        minutes=sitting.minutes,
        without_quorum=without_quorum(one.rules.quorum, one.seats, (*sitting.aside, *asides)),
    )
