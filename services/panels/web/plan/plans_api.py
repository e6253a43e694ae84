"""The plan for programs: what it is, accepting it, and a case that is moved by hand with what that costs."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from chassis.decision import Refused
from chassis.runner import Once
from chassis.web.access import record_read
from chassis.web.auth import Caller
from chassis.web.keys import Key
from chassis.web.problems import Problem
from services.panels import storage
from services.panels.bodies import Acceptance, Moving, Swapping
from services.panels.domain.cases.case import Case
from services.panels.domain.permissions import open_to_programs
from services.panels.domain.plan.commands import Arrangement
from services.panels.replanning import Standing
from services.panels.web.api import UNKNOWN, Answer, Coordinator, Reader, for_programs
from services.panels.web.desk import Desk
from services.panels.web.plan import plans
from services.panels.web.plan.costs import price_of

_NO_PANEL = Problem(404, "unknown-panel", "There is no panel with this code. Look it up under /api/panels.")
_NO_SITTING = Problem(
    404, "unknown-sitting", "There is no such sitting to come. Look it up under /api/sittings."
)
Dry = Annotated[bool, Query(description="only what it would cost; nothing is changed")]


def router(desk: Desk) -> APIRouter:
    """The routes, each behind a token with the scope that it names."""
    routes = APIRouter(prefix="/api")
    _plans(routes, desk)
    _moves(routes, desk)
    _swaps(routes, desk)
    return routes


def _plans(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/panels/{code}/plan")
    async def plan(code: str, caller: Reader) -> Answer:
        """The plan of a panel beside its sittings as they are, with reasons and how far it is proved."""
        _known(desk, code)
        standing = await desk.planning.standing(code)
        async with desk.running.pool.acquire() as conn, conn.transaction():
            seen = await _seen(desk, conn, standing.asked.cases)
            await record_read(conn, caller, "plan", code)
        return plans.of_plan(desk.book, standing, seen)

    @routes.post("/panels/{code}/plan/accept")
    async def accept(
        code: str, body: Acceptance, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Accept what the plan proposes, whole or for some cases: all of it is done, or nothing."""
        _known(desk, code)
        once = await _once(request, caller, key)
        if once and (done := await desk.running.runner.earlier(once)) is not None:
            return await for_programs(desk.running, dict(done))
        standing = await desk.planning.as_kept(code)
        async with desk.running.pool.acquire() as conn:
            seen = {case.case_id for case in await _seen(desk, conn, standing.asked.cases)}
        if body.case_ids is not None and not set(body.case_ids) <= seen:
            raise UNKNOWN
        if standing.plan is None or standing.plan.digest != body.seen:
            raise Refused("plan-changed", plans.CHANGED)  # nobody accepts places that they have not seen
        chosen = body.case_ids if body.case_ids is not None else plans.proposed(standing, seen)
        command = plans.acceptance(standing, body.seen, chosen, body.told_ok, caller.name)
        await _all_seen(desk, standing, command.arrangement)
        return await _done(desk, command, once)


def _moves(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/cases/{case_id}/move")
    async def move(
        case_id: str,
        body: Moving,
        request: Request,
        caller: Coordinator,
        key: Key = None,
        dry_run: Dry = False,
    ) -> Answer:
        """Give a case another sitting, with a reason; with dry_run say what that costs, and do nothing."""
        once = None if dry_run else await _once(request, caller, key)
        if once and (done := await desk.running.runner.earlier(once)) is not None:
            return await for_programs(desk.running, dict(done))
        async with desk.running.pool.acquire() as conn:
            found = await _seen(desk, conn, await storage.cases_by_id(conn, [case_id]))
            if not found:
                raise UNKNOWN
            if await storage.sitting(conn, body.sitting_id) is None:
                raise _NO_SITTING
        (case,) = found
        if dry_run:
            return await price_of(desk, case, body.sitting_id)
        standing = await desk.planning.as_kept(case.panel)
        command = plans.by_hand(
            standing, case, body.sitting_id, body.reason, body.told_ok, caller.name, body.seen
        )
        await _all_seen(desk, standing, command.arrangement)
        return await _done(desk, command, once)


def _swaps(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/cases/{case_id}/swap")
    async def swap(
        case_id: str,
        body: Swapping,
        request: Request,
        caller: Coordinator,
        key: Key = None,
        dry_run: Dry = False,
    ) -> Answer:
        """Let two cases of two sittings change places, with a reason; with dry_run say what that costs both."""
        once = None if dry_run else await _once(request, caller, key)
        if once and (done := await desk.running.runner.earlier(once)) is not None:
            return await for_programs(desk.running, dict(done))
        async with desk.running.pool.acquire() as conn:
            known = await storage.cases_by_id(conn, [case_id, body.other])
            found = {case.case_id: case for case in await _seen(desk, conn, known)}
        if not {case_id, body.other} <= found.keys():
            raise UNKNOWN
        case, other = found[case_id], found[body.other]
        standing = await desk.planning.as_kept(case.panel)
        command = plans.swapped(standing, case, other, body.reason, body.told_ok, caller.name, body.seen)
        await _all_seen(desk, standing, command.arrangement)
        if dry_run:
            current = standing.asked.current
            there, here = (current[id] or "" for id in (body.other, case_id))
            return await price_of(desk, case, there, {body.other: here})
        return await _done(desk, command, once)


def _known(desk: Desk, code: str) -> None:
    if code not in desk.book.codes:
        raise _NO_PANEL


async def _seen(desk: Desk, conn: Any, cases: Sequence[Case]) -> list[Case]:
    known = await storage.subjects(conn, cases, desk.now)
    return [case for case, subject in known if open_to_programs(subject)]


async def _all_seen(desk: Desk, standing: Standing, asked: Arrangement) -> None:
    """Raises Refused where a case would move that is shut to programs."""
    async with desk.running.pool.acquire() as conn:
        plans.all_seen(asked, await _seen(desk, conn, plans.concerned(standing, asked)))


async def _once(request: Request, caller: Caller, key: str | None) -> Once | None:
    return Once(f"{caller.name} {request.url.path}", key, await request.body()) if key else None


async def _done(desk: Desk, command: object, once: Once | None) -> Answer:
    try:
        answer: Answer = await desk.running.runner.command(command, once=once)
    except Refused as no:
        if no.code in ("unknown-case", "unknown-sitting"):
            raise Problem(404, no.code, no.detail) from None
        raise
    return await for_programs(desk.running, answer)
