"""For which cases somebody stands aside: those noted at the sitting, and those of a school at which they work."""

from collections.abc import Sequence

from chassis.staff import COLLEAGUES
from chassis.storage import Connection
from services.panels.domain.case import Case
from services.panels.domain.seating import of_the_schools
from services.panels.domain.sitting import Sitting


async def stands_aside(
    conn: Connection, sitting: Sitting, staff_id: str, cases: Sequence[Case]
) -> frozenset[str]:
    """The ids of those of the cases that are not for this member: whether or not anybody has noted it yet."""
    noted = {each.case_id for each in sitting.aside if each.staff_id == staff_id}
    known = await COLLEAGUES.load(conn, [staff_id], lock=False)
    colleagues = {id: stored.state for id, stored in known.items()}
    at_school = {case_id for _, case_id, _ in of_the_schools(cases, colleagues, sitting.sits_on)}
    return frozenset(noted | at_school)
