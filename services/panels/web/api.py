"""The HTTP API of the panels service; its contract is in README.md. Restricted cases do not exist for programs."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.runner import Once
from chassis.service import Running
from chassis.web.access import record_read
from chassis.web.auth import Caller, require
from chassis.web.keys import Key
from chassis.web.problems import Problem
from services.panels import arrangements, storage, views
from services.panels.bodies import Completion, Confirmation, Day, Decided, Deferred, Recommended, Taken
from services.panels.domain.cases.case import Case
from services.panels.domain.commands import (
    CompleteCase,
    ConfirmSitting,
    DeferCase,
    IssueDecision,
    RecordRecommendation,
    WithdrawCase,
)
from services.panels.domain.legal.clocks import Dates
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.permissions import open_to_programs
from services.panels.replanning import Planning
from services.panels.web.paging import Place, States, next_page, place_of, states_of

Reader = Annotated[Caller, Depends(require("panels:read"))]
Coordinator = Annotated[Caller, Depends(require("panels:coordinate"))]
Officer = Annotated[Caller, Depends(require("panels:decide"))]
Answer = dict[str, Any]
Ask = Callable[[Request, Caller, str | None, object], Awaitable[Answer]]
#: The parts of answers that are lists of cases.
CASE_LISTS = frozenset({"case_ids", "back_in_the_queue", "listed", "moved", "unlisted"})
UNKNOWN = Problem(404, "unknown-case", "There is no case with this id. Look it up under /api/cases.")


def router(running: Running, book: PanelBook, planning: Planning) -> APIRouter:
    """All routes of the service, each behind a token with the scope that it names."""
    routes = APIRouter(prefix="/api")
    _reads_of_sittings(routes, running, book, planning)
    _reads_of_cases(routes, running, book)
    ask = asking(running)
    _sittings(routes, running, ask)
    _cases(routes, ask)
    _outcomes(routes, ask)
    return routes


async def _seen(running: Running, conn: Any, cases: Sequence[Case]) -> list[Case]:
    """Those of the cases that programs see."""
    known = await storage.subjects(conn, cases, running.clock.now())
    return [case for case, subject in known if open_to_programs(subject)]


async def for_programs(running: Running, answer: Answer) -> Answer:
    """An answer without the cases that are shut to programs: a batch may have some which people listed."""
    lists = [name for name, value in answer.items() if name in CASE_LISTS and value]
    if not lists:
        return answer
    async with running.pool.acquire() as conn:
        cases = await storage.cases_by_id(conn, [case_id for name in lists for case_id in answer[name]])
        seen = {case.case_id for case in await _seen(running, conn, cases)}
    return answer | {name: [case_id for case_id in answer[name] if case_id in seen] for name in lists}


def asking(running: Running) -> Ask:
    """How a route runs a command for a program; a restricted case does not exist for it."""

    async def ask(request: Request, caller: Caller, key: str | None, command: object) -> Answer:
        """Runs a command, once per caller, address and key. Raises Problem 404 for an unknown id."""
        await _nothing_shut(running, command)
        scope = f"{caller.name} {request.url.path}"
        once = Once(scope, key, await request.body()) if key else None
        try:
            answer: Answer = await running.runner.command(command, once=once)
        except Refused as no:
            if no.code in ("unknown-case", "unknown-sitting"):
                raise Problem(404, no.code, no.detail) from None
            raise
        return await for_programs(running, answer)

    return ask


async def _nothing_shut(running: Running, command: object) -> None:
    """Raises Problem 404 where a case that the command names is shut to programs."""
    named = getattr(command, "case_ids", None) or [getattr(command, "case_id", "")]
    async with running.pool.acquire() as conn:
        cases = await storage.cases_by_id(conn, named)
        if len(await _seen(running, conn, cases)) < len(cases):
            raise UNKNOWN


def _reads_of_sittings(routes: APIRouter, running: Running, book: PanelBook, planning: Planning) -> None:
    @routes.get("/panels")
    async def panels(_: Reader) -> Answer:
        """Every panel with its remit, capacity and calendar."""
        return {"panels": [views.of_panel(panel) for panel in book.panels]}

    @routes.get("/sittings")
    async def sittings(
        _: Reader,
        first: Annotated[Day | None, Query(alias="from")] = None,
        last: Annotated[Day | None, Query(alias="to")] = None,
        panel: Annotated[str | None, Query(max_length=60)] = None,
    ) -> Answer:
        """The sittings from one day to another: by default all that are planned from today on."""
        start = first or london_date(running.clock.now())
        async with running.pool.acquire() as conn:
            found = await storage.sittings(conn, start, last or date.max, panel)
        return {"sittings": [views.of_sitting(filled) for filled in found]}

    @routes.get("/sittings/{sitting_id}")
    async def agenda(sitting_id: str, caller: Reader) -> Answer:
        """One sitting with its agenda, in the order in which the cases were confirmed."""
        async with running.pool.acquire() as conn, conn.transaction():
            filled = await _sitting(conn, sitting_id)
            cases = await _seen(running, conn, await storage.cases_by_id(conn, filled.sitting.case_ids))
            await record_read(conn, caller, "sitting", sitting_id)
        return views.of_sitting(filled) | {"cases": [views.of_case(book, case) for case in cases]}

    @routes.get("/sittings/{sitting_id}/proposal")
    async def proposal(sitting_id: str, caller: Reader) -> Answer:
        """What the planner would list for this sitting, elsewhere, or not yet, each with its reason."""
        async with running.pool.acquire() as conn:
            filled = await _sitting(conn, sitting_id)
        standing = await planning.standing(filled.sitting.panel)
        async with running.pool.acquire() as conn, conn.transaction():
            seen = {case.case_id for case in await _seen(running, conn, standing.asked.cases)}
            await record_read(conn, caller, "sitting", sitting_id)
        return views.of_proposal(standing, filled, seen)


def _reads_of_cases(routes: APIRouter, running: Running, book: PanelBook) -> None:
    @routes.get("/cases")
    async def cases(
        _: Reader,
        state: States = None,
        panel: Annotated[str | None, Query(max_length=60)] = None,
        referral: Annotated[str | None, Query(max_length=60)] = None,
        after: Place = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Answer:
        """Cases, the earliest due first, by page: ``next`` is the address of the following one."""
        states, place = states_of(state), place_of(after)
        async with running.pool.acquire() as conn:
            found = await storage.page(conn, states, [panel] if panel else None, referral, place, limit)
            shown = await _seen(running, conn, found)
        asked = {"state": state, "panel": panel, "referral": referral, "limit": str(limit)}
        following = next_page(asked, found[-1]) if len(found) == limit else None
        return {"cases": [views.of_case(book, case) for case in shown], "next": following}

    @routes.get("/cases/{case_id}")
    async def case(case_id: str, caller: Reader) -> Answer:
        """One case with its story, clocks, the child's name and other cases; the reading is logged."""
        async with running.pool.acquire() as conn, conn.transaction():
            found = await _seen(running, conn, await storage.cases_by_id(conn, [case_id]))
            if not found:
                raise UNKNOWN
            known = await storage.background(conn, found[0])
            others = await _seen(running, conn, await storage.cases_of_child(conn, found[0].child_id))
            await record_read(conn, caller, "case", case_id)
        same = [views.of_case(book, each) for each in others if each.case_id != case_id]
        return views.of_case_in_full(book, found[0], known) | {"same_child": same}


def _sittings(routes: APIRouter, running: Running, ask: Ask) -> None:
    @routes.post("/sittings/{sitting_id}/confirm")
    async def confirm(
        sitting_id: str, body: Confirmation, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Settle the batch of a sitting, or add cases to it."""
        async with running.pool.acquire() as conn:
            filled = await _sitting(conn, sitting_id)
            siblings = await arrangements.siblings_of(conn, body.case_ids)
        seen = body.seen if body.seen is not None else filled.sitting.case_ids
        return await ask(request, caller, key, ConfirmSitting(sitting_id, body.case_ids, seen, siblings))


def _cases(routes: APIRouter, ask: Ask) -> None:
    @routes.post("/cases/{case_id}/complete")
    async def complete(
        case_id: str, body: Completion, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Supply statutory dates, or papers that have arrived."""
        dates = Dates(
            request_received=body.request_received,
            draft_served=body.draft_served,
            review_meeting=body.review_meeting,
            assessment_decided=body.assessment_decided,
            schools_consulted=body.schools_consulted,
            review_reported=body.review_reported,
        )
        command = CompleteCase(
            case_id, dates, body.papers, body.papers_complete, body.arrived_on, body.brought_by, body.seen
        )
        return await ask(request, caller, key, command)

    @routes.post("/cases/{case_id}/withdraw")
    async def withdraw(
        case_id: str, body: Taken, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Take the case out of the queue."""
        return await ask(request, caller, key, WithdrawCase(case_id, body.reason))


def _outcomes(routes: APIRouter, ask: Ask) -> None:
    @routes.post("/cases/{case_id}/recommendation")
    async def recommendation(
        case_id: str, body: Recommended, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Record what the panel recommends."""
        command = RecordRecommendation(case_id, **dict(body))
        return await ask(request, caller, key, command)

    @routes.post("/cases/{case_id}/defer")
    async def defer(
        case_id: str, body: Deferred, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Send the case back to the queue."""
        command = DeferCase(
            case_id, body.sitting_id, body.missing, body.owner, body.next_on, body.reason, body.escalated
        )
        return await ask(request, caller, key, command)

    @routes.post("/cases/{case_id}/decision")
    async def decision(
        case_id: str, body: Decided, request: Request, caller: Officer, key: Key = None
    ) -> Answer:
        """Issue the authority's decision: as recommended, or otherwise with reasons of its own."""
        command = IssueDecision(case_id, caller.name, **dict(body))
        return await ask(request, caller, key, command)


async def _sitting(conn: Any, sitting_id: str) -> storage.Filled:
    found = await storage.sitting(conn, sitting_id)
    if found is None:
        raise Problem(
            404, "unknown-sitting", "There is no sitting with this id. Look it up under /api/sittings."
        )
    return found
