"""The chair's signature under a sitting: what it recommends, and one button."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.web.access import record_read
from chassis.web.fields import faults_of
from chassis.web.forms import Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from services.panels import views
from services.panels.domain.day.commands import SignSitting
from services.panels.domain.day.signing import chair_decides
from services.panels.web.changing import sitting_version
from services.panels.web.day.agenda import Agenda, agenda_of
from services.panels.web.day.overview import names_of
from services.panels.web.desk import Desk, Seeing


def router(desk: Desk) -> APIRouter:
    """The routes of the signature."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sittings/{sitting_id}/sign")
    async def look(request: Request, person: Seeing, sitting_id: str) -> Response:
        """What is signed."""
        return await _page(desk, request, person, sitting_id)

    @routes.post("/sittings/{sitting_id}/sign")
    async def sign(request: Request, person: Seeing, sitting_id: str, form: Posted) -> Response:
        """Signs it, as it was seen."""
        async with desk.running.pool.acquire() as conn:
            agenda = await agenda_of(desk, conn, person, sitting_id, "case:chair")
        seen = tuple(each.rpartition(":") for each in form.get("seen").split())
        versions = tuple((case_id, int(number)) for case_id, _, number in seen if number.isdecimal())
        command = SignSitting(sitting_id, person.id, agenda.sitting.case_ids, versions)
        try:
            await desk.running.runner.command(command)
        except Refused as refusal:
            return await _page(desk, request, person, sitting_id, faults_of(refusal))
        return desk.look.redirect(f"/sittings/{sitting_id}/day", "The sitting is signed off.")

    return routes


async def _page(
    desk: Desk, request: Request, person: Person, sitting_id: str, faults: Sequence[Fault] = ()
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        agenda = await agenda_of(desk, conn, person, sitting_id, "case:chair")
        signed = agenda.sitting.signed
        names = await names_of(conn, [signed.by] if signed else [])
        version = await sitting_version(desk, conn, person, sitting_id)
        await record_read(conn, person, "sitting", sitting_id)
    return desk.look.page(
        "day/sign.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        version=version,
        name=views.panel_name(desk.book, agenda.sitting.panel),
        sitting=views.of_sitting(agenda.filled),
        rows=[{**row, "reasons": _reasons(agenda, row["number"])} for row in agenda.rows(desk)],
        waiting=len(agenda.waiting),
        seen=" ".join(f"{case.case_id}:{case.version}" for case in agenda.cases if case),
        signed=signed,
        signed_by=names[signed.by] if signed else None,
        held=agenda.sitting.status == "held",
        decides=chair_decides(desk.book, agenda.sitting),
    )


def _reasons(agenda: Agenda, number: int) -> str:
    case = agenda.cases[number - 1]
    made = case.recommendation if case else None
    return made.reasons if made and made.sitting_id == agenda.sitting.sitting_id else ""
