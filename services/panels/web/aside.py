"""For which cases somebody stands aside: those noted at the sitting, and those of a school at which they work."""

from collections.abc import Sequence
from datetime import date

from chassis.staff import COLLEAGUES
from chassis.storage import Connection
from services.panels import arrangements
from services.panels.domain.cases.case import Case
from services.panels.domain.sittings.seating import of_the_schools
from services.panels.domain.sittings.sitting import Sitting


async def stands_aside(
    conn: Connection, sitting: Sitting, staff_id: str, cases: Sequence[Case]
) -> frozenset[str]:
    """The ids of those of the cases that are not for this member: whether or not anybody has noted it yet."""
    noted = {each.case_id for each in sitting.aside if each.staff_id == staff_id}
    return frozenset(noted | await _at_school(conn, staff_id, [(case, sitting.sits_on) for case in cases]))


async def not_for(conn: Connection, staff_id: str, cases: Sequence[Case], today: date) -> frozenset[str]:
    """The same of cases wherever they stand.

    The sitting that has a case says who stands aside. Of one that waits, any sitting that had it before: a deferral
    ends nobody's interest.
    """
    noted = await arrangements.asides_of(conn, staff_id)
    shut = {
        case.case_id
        for case in cases
        if (found := noted.get(case.case_id)) and (case.listing is None or case.listing.sitting_id in found)
    }
    days = [(case, case.listing.sits_on if case.listing else today) for case in cases]
    return frozenset(shut | await _at_school(conn, staff_id, days))


async def _at_school(conn: Connection, staff_id: str, cases: Sequence[tuple[Case, date]]) -> set[str]:
    """Those of the cases at whose school, or at the one asked for, somebody works on the day that counts."""
    known = await COLLEAGUES.load(conn, [staff_id], lock=False)
    colleagues = {id: stored.state for id, stored in known.items()}
    return {case_id for case, day in cases for _, case_id, _ in of_the_schools([case], colleagues, day)}
