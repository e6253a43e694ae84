"""What the pages and the API of placements share."""

from collections.abc import Sequence

from chassis.storage import Connection
from chassis.web.people import Person
from chassis.web.problems import Problem
from services.panels import placed
from services.panels.domain.permissions import Action, may
from services.panels.domain.placing.placement import Placement
from services.panels.web.desk import Desk


def unknown_setting() -> Problem:
    """That a call names a setting of which nobody knows anything."""
    wrong = {"field": "setting", "code": "unknown", "message": "No setting has this number: look it up."}
    return Problem(422, "unknown-setting", "There is no such setting: nothing was done.", errors=[wrong])


async def names_of(conn: Connection, placement: Placement) -> dict[str, str]:
    """The names of all schools that have to do with a placement."""
    offers = [*placement.not_taken, *((placement.offer,) if placement.offer else ())]
    asked = [each.setting for each in placement.consultations]
    own = [placement.urn, *filter(None, (placement.support_at,))]
    return await placed.school_names(conn, [*asked, *(each.setting for each in offers), *own])


async def open_to(
    desk: Desk, conn: Connection, person: Person, found: Sequence[Placement], action: Action = "placement:see"
) -> list[Placement]:
    """Those of the placements to which this person may do ``action``."""
    known = await placed.subjects(conn, found, desk.now)
    return [each for each, subject in known if may(person, action, subject)]


async def opened(
    desk: Desk, conn: Connection, person: Person, placement_id: str, action: Action = "placement:see"
) -> Placement:
    """One placement. Raises Problem 404 where this person sees none, 403 where they may only see it."""
    found = await placed.placement(conn, placement_id)
    if found is None or not await open_to(desk, conn, person, [found]):
        raise Problem(404, "unknown-placement", "There is no such placement among those that you may see.")
    if not await open_to(desk, conn, person, [found], action):
        raise Problem(
            403, "not-allowed", "You may read this placement; your roles do not allow this with it."
        )
    return found
