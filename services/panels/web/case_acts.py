"""What is done with a case by pages: it is completed, a recommendation is recorded, the decision is issued."""

from typing import Any, get_args

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from schemas.codes import ProvisionType
from schemas.panels_v1 import Outcome
from services.panels.domain.clocks import Dates
from services.panels.domain.commands import CompleteCase, IssueDecision, RecordRecommendation
from services.panels.domain.panel import Paper
from services.panels.web.cases import DATES, show
from services.panels.web.desk import Completing, Coordinating, Deciding, Desk, Fault, day_typed

_PAPERS: tuple[str, ...] = get_args(Paper)


def router(desk: Desk) -> APIRouter:
    """The routes of what is done with a case."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/cases/{case_id}/complete")
    async def complete(request: Request, person: Completing, case_id: str, form: Posted) -> Response:
        """Dates or papers have arrived."""
        async with desk.running.pool.acquire() as conn:
            await desk.case(conn, person, case_id, "case:complete")
        faults: list[Fault] = []
        dates = Dates(**{name: day_typed(form, name, desk.today, faults) for name in DATES})
        papers: Any = tuple(each for each in form.all("papers") if each in _PAPERS)
        if not faults and dates == Dates() and not papers:
            faults.append(Fault("request_received", "Give a date, or choose a paper that has arrived."))
        command = CompleteCase(case_id, dates, papers)
        return await _done(desk, request, person, case_id, form, faults, command, "What arrived is noted.")

    @routes.post("/cases/{case_id}/recommendation")
    async def recommend(request: Request, person: Coordinating, case_id: str, form: Posted) -> Response:
        """What the panel recommends."""
        async with desk.running.pool.acquire() as conn:
            case = await desk.case(conn, person, case_id, "case:coordinate")
        outcome, provision, reasons, faults = _judged(form)
        sitting_id = case.listing.sitting_id if case.listing else ""
        command = RecordRecommendation(case_id, sitting_id, outcome, provision, reasons)
        return await _done(
            desk, request, person, case_id, form, faults, command, "The recommendation is recorded."
        )

    @routes.post("/cases/{case_id}/decision")
    async def decide(request: Request, person: Deciding, case_id: str, form: Posted) -> Response:
        """The authority's decision: as recommended, or otherwise with reasons of its own."""
        async with desk.running.pool.acquire() as conn:
            await desk.case(conn, person, case_id, "case:decide")
        faults: list[Fault] = []
        command = IssueDecision(case_id, person.id)
        if form.get("as") == "otherwise":
            outcome, provision, reasons, faults = _judged(form)
            command = IssueDecision(case_id, person.id, outcome, provision, reasons)
        elif form.get("as") != "recommended":
            faults = [Fault("as", "Choose whether it is decided as the panel recommended.")]
        return await _done(desk, request, person, case_id, form, faults, command, "The decision is issued.")

    return routes


def _judged(form: Form) -> tuple[Any, Any, str, list[Fault]]:
    """Outcome, provision and reasons of a form, and what is wrong with them."""
    faults: list[Fault] = []
    outcome, provision = form.get("outcome"), form.get("provision") or None
    if outcome not in get_args(Outcome):
        faults.append(Fault("outcome", "Choose the outcome."))
    if outcome == "agreed" and provision not in get_args(ProvisionType):
        faults.append(Fault("provision", "Choose the kind of provision."))
    if not form.get("reasons"):
        faults.append(Fault("reasons", "Write the reasons: the family is told them."))
    return outcome, provision if outcome == "agreed" else None, form.get("reasons")[:8000], faults


async def _done(
    desk: Desk,
    request: Request,
    person: Person,
    case_id: str,
    form: Form,
    faults: list[Fault],
    command: object,
    done: str,
) -> Response:
    if not faults:
        try:
            await desk.running.runner.command(command)
        except Refused as refusal:
            faults = [Fault(each.field, each.message) for each in refusal.faults] or [
                Fault("", refusal.detail)
            ]
        else:
            return desk.look.redirect(f"/cases/{case_id}", done)
    typed = {name: form.get(name) for name in form.names} | {"papers": form.all("papers")}
    return await show(desk, request, person, case_id, typed, faults)
