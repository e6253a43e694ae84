"""Schools are asked and reminded: the link is made, and the words to send with it are shown once, ready to copy."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from chassis.decision import Refused
from chassis.web.access import record_read
from chassis.web.fields import Fields, faults_of
from chassis.web.forms import Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from services.panels import placed
from services.panels.domain.placing import commands as asked
from services.panels.placing_views import of_placement
from services.panels.web.desk import LATE, Desk
from services.panels.web.placing.acts import PlacesFinding
from services.panels.web.placing.choosing import schools_to_ask
from services.panels.web.placing.links import SecretLink, new_link, whose
from services.panels.web.placing.showing import opened

Words = Annotated[str, Query(max_length=100)]


def router(desk: Desk) -> APIRouter:
    """The routes of asking and reminding schools."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/placements/{placement_id}/consult")
    async def ask_to_consult(
        request: Request, person: PlacesFinding, placement_id: str, school: Words = ""
    ) -> Response:
        """Which school is asked: those with places of that kind, and those whose name was searched for."""
        return await _form(desk, request, person, placement_id, school)

    @routes.post("/placements/{placement_id}/consult")
    async def consult(request: Request, person: PlacesFinding, placement_id: str, form: Posted) -> Response:
        """The school is asked; the page that follows holds the letter."""
        async with desk.running.pool.acquire() as conn:
            placement = await opened(desk, conn, person, placement_id, "placement:coordinate")
            known = dict(await placed.schools_like(conn, form.get("setting"), 1))
            known |= {each.setting: "" for each in await placed.all_places(conn)}
        fields = Fields(form, desk.today)
        setting = fields.choice("setting", known, "Choose the school to ask.")
        link = new_link(desk.running, request)
        seen = fields.number("seen")
        command = asked.Consult(placement_id, setting, link.sha256, seen, **whose(placement))
        return await _sent(desk, request, person, placement_id, command, link, fields, form.get("school"))

    @routes.post("/placements/{placement_id}/consultations/{consultation_id}/remind")
    async def remind(
        request: Request, person: PlacesFinding, placement_id: str, consultation_id: str, form: Posted
    ) -> Response:
        """The school is reminded; the page that follows holds the letter."""
        async with desk.running.pool.acquire() as conn:
            placement = await opened(desk, conn, person, placement_id, "placement:coordinate")
        fields = Fields(form, desk.today)
        link = new_link(desk.running, request)
        seen = fields.number("seen")
        command = asked.Remind(placement_id, consultation_id, link.sha256, seen, **whose(placement))
        return await _sent(desk, request, person, placement_id, command, link, fields)

    return routes


async def _sent(
    desk: Desk,
    request: Request,
    person: Person,
    placement_id: str,
    command: asked.Consult | asked.Remind,
    link: SecretLink,
    fields: Fields,
    school: str = "",
) -> Response:
    """Does it and shows the letter; a letter that was sent twice by going back is refused by the version it saw."""
    faults = fields.faults
    if not faults:
        try:
            answer = await desk.running.runner.command(command)
        except Refused as refusal:
            faults = faults_of(refusal)
        else:
            return await _letter(desk, request, person, placement_id, answer["consultation_id"], link)
    if isinstance(command, asked.Remind):
        return _late(desk, placement_id)
    return await _form(desk, request, person, placement_id, school, faults)


async def _letter(
    desk: Desk, request: Request, person: Person, placement_id: str, consultation_id: str, link: SecretLink
) -> Response:
    async with desk.running.pool.acquire() as conn:
        placement = await opened(desk, conn, person, placement_id, "placement:coordinate")
        consultation = next(e for e in placement.consultations if e.consultation_id == consultation_id)
        names = await placed.school_names(conn, [consultation.setting])
    return desk.look.page(
        "placing/letter.html",
        request,
        person=person,
        placement=of_placement(placement, desk.today),
        school=names.get(consultation.setting, consultation.setting),
        consultation=consultation,
        overdue=desk.today > consultation.answer_by,
        link=link.url,
    )


async def _form(
    desk: Desk,
    request: Request,
    person: Person,
    placement_id: str,
    school: str,
    faults: Sequence[Fault] = (),
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        placement = await opened(desk, conn, person, placement_id, "placement:coordinate")
        schools = await schools_to_ask(conn, placement, school.strip(), desk.today)
        await record_read(conn, person, "placement", placement_id)
    if placement.status != "awaiting" or placement.support_at is not None:
        return _late(desk, placement_id)
    return desk.look.page(
        "placing/consult.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        placement=of_placement(placement, desk.today),
        seen=placement.version,
        school=school,
        schools=schools,
    )


def _late(desk: Desk, placement_id: str) -> Response:
    return desk.look.redirect(f"/placements/{placement_id}?{LATE}=yes")
