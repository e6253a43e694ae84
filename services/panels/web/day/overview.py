"""The day at a glance: who is there, how far the agenda is, what a chair did since the last sitting."""

from collections.abc import Sequence
from typing import Any, get_args

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.staff import COLLEAGUES
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import faults_of
from chassis.web.forms import Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from services.panels import views, waiting_lists
from services.panels.domain.cases.case import judgement
from services.panels.domain.day.attendance import enforced, wanting
from services.panels.domain.day.commands import KeepAttendance
from services.panels.domain.sittings.members import Attends
from services.panels.domain.sittings.sitting import Sitting
from services.panels.web.changing import sitting_version
from services.panels.web.day.agenda import Agenda, agenda_of, mark
from services.panels.web.desk import Coordinating, Desk, Seeing
from services.panels.web.wording import judged_in_words

_ATTENDS: tuple[Attends, ...] = get_args(Attends)


def router(desk: Desk) -> APIRouter:
    """The routes of the day at a glance."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sittings/{sitting_id}/day")
    async def day(request: Request, person: Seeing, sitting_id: str) -> Response:
        """How far the sitting is."""
        return await _day(desk, request, person, sitting_id)

    @routes.post("/sittings/{sitting_id}/day")
    async def attendance(request: Request, person: Coordinating, sitting_id: str, form: Posted) -> Response:
        """Who is there."""
        async with desk.running.pool.acquire() as conn:
            sitting = (await agenda_of(desk, conn, person, sitting_id, "case:coordinate")).sitting
        given: Any = tuple(
            (seat.staff_id, said)
            for seat in sitting.members
            if (said := form.get(f"attends-{seat.staff_id}")) in _ATTENDS
        )
        if form.get("seen") != mark(sitting.members):
            message = "Somebody else recorded who is there meanwhile. Below is how it stands now."
            return await _day(
                desk, request, person, sitting_id, [Fault(field="", code="changed", message=message)]
            )
        try:
            await desk.running.runner.command(KeepAttendance(sitting_id, given, sitting.members))
        except Refused as refusal:
            return await _day(desk, request, person, sitting_id, faults_of(refusal))
        return desk.look.redirect(f"/sittings/{sitting_id}/day", "Who is there is recorded.")

    return routes


async def names_of(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """The names of members of staff, by their ids; their id where nobody told of them."""
    found = await COLLEAGUES.load(conn, sorted(set(ids)), lock=False)
    return {id: found[id].state.name if id in found else id for id in ids}


async def _day(
    desk: Desk, request: Request, person: Person, sitting_id: str, faults: Sequence[Fault] = ()
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        agenda = await agenda_of(desk, conn, person, sitting_id)
        sitting = agenda.sitting
        reported = await reported_to(desk, conn, person, sitting)
        signed_by = [sitting.signed.by] if sitting.signed else []
        names = await names_of(conn, [*(seat.staff_id for seat in sitting.members), *signed_by])
        version = await sitting_version(desk, conn, person, sitting_id)
        await record_read(conn, person, "sitting", sitting_id)
    coordinates = desk.sees_panel(person, sitting.panel, "case:coordinate")
    return desk.look.page(
        "day/day.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        version=version,
        name=views.panel_name(desk.book, sitting.panel),
        sitting=views.of_sitting(agenda.filled),
        rows=agenda.rows(desk),
        waiting=agenda.waiting,
        members=_members(desk, sitting, names),
        seen=mark(sitting.members),
        lacks=wanting(desk.book, sitting, ""),
        enforced=enforced(desk.book, sitting),
        reported=reported,
        signed=sitting.signed,
        signed_by=names[sitting.signed.by] if sitting.signed else None,
        has_begun=desk.now >= sitting.sits_at,
        may_record=coordinates and sitting.signed is None and desk.today >= sitting.sits_on,
        coordinates=coordinates,
        may_sign=desk.sees_panel(person, sitting.panel, "case:chair") and _to_sign(agenda),
    )


def _to_sign(agenda: Agenda) -> bool:
    return agenda.sitting.status == "held" and agenda.sitting.signed is None


def _members(desk: Desk, sitting: Sitting, names: dict[str, str]) -> list[dict[str, str]]:
    panel = desk.book.at(sitting.panel, sitting.sits_on)
    return [
        {
            "staff_id": seat.staff_id,
            "name": names[seat.staff_id],
            "seat": panel.members.name(seat.seat) if panel else seat.seat,
            "attends": seat.attends,
        }
        for seat in sitting.members
    ]


async def reported_to(desk: Desk, conn: Connection, person: Person, sitting: Sitting) -> list[dict[str, Any]]:
    """What chairs did since the sitting before this one, as far as this person may see it."""
    acted = await waiting_lists.chairs_actions(conn, sitting.panel, sitting.sits_at)
    return [
        {
            "case": views.of_case(desk.book, case),
            "on": case.chair_action.answered_at,
            "why": case.chair_action.why,
            "outcome": judged_in_words(judgement(case.recommendation)) if case.recommendation else "",
        }
        for case in await desk.open(conn, person, acted)
        if case.chair_action is not None
    ]
