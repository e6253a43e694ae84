"""Minutes and decision sheets as tagged PDF, once a sitting has been held. Each case in one counts as read."""

from collections.abc import Iterable, Sequence

from fastapi import APIRouter, Response

from chassis.staff import COLLEAGUES
from chassis.storage import Connection
from chassis.web.access import record_reads
from chassis.web.people import Person
from chassis.web.problems import Problem
from services.panels import storage, views
from services.panels.documents.minutes import decisions, minutes
from services.panels.domain.cases.case import Case
from services.panels.domain.sittings.sitting import Sitting
from services.panels.waiting_lists import chairs_actions
from services.panels.web.aside import stands_aside
from services.panels.web.desk import Desk, Seeing
from services.panels.web.out.files import PDF, download
from services.panels.web.out.packs import seated

_NOT_HELD = Problem(409, "not-held", "This sitting has not been held: there are no minutes of it yet.")


def router(desk: Desk) -> APIRouter:
    """The routes of minutes and decision sheets."""
    routes = APIRouter(include_in_schema=False)
    council = desk.running.settings.council

    @routes.get("/sittings/{sitting_id}/minutes.pdf")
    async def of_sitting(person: Seeing, sitting_id: str) -> Response:
        """Who was there, who stood aside, what came of each case; a draft until a chair has signed it off."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            sitting, cases = await _held(desk, conn, person, sitting_id)
            told = await desk.open(conn, person, await chairs_actions(conn, sitting.panel, sitting.sits_at))
            seats = await seated(conn, sitting)
            names = await _names(conn, sitting, told)
            await record_reads(conn, person, "minutes", [sitting_id, *_ids(cases), *_ids(told)])
        data = minutes(council, _panel(desk, sitting), sitting, seats, cases, told, names, desk.now)
        made = await desk.typesetter.typeset("minutes", data, desk.now)
        return download(made, f"{sitting_id}-minutes.pdf", PDF)

    @routes.get("/sittings/{sitting_id}/decisions.pdf")
    async def decided(person: Seeing, sitting_id: str) -> Response:
        """What was recommended and what was decided, a line for each case that was heard."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            sitting, cases = await _held(desk, conn, person, sitting_id)
            await record_reads(conn, person, "minutes", [sitting_id, *_ids(cases)])
        data = decisions(council, _panel(desk, sitting), sitting, cases, desk.now)
        made = await desk.typesetter.typeset("decisions", data, desk.now)
        return download(made, f"{sitting_id}-decisions.pdf", PDF)

    return routes


async def _held(
    desk: Desk, conn: Connection, person: Person, sitting_id: str
) -> tuple[Sitting, Sequence[Case]]:
    """A sitting that was held, and those of its cases that this person may see and did not stand aside for."""
    found = await storage.sitting(conn, sitting_id)
    if found is None or not desk.sees_panel(person, found.sitting.panel):
        raise Problem(404, "unknown-sitting", "There is no such sitting among those of your panels.")
    if found.sitting.status != "held":
        raise _NOT_HELD
    cases = await desk.open(conn, person, await storage.cases_by_id(conn, found.sitting.case_ids))
    aside = await stands_aside(conn, found.sitting, person.id, cases)
    return found.sitting, [case for case in cases if case.case_id not in aside]


async def _names(conn: Connection, sitting: Sitting, told: Sequence[Case]) -> dict[str, str]:
    """The names of those whom the minutes name."""
    ids = {each.staff_id for each in sitting.aside} | {sitting.signed.by if sitting.signed else ""}
    ids |= {case.chair_action.answered_by or "" for case in told if case.chair_action}
    known = await COLLEAGUES.load(conn, sorted(ids), lock=False)
    return {id: stored.state.name for id, stored in known.items()}


def _ids(cases: Iterable[Case]) -> list[str]:
    return [case.case_id for case in cases]


def _panel(desk: Desk, sitting: Sitting) -> str:
    return views.panel_name(desk.book, sitting.panel)
