"""Which cases are heard together, and how long one takes: a small page of a case."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.web.access import record_read
from chassis.web.fields import Fields, faults_of
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from services.panels import arrangements, views
from services.panels.domain.sittings.arranging import LinkCases, PartCase, SetMinutes
from services.panels.web.desk import Coordinating, Desk

_LONGEST = 480


def router(desk: Desk) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/cases/{case_id}/together")
    async def ask(request: Request, person: Coordinating, case_id: str) -> Response:
        """With which cases it is heard; the read is recorded."""
        return await _form(desk, request, person, case_id)

    @routes.post("/cases/{case_id}/together")
    async def do(request: Request, person: Coordinating, case_id: str, form: Posted) -> Response:
        """It is heard with another case, by itself, or takes another time, by the button that was pressed."""
        fields = Fields(form, desk.today)
        command = await _read(desk, person, case_id, fields)
        if command is None:
            return await _form(desk, request, person, case_id, form, fields.faults)
        try:
            await desk.running.runner.command(command)
        except Refused as refusal:
            beside = "reference" if isinstance(command, LinkCases) else ""
            return await _form(desk, request, person, case_id, form, faults_of(refusal, beside))
        return desk.look.redirect(f"/cases/{case_id}/together", "It is kept.")

    return routes


async def _read(
    desk: Desk, person: Person, case_id: str, fields: Fields
) -> LinkCases | PartCase | SetMinutes | None:
    """What the form asks for; None where a field is wrong. Raises Problem where this person may not do it."""
    act, seen = fields.typed.get("act"), fields.number("seen")
    async with desk.running.pool.acquire() as conn:
        await desk.case(conn, person, case_id, "case:coordinate")
        if act == "part":
            return PartCase(case_id, seen)
        if act == "minutes":
            return _minutes(fields, case_id, seen)
        reference = fields.words("reference", "Give the reference of the other case.", 40)
        others = await desk.open(
            conn, person, await arrangements.cases_by_reference(conn, reference), "case:coordinate"
        )
    if reference and not others:
        fields.fault("reference", "unknown", "There is no case with this reference among yours: look it up.")
    return None if fields.faults else LinkCases(case_id, others[0].case_id, seen)


def _minutes(fields: Fields, case_id: str, seen: int | None) -> SetMinutes | None:
    if fields.optional("minutes", 8) is None:
        return SetMinutes(case_id, None, seen)
    number = fields.number("minutes")
    if number is None or not 1 <= number <= _LONGEST:
        fields.fault("minutes", "no-number", f"Write a whole number from 1 to {_LONGEST}, or nothing.")
        return None
    return SetMinutes(case_id, number, seen)


async def _form(
    desk: Desk,
    request: Request,
    person: Person,
    case_id: str,
    form: Form | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        case = await desk.case(conn, person, case_id, "case:coordinate")
        marked = await arrangements.heard_with(conn, case)
        others = await desk.open(conn, person, [each for each in marked if each.case_id != case_id])
        await record_read(conn, person, "case", case_id)
    panel = desk.book.at(case.panel, desk.today)
    return desk.look.page(
        "together.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        case=views.of_case(desk.book, case),
        panel=views.panel_name(desk.book, case.panel),
        others=[views.of_case(desk.book, each) for each in others],
        minutes=case.minutes,
        usual=panel.minutes_for(case.trigger) if panel else 0,
        seen=case.version,
        typed={name: form.get(name) for name in form.names} if form else {},
        possible=case.status in ("incomplete", "queued", "listed", "deferred"),
    )
