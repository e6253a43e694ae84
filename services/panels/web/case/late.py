"""What the school sent after the batch was locked: a list, a form to answer it, and the same for programs."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.decision import Refused
from chassis.runner import IdempotencyConflict
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.auth import Caller, require
from chassis.web.fields import Fields, faults_of, options, sent_once
from chassis.web.forms import Form, Posted
from chassis.web.keys import Key
from chassis.web.people import Person
from chassis.web.problems import Fault, Problem
from chassis.web.start import Task
from services.panels import storage, views
from services.panels.bodies import LateAnswer
from services.panels.domain.cases.arrivals import Raised
from services.panels.domain.cases.case import Case
from services.panels.domain.cases.late import WHY_NOT
from services.panels.domain.commands import AnswerRaised
from services.panels.domain.permissions import open_to_programs, panels_of
from services.panels.domain.story import REASONS
from services.panels.web.api import Answer, Coordinator, asking
from services.panels.web.desk import LATE, Coordinating, Desk, open_to

Reader = Annotated[Caller, Depends(require("panels:read"))]
DECLINED: Mapping[str, str] = {
    "family-wants-it-heard": "the family wants it heard",
    "decision-cannot-wait": "a decision cannot wait any longer",
    "heard-already": "the panel has heard it already",
    "after-papers-closed": "papers had closed, and it is for the next time",
    "known-already": "the panel knows it already",
    "about-another-matter": "it is about something else",
}
_ANSWERS: dict[str, dict[str, str]] = {
    "withdrawal": {"yes": "Withdraw the case", "no": "Go on with it"},
    "evidence": {"yes": "The panel sees it", "no": "The panel does not see it"},
}


def tasks(running: Running) -> tuple[Task, ...]:
    """The entry of the start page."""

    async def count(conn: Connection, person: Person) -> int:
        found = await storage.to_decide(conn, panels_of(person, "case:coordinate"))
        return len(await open_to(running, conn, person, found, "case:coordinate"))

    return (
        Task(
            "To decide", "/to-decide", "What schools sent after papers had closed: they wait for an answer.",
            "case:coordinate", None, count, ("case", "cases"),
        ),
    )  # fmt: skip


def router(desk: Desk) -> APIRouter:
    """The pages and their API."""
    routes = APIRouter()
    _pages(routes, desk)
    _api(routes, desk)
    return routes


def _pages(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/to-decide", include_in_schema=False)
    async def listed(request: Request, person: Coordinating) -> Response:
        """The cases of this person's panels in which something waits for an answer; no child is named."""
        async with desk.running.pool.acquire() as conn:
            found = await storage.to_decide(conn, panels_of(person, "case:coordinate"))
            cases = await desk.open(conn, person, found, "case:coordinate")
        rows = [views.of_case(desk.book, case) for case in cases]
        return desk.look.page("to_decide.html", request, person=person, rows=rows)

    @routes.get("/cases/{case_id}/raised/{raised_id}", include_in_schema=False)
    async def ask(request: Request, person: Coordinating, case_id: str, raised_id: str) -> Response:
        """The form; back to the case where it is answered already."""
        return await _form(desk, request, person, case_id, raised_id)

    @routes.post("/cases/{case_id}/raised/{raised_id}", include_in_schema=False)
    async def answer(
        request: Request, person: Coordinating, case_id: str, raised_id: str, form: Posted
    ) -> Response:
        """Accepts or declines it."""
        async with desk.running.pool.acquire() as conn:
            case = await desk.case(conn, person, case_id, "case:coordinate")
        raised = _open_one(case, raised_id)
        if raised is None:
            return _late(desk, case_id)
        fields = Fields(form, desk.today)
        command = _typed(fields, case_id, raised, person.id)
        if fields.faults:
            return await _form(
                desk, request, person, case_id, raised_id, form, fields.faults, seen=fields.number("seen")
            )
        try:
            await desk.running.runner.command(
                command, once=sent_once(form, f"late:{case_id}:{raised_id}:{person.id}")
            )
        except IdempotencyConflict:
            return _late(desk, case_id)
        except Refused as refusal:
            return await _form(desk, request, person, case_id, raised_id, form, faults_of(refusal))
        return desk.look.redirect(f"/cases/{case_id}", "The school is answered.")


def _typed(fields: Fields, case_id: str, raised: Raised, by: str) -> AnswerRaised:
    accepted = fields.choice("answer", ("yes", "no"), "Choose what the school is answered.") == "yes"
    reason = None
    if not accepted and not fields.faults:
        reason = fields.choice("reason", WHY_NOT[raised.kind], "Choose why: the school is told.")
    words = fields.optional("words") or ""
    return AnswerRaised(case_id, raised.id, accepted, by, reason, words, fields.number("seen"))


async def _form(
    desk: Desk,
    request: Request,
    person: Person,
    case_id: str,
    raised_id: str,
    form: Form | None = None,
    faults: Sequence[Fault] = (),
    seen: int | None = None,
) -> Response:
    """The form over the case as it is by now; ``seen`` is the version that one which comes back had before it."""
    async with desk.running.pool.acquire() as conn, conn.transaction():
        case = await desk.case(conn, person, case_id, "case:coordinate")
        known = await storage.background(conn, case)
        await record_read(conn, person, "case", case_id)
    raised = _open_one(case, raised_id)
    if raised is None:
        return _late(desk, case_id)
    typed = {name: form.get(name) for name in form.names} if form else {}
    return desk.look.page(
        "raised.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        case=views.of_case_in_full(desk.book, case, known),
        panel=views.panel_name(desk.book, case.panel),
        raised=raised,
        why=REASONS[raised.reason] if raised.reason else None,
        answers=options(_ANSWERS[raised.kind]),
        reasons=options({code: DECLINED[code] for code in WHY_NOT[raised.kind]}),
        typed=typed,
        seen=case.version if seen is None else seen,
        token=typed.get("form") or str(uuid4()),
    )


def _open_one(case: Case, raised_id: str) -> Raised | None:
    return next((each for each in case.to_decide if each.id == raised_id), None)


def _late(desk: Desk, case_id: str) -> Response:
    return desk.look.redirect(f"/cases/{case_id}?{LATE}=yes")


def _api(routes: APIRouter, desk: Desk) -> None:
    running, book, ask = desk.running, desk.book, asking(desk.running)

    @routes.get("/api/to-decide")
    async def waiting(_: Reader, panel: Annotated[str | None, Query(max_length=60)] = None) -> Answer:
        """The cases in which something that came late waits for an answer."""
        async with running.pool.acquire() as conn:
            found = await storage.to_decide(conn, [panel] if panel else None)
            known = await storage.subjects(conn, found, running.clock.now())
        return {"cases": [views.of_case(book, case) for case, subject in known if open_to_programs(subject)]}

    @routes.post("/api/cases/{case_id}/raised/{raised_id}")
    async def given(
        case_id: str, raised_id: str, body: LateAnswer, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Accept or decline what came late; the school is answered."""
        command = AnswerRaised(
            case_id, raised_id, body.accepted, caller.name, body.reason, body.words or "", body.seen
        )
        try:
            return await ask(request, caller, key, command)
        except Refused as no:
            if no.code == "nothing-to-decide":
                raise Problem(404, no.code, no.detail) from None
            raise
