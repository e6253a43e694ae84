"""A mistake that is mended: of a decision by the authority, of a recommendation that was signed off by a chair."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.web.access import record_read
from chassis.web.fields import Fields, faults_of, options
from chassis.web.forms import Posted
from chassis.web.people import Person
from chassis.web.problems import Fault, Problem
from services.panels import views
from services.panels.domain.cases.case import Case, judgement
from services.panels.domain.day.commands import CorrectDecision, CorrectRecommendation
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.permissions import Action
from services.panels.domain.story import PROVISIONS
from services.panels.web.desk import LATE, Desk, Seeing
from services.panels.web.wording import OUTCOMES, judged_of, typed_of


def router(desk: Desk) -> APIRouter:
    """The routes of a correction."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/cases/{case_id}/correct")
    async def ask(request: Request, person: Seeing, case_id: str) -> Response:
        """The form, filled with what stands."""
        return await _form(desk, request, person, case_id)

    @routes.post("/cases/{case_id}/correct")
    async def correct(request: Request, person: Seeing, case_id: str, form: Posted) -> Response:
        """What holds from now on, and what the mistake was."""
        case = await _mine(desk, person, case_id)
        if case is None:
            return desk.look.redirect(f"/cases/{case_id}?{LATE}=yes")
        fields = Fields(form, desk.today)
        after = judged_of(fields)
        why = fields.words("why", "Write what the mistake was.")
        if fields.faults:
            return await _form(desk, request, person, case_id, fields.typed, fields.faults)
        kind = CorrectDecision if case.status == "decided" else CorrectRecommendation
        command = kind(case_id, person.id, after, why, fields.number("seen") or 0)
        try:
            await desk.running.runner.command(command)
        except Refused as refusal:
            return await _form(desk, request, person, case_id, fields.typed, faults_of(refusal))
        return desk.look.redirect(f"/cases/{case_id}", "It is corrected.")

    return routes


def corrects(book: PanelBook, case: Case) -> Action | None:
    """What somebody has to be allowed to do who mends what stands of a case; None where nothing can be mended."""
    if case.decision is not None:
        panel = book.at(case.panel, london_date(case.decision.decided_at))
        return "case:chair" if panel and panel.decides == "chair" else "case:decide"
    made = case.recommendation
    stands = case.status == "heard" and made is not None and (made.signed_at or not made.sitting_id)
    return "case:chair" if stands else None


async def _mine(desk: Desk, person: Person, case_id: str) -> Case | None:
    """The case, or None where nothing of it can be mended now. Raises Problem as `Desk.case` does."""
    async with desk.running.pool.acquire() as conn:
        case = await desk.case(conn, person, case_id)
        action = corrects(desk.book, case)
        if action is None:
            return None
        if not await desk.open(conn, person, [case], action):
            raise Problem(403, "not-allowed", "You may read this case; your roles do not allow this with it.")
        return case


async def _form(
    desk: Desk,
    request: Request,
    person: Person,
    case_id: str,
    typed: dict[str, str] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    case = await _mine(desk, person, case_id)
    if case is None:
        return desk.look.redirect(f"/cases/{case_id}?{LATE}=yes")
    async with desk.running.pool.acquire() as conn:
        await record_read(conn, person, "case", case_id)
    stands = case.in_force if case.status == "decided" else case.recommendation
    assert stands is not None
    return desk.look.page(
        "day/correct.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        case=views.of_case(desk.book, case),
        panel=views.panel_name(desk.book, case.panel),
        decided=case.status == "decided",
        typed=typed or typed_of(judgement(stands)),
        seen=(typed or {}).get("seen") or case.version,
        outcomes=options(OUTCOMES),
        provisions=options(PROVISIONS),
    )
