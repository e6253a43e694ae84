"""What the school sent after the batch was locked: a list, a form to answer it, and the same for programs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.auth import Caller, require
from chassis.web.fields import Fields, options
from chassis.web.keys import Key
from chassis.web.people import Person
from chassis.web.problems import Problem
from chassis.web.start import Task
from schemas.words import DECLINED, WITHDRAWALS
from services.panels import placed, storage, views
from services.panels.bodies import LateAnswer
from services.panels.domain.cases.arrivals import Raised
from services.panels.domain.cases.case import Case
from services.panels.domain.cases.late import WHY_NOT
from services.panels.domain.commands import AnswerRaised
from services.panels.domain.permissions import may, open_to_programs, panels_of
from services.panels.domain.placing.placement import Placement
from services.panels.domain.placing.story import ASKS
from services.panels.placing_views import of_placement
from services.panels.web.api import Answer, Coordinator, asking
from services.panels.web.desk import Coordinating, Desk, open_to
from services.panels.web.small_page import CASES, Sight, SmallPage, TooLate

Reader = Annotated[Caller, Depends(require("panels:read"))]
_ANSWERS: dict[str, dict[str, str]] = {
    "withdrawal": {"yes": "Withdraw the case", "no": "Go on with it"},
    "evidence": {"yes": "The panel sees it", "no": "The panel does not see it"},
}


def tasks(running: Running) -> tuple[Task, ...]:
    """The entry of the start page."""

    async def count(conn: Connection, person: Person) -> int:
        found = await storage.to_decide(conn, panels_of(person, "case:coordinate"))
        cases = await open_to(running, conn, person, found, "case:coordinate")
        return len(cases) + len(await _placements(conn, person, running.clock.now()))

    return (
        Task(
            "To decide", "/to-decide", "What schools sent after papers had closed, places that a correction questions.",
            "case:coordinate", None, count, ("case", "cases"),
        ),
    )  # fmt: skip


def router(desk: Desk) -> APIRouter:
    """The pages and their API."""
    routes = APIRouter()
    _pages(routes, desk)
    _api(routes, desk)
    return routes


async def _placements(conn: Connection, person: Person, now: datetime) -> list[Placement]:
    """The placements in which something waits for this person's word since it was decided or asked otherwise."""
    found = await placed.to_decide(conn, panels_of(person, "placement:coordinate"))
    known = await placed.subjects(conn, found, now)
    return [each for each, subject in known if may(person, "placement:coordinate", subject)]


def _pages(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/to-decide", include_in_schema=False)
    async def listed(request: Request, person: Coordinating) -> Response:
        """The cases of this person's panels in which something waits for an answer; no child is named."""
        async with desk.running.pool.acquire() as conn:
            found = await storage.to_decide(conn, panels_of(person, "case:coordinate"))
            cases = await desk.open(conn, person, found, "case:coordinate")
            placements = await _placements(conn, person, desk.now)
        rows = [views.of_case(desk.book, case) for case in cases]
        asking = [of_placement(each, desk.today) for each in placements]
        return desk.look.page(
            "to_decide.html", request, person=person, rows=rows, placements=asking, asks=ASKS
        )

    ANSWER.add(routes, desk)


async def _typed(fields: Fields, at: Sight[Case]) -> AnswerRaised:
    raised = _raised(at)
    accepted = fields.choice("answer", ("yes", "no"), "Choose what the school is answered.") == "yes"
    reason = None
    if not accepted and not fields.faults:
        reason = fields.choice("reason", WHY_NOT[raised.kind], "Choose why: the school is told.")
    words = fields.optional("words") or ""
    return AnswerRaised(
        at.thing.case_id, raised.id, accepted, at.person.id, reason, words, fields.number("seen")
    )


async def _to_answer(at: Sight[Case]) -> Mapping[str, Any]:
    raised = _raised(at)
    known = await storage.background(at.conn, at.thing)
    return {
        "case": views.of_case_in_full(at.desk.book, at.thing, known),
        "raised": raised,
        "why": WITHDRAWALS[raised.reason] if raised.reason else None,
        "answers": options(_ANSWERS[raised.kind]),
        "reasons": options({code: DECLINED[code] for code in WHY_NOT[raised.kind]}),
    }


def _raised(at: Sight[Case]) -> Raised:
    """What the address names. Raises TooLate once it is answered."""
    for each in at.thing.to_decide:
        if each.id == at.request.path_params["raised_id"]:
            return each
    raise TooLate


ANSWER = SmallPage(
    CASES, "raised/{raised_id}", "Answer the school", "case:coordinate", _typed, "The school is answered.",
    shows=_to_answer, template="raised.html",
)  # fmt: skip


def _api(routes: APIRouter, desk: Desk) -> None:
    running, book, ask = desk.running, desk.book, asking(desk.running)

    @routes.get("/api/to-decide")
    async def waiting(_: Reader, panel: Annotated[str | None, Query(max_length=60)] = None) -> Answer:
        """The cases and placements in which something waits for an answer."""
        async with running.pool.acquire() as conn:
            found = await storage.to_decide(conn, [panel] if panel else None)
            known = await storage.subjects(conn, found, running.clock.now())
            asking = await placed.to_decide(conn, [panel] if panel else None)
            subjects = await placed.subjects(conn, asking, running.clock.now())
        today = london_date(running.clock.now())
        return {
            "cases": [views.of_case(book, case) for case, subject in known if open_to_programs(subject)],
            "placements": [of_placement(each, today) for each, about in subjects if open_to_programs(about)],
        }

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
