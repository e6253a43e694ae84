"""Deferrals that were escalated: a list for whoever answers for them, and the answer."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.web.access import record_read
from chassis.web.fields import Fields, faults_of
from chassis.web.forms import Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from services.panels import views, waiting_lists
from services.panels.domain.day.commands import AnswerEscalation
from services.panels.domain.day.deferrals import escalated
from services.panels.domain.permissions import panels_of
from services.panels.domain.story import OWNERS, listed_in_words
from services.panels.web.desk import LATE, Answering, Desk


def router(desk: Desk) -> APIRouter:
    """The routes of what is escalated."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/escalated")
    async def listed(request: Request, person: Answering) -> Response:
        """The cases whose escalated deferral waits for an answer; no child is named."""
        async with desk.running.pool.acquire() as conn:
            found = await waiting_lists.waiting_for(conn, "manager", panels_of(person, "case:answer"))
            mine = await desk.open(conn, person, found, "case:answer")
        rows = [{**views.of_case(desk.book, case), "last": case.deferrals[-1]} for case in mine]
        return desk.look.page("day/escalated.html", request, person=person, rows=rows)

    @routes.get("/cases/{case_id}/escalated")
    async def look(request: Request, person: Answering, case_id: str) -> Response:
        """Why it was deferred again; the read is recorded."""
        return await _form(desk, request, person, case_id)

    @routes.post("/cases/{case_id}/escalated")
    async def answer(request: Request, person: Answering, case_id: str, form: Posted) -> Response:
        """What is done about it."""
        async with desk.running.pool.acquire() as conn:
            await desk.case(conn, person, case_id, "case:answer")
        fields = Fields(form, desk.today)
        words = fields.words("words", "Write what is done about it.")
        faults = fields.faults
        if not faults:
            command = AnswerEscalation(case_id, person.id, words, fields.number("seen") or 0)
            try:
                await desk.running.runner.command(command)
            except Refused as refusal:
                faults = faults_of(refusal)
        if faults:
            return await _form(desk, request, person, case_id, fields.typed, faults)
        return desk.look.redirect("/escalated", "Your answer is recorded.")

    return routes


async def _form(
    desk: Desk,
    request: Request,
    person: Person,
    case_id: str,
    typed: dict[str, str] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        case = await desk.case(conn, person, case_id, "case:answer")
        await record_read(conn, person, "case", case_id)
    if not escalated(case):
        return desk.look.redirect(f"/cases/{case_id}?{LATE}=yes")
    rows = [
        {"of": each, "owner": OWNERS[each.owner], "missing": listed_in_words(each.missing)}
        for each in case.deferrals
    ]
    return desk.look.page(
        "day/escalation.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        case=views.of_case(desk.book, case),
        panel=views.panel_name(desk.book, case.panel),
        deferrals=rows,
        typed=typed or {},
        seen=(typed or {}).get("seen") or case.version,
    )
