"""What is done with a case by pages: it is completed, a recommendation is recorded, the decision is issued."""

from typing import Any, get_args

from fastapi import APIRouter, Request, Response

from chassis.web.fields import Fields
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from chassis.web.sheets import refused
from schemas.codes import ProvisionType
from schemas.panels_v1 import Outcome
from schemas.words import OWNERS
from services.panels.domain.commands import CompleteCase, IssueDecision, RecordRecommendation
from services.panels.domain.legal.clocks import Dates
from services.panels.domain.panels.panel import Paper
from services.panels.web.case.cases import DATES, MORE_DATES, show
from services.panels.web.desk import Completing, Coordinating, Deciding, Desk

_PAPERS: tuple[str, ...] = get_args(Paper)
_DECIDED = ("recommended", "otherwise")


def router(desk: Desk) -> APIRouter:
    """The routes of what is done with a case."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/cases/{case_id}/complete")
    async def complete(request: Request, person: Completing, case_id: str, form: Posted) -> Response:
        """Dates or papers have arrived."""
        async with desk.running.pool.acquire() as conn:
            await desk.case(conn, person, case_id, "case:complete")
        fields = Fields(form, desk.today)
        dates = Dates(**{name: fields.past_day(name) for name in (*DATES, *MORE_DATES)})
        papers: Any = tuple(each for each in form.all("papers") if each in _PAPERS)
        if not fields.faults and dates == Dates() and not papers:
            fields.fault("request_received", "missing", "Give a date, or choose a paper that has arrived.")
        arrived_on = fields.past_day("arrived_on")
        brought_by: Any = form.get("brought_by") if form.get("brought_by") in OWNERS else None
        command = CompleteCase(
            case_id, dates, papers, arrived_on=arrived_on, brought_by=brought_by, seen=fields.number("seen")
        )
        return await _done(desk, request, person, case_id, form, fields, command, "What arrived is noted.")

    @routes.post("/cases/{case_id}/recommendation")
    async def recommend(request: Request, person: Coordinating, case_id: str, form: Posted) -> Response:
        """What the panel recommends."""
        async with desk.running.pool.acquire() as conn:
            case = await desk.case(conn, person, case_id, "case:coordinate")
        fields = Fields(form, desk.today)
        outcome, provision, reasons = _judged(fields)
        sitting_id = case.listing.sitting_id if case.listing else ""
        seen = fields.number("seen")
        command = RecordRecommendation(case_id, sitting_id, outcome, provision, reasons, seen=seen)
        return await _done(
            desk, request, person, case_id, form, fields, command, "The recommendation is recorded."
        )

    @routes.post("/cases/{case_id}/decision")
    async def decide(request: Request, person: Deciding, case_id: str, form: Posted) -> Response:
        """The authority's decision: as recommended, or otherwise with reasons of its own."""
        async with desk.running.pool.acquire() as conn:
            await desk.case(conn, person, case_id, "case:decide")
        fields = Fields(form, desk.today)
        seen = fields.number("seen")
        command = IssueDecision(case_id, person.id, seen=seen)
        if (
            fields.choice("as", _DECIDED, "Choose whether it is decided as the panel recommended.")
            == "otherwise"
        ):
            outcome, provision, reasons = _judged(fields)
            command = IssueDecision(case_id, person.id, outcome, provision, reasons, seen=seen)
        return await _done(desk, request, person, case_id, form, fields, command, "The decision is issued.")

    return routes


def _judged(fields: Fields) -> tuple[Any, Any, str]:
    """Outcome, provision and reasons of a form."""
    outcome = fields.choice("outcome", get_args(Outcome), "Choose the outcome.")
    provision = None
    if outcome == "agreed":
        provision = fields.choice("provision", get_args(ProvisionType), "Choose the kind of provision.")
    return outcome, provision, fields.words("reasons", "Write the reasons: the family is told them.")


async def _done(
    desk: Desk,
    request: Request,
    person: Person,
    case_id: str,
    form: Form,
    fields: Fields,
    command: object,
    done: str,
) -> Response:
    faults = fields.faults or await refused(desk.running.runner, command)
    if not faults:
        return desk.look.redirect(f"/cases/{case_id}", done)
    typed = {**fields.typed, "papers": form.all("papers")}
    return await show(desk, request, person, case_id, typed, faults)
