"""What officers have to decide: every recommendation in a list, those that are ticked issued as recommended."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.storage import Connection
from chassis.web.access import record_reads
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from services.panels import storage, views
from services.panels.domain.cases.case import Case, judgement
from services.panels.domain.commands import IssueDecision
from services.panels.domain.permissions import panels_of
from services.panels.web.desk import Deciding, Desk
from services.panels.web.wording import judged_in_words

_MOST = 100  # on a page, and so in one batch


def router(desk: Desk) -> APIRouter:
    """The routes of what is to be decided."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/decisions")
    async def listed(request: Request, person: Deciding) -> Response:
        """The recommendations that wait for a decision, the earliest due first; each read is recorded."""
        return await _listed(desk, request, person)

    @routes.post("/decisions")
    async def issue(request: Request, person: Deciding, form: Posted) -> Response:
        """Issues those that are ticked, each by itself: what is refused for one holds up no other."""
        return await _issue(desk, request, person, form)

    return routes


async def _to_decide(desk: Desk, conn: Connection, person: Person) -> list[Case]:
    """The first of them, the earliest due first; behind many that are restricted to others there may be some more."""
    panels, place = panels_of(person, "case:decide"), None
    theirs: list[Case] = []
    while len(theirs) < _MOST:
        found = await storage.page(conn, ["heard"], panels, None, place, _MOST)
        theirs += await desk.open(conn, person, found, "case:decide")
        if len(found) < _MOST:
            break
        place = (found[-1].due_on or storage.NEVER, found[-1].case_id)
    return theirs[:_MOST]


async def _issue(desk: Desk, request: Request, person: Person, form: Form) -> Response:
    async with desk.running.pool.acquire() as conn:
        mine = {case.case_id: case for case in await _to_decide(desk, conn, person)}
    chosen = [each.partition(":") for each in dict.fromkeys(form.all("case"))][:_MOST]
    faults, issued, gone = [], 0, 0
    for case_id, _, seen in chosen:
        if case_id not in mine or not seen.isdecimal():
            gone += 1
            continue
        try:
            await desk.running.runner.command(IssueDecision(case_id, person.id, seen=int(seen)))
            issued += 1
        except Refused as refusal:
            faults.append(_fault(f"{mine[case_id].reference}: {refusal.detail}"))
    if gone:
        words = "One of them was" if gone == 1 else f"{gone} of them were"
        faults.append(_fault(f"{words} decided, or taken back, meanwhile, and left the list."))
    if not chosen:
        faults.append(_fault("Choose at least one case."))
    if faults:
        return await _listed(desk, request, person, faults, issued)
    words = "1 decision is issued." if issued == 1 else f"{issued} decisions are issued."
    return desk.look.redirect("/decisions", words)


def _fault(message: str) -> Fault:
    return Fault(field="case", code="not-issued", message=message)


async def _listed(
    desk: Desk, request: Request, person: Person, faults: Sequence[Fault] = (), issued: int = 0
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        cases = await _to_decide(desk, conn, person)
        await record_reads(conn, person, "case", [case.case_id for case in cases])
    return desk.look.page(
        "day/decisions.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        rows=[_row(desk, case) for case in cases],
        issued=issued,
        full=len(cases) == _MOST,
    )


def _row(desk: Desk, case: Case) -> dict[str, Any]:
    made = case.recommendation
    assert made is not None
    return {
        **views.of_case(desk.book, case),
        "panel_name": views.panel_name(desk.book, case.panel),
        "seen": case.version,
        "outcome": judged_in_words(judgement(made)),
        "reasons": made.reasons,
        "signed": made.signed_at is not None or not made.sitting_id,
    }
