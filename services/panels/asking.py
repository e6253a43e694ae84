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


async def asked(conn: Connection, book: PanelBook, panel: str, now: datetime) -> Asked:
    """The question of a panel as things are now. Raises TooManyCases."""
    ahead = [
        (one, rules)
        for one in await storage.sittings_ahead(conn, panel, now)
        if one.sitting.status != "cancelled" and (rules := book.at(panel, one.sitting.sits_on))
    ]
    open_now = {one.sitting.sitting_id for one, _ in ahead if takes_cases(one.sitting, now)}
    cases = [case for case in await planned.plannable(conn, panel) if _can_be_planned(case, open_now)]
    members = {
        one.sitting.sitting_id: as_before([o.sitting for o, _ in ahead], one.sitting) for one, _ in ahead
    }
    colleagues = await _colleagues(conn, members.values())
    today = book.at(panel, london_date(now))

    def put_together() -> Asked:
        here = Counter(case.listing.sitting_id for case in cases if case.listing)
        asides = _at_their_schools(cases, colleagues, london_date(now))
        return Asked(
            panel=panel,
            order=tuple(today.levels) if today else ORDER,
            cases=cases,
            filled=[one for one, _ in ahead],
            plan_cases=[_case(case, today) for case in cases],
            plan_sittings=[
                _sitting(
                    one,
                    rules,
                    id in open_now,
                    here[id],
                    without_quorum(rules.quorum, members[id], (*one.sitting.aside, *asides)),
                )
                for one, rules in ahead
                for id in (one.sitting.sitting_id,)
            ],
        )

    return await asyncio.to_thread(put_together)  # as when the cases are read


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


def _sitting(
    filled: Filled, panel: Panel, open_now: bool, movable: int, without_quorum: frozenset[str]
) -> PlanSitting:
    """Of its places those are taken whose cases cannot be moved any more."""
    sitting = filled.sitting
    return PlanSitting(
        sitting_id=sitting.sitting_id,
        panel=sitting.panel,
        sits_on=sitting.sits_on,
        papers_close_at=sitting.papers_close_at,
        capacity=sitting.capacity,
        remit=panel.remit,
        taken=filled.listed - movable,
        locked=not open_now,
        minutes=sitting.minutes,
        without_quorum=without_quorum,
    )
