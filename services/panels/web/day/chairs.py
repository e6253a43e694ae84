"""Chair's action: the co-ordinator asks for it, a chair answers; and the list of what waits for a chair."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.web.access import record_read
from chassis.web.fields import Fields, faults_of, options
from chassis.web.forms import Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from services.panels import storage, views, waiting_lists
from services.panels.domain.day.chairs_action import asked, may_be_asked
from services.panels.domain.day.commands import AgreeChairAction, AskChair, DeclineChairAction
from services.panels.domain.permissions import panels_of
from services.panels.domain.story import ITEMS, PROVISIONS
from services.panels.web.day.overview import names_of
from services.panels.web.desk import LATE, Chairing, Coordinating, Desk
from services.panels.web.wording import OUTCOMES, judged_of

_ANSWERS = {
    "agreed": "Recommend now, in the panel’s place",
    "declined": "Let it wait for a sitting",
}


def router(desk: Desk) -> APIRouter:
    """The routes of chair's action."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/chair-actions")
    async def listed(request: Request, person: Chairing) -> Response:
        """The cases that wait for a chair's answer; no child is named."""
        async with desk.running.pool.acquire() as conn:
            found = await waiting_lists.waiting_for(conn, "chair", panels_of(person, "case:chair"))
            mine = await desk.open(conn, person, found, "case:chair")
        rows = [{**views.of_case(desk.book, case), "asked": case.chair_action} for case in mine]
        return desk.look.page("day/chair_actions.html", request, person=person, rows=rows)

    @routes.get("/cases/{case_id}/ask-chair")
    async def form(request: Request, person: Coordinating, case_id: str) -> Response:
        """Why it cannot wait."""
        return await _ask(desk, request, person, case_id)

    @routes.post("/cases/{case_id}/ask-chair")
    async def ask(request: Request, person: Coordinating, case_id: str, form: Posted) -> Response:
        """A chair is asked."""
        async with desk.running.pool.acquire() as conn:
            await desk.case(conn, person, case_id, "case:coordinate")
        fields = Fields(form, desk.today)
        why = fields.words("why", "Write why it cannot wait for a sitting.")
        command = AskChair(case_id, person.id, why, fields.number("seen") or 0)
        faults = fields.faults or await _done(desk, command)
        if faults:
            return await _ask(desk, request, person, case_id, fields.typed, faults)
        return desk.look.redirect(f"/cases/{case_id}", "A chair of the panel is asked.")

    @routes.get("/cases/{case_id}/chair-action")
    async def look(request: Request, person: Chairing, case_id: str) -> Response:
        """What is asked, with what matters to it; the read is recorded."""
        return await _answer(desk, request, person, case_id)

    @routes.post("/cases/{case_id}/chair-action")
    async def answer(request: Request, person: Chairing, case_id: str, form: Posted) -> Response:
        """The chair recommends, or lets it wait."""
        async with desk.running.pool.acquire() as conn:
            await desk.case(conn, person, case_id, "case:chair")
        fields = Fields(form, desk.today)
        command = _answered(fields, case_id, person)
        faults = fields.faults or await _done(desk, command)
        if faults:
            return await _answer(desk, request, person, case_id, fields.typed, faults)
        return desk.look.redirect("/chair-actions", "Your answer is recorded.")

    return routes


def _answered(fields: Fields, case_id: str, person: Person) -> object:
    seen = fields.number("seen") or 0
    if fields.choice("answer", _ANSWERS, "Choose whether it can wait.") == "declined":
        return DeclineChairAction(case_id, person.id, fields.words("reasons", "Write why it can wait."), seen)
    return AgreeChairAction(case_id, person.id, judged_of(fields), seen)


async def _done(desk: Desk, command: object) -> list[Fault]:
    """What was wrong with a command; nothing where it was done."""
    try:
        await desk.running.runner.command(command)
    except Refused as refusal:
        return faults_of(refusal)
    return []


async def _ask(
    desk: Desk,
    request: Request,
    person: Person,
    case_id: str,
    typed: dict[str, str] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        case = await desk.case(conn, person, case_id, "case:coordinate")
        await record_read(conn, person, "case", case_id)
    if not may_be_asked(case):
        return desk.look.redirect(f"/cases/{case_id}?{LATE}=yes")
    return desk.look.page(
        "day/ask_chair.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        case=views.of_case(desk.book, case),
        panel=views.panel_name(desk.book, case.panel),
        typed=typed or {},
        seen=(typed or {}).get("seen") or case.version,
    )


async def _answer(
    desk: Desk,
    request: Request,
    person: Person,
    case_id: str,
    typed: dict[str, str] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        case = await desk.case(conn, person, case_id, "case:chair")
        known = await storage.background(conn, case)
        action = case.chair_action
        names = await names_of(conn, [action.asked_by] if action else [])
        await record_read(conn, person, "case", case_id)
    if action is None or not asked(case):
        return desk.look.redirect(f"/cases/{case_id}?{LATE}=yes")
    return desk.look.page(
        "day/chair_action.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        case=views.of_case_in_full(desk.book, case, known),
        panel=views.panel_name(desk.book, case.panel),
        asked=action,
        asked_by=names[action.asked_by],
        missing=[ITEMS[each] for each in case.missing],
        asks_for=PROVISIONS.get(case.provision or ""),
        typed=typed or {},
        seen=(typed or {}).get("seen") or case.version,
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    return {"answers": options(_ANSWERS), "outcomes": options(OUTCOMES), "provisions": options(PROVISIONS)}
