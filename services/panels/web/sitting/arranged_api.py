"""The API by which programs arrange sittings; its contract is in README.md."""

from datetime import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from chassis.decision import Refused
from chassis.runner import Once
from chassis.web.access import record_read
from chassis.web.auth import Caller, require
from chassis.web.keys import Key
from chassis.web.problems import Problem
from services.panels import storage
from services.panels.bodies import Aside, Cancellation, Extra, Lengthened, Linked, Moved, Seated
from services.panels.domain.permissions import open_to_programs
from services.panels.domain.sittings.arranging import (
    AddSitting,
    CancelSitting,
    LinkCases,
    MoveSitting,
    PartCase,
    SeatMembers,
    SetMinutes,
    StandAside,
)
from services.panels.domain.sittings.seating import told
from services.panels.web.api import for_programs
from services.panels.web.desk import Desk

Reader = Annotated[Caller, Depends(require("panels:read"))]
Coordinator = Annotated[Caller, Depends(require("panels:coordinate"))]
Answer = dict[str, Any]
_UNKNOWN = Problem(404, "unknown-case", "There is no case with this id. Look it up under /api/cases.")


def router(desk: Desk) -> APIRouter:
    """All routes, each behind a token with the scope that it names."""
    routes = APIRouter(prefix="/api")
    _sittings(routes, desk)
    _members(routes, desk)
    _cases(routes, desk)
    return routes


async def ask_for(desk: Desk, request: Request, caller: Caller, key: str | None, command: object) -> Answer:
    """Runs a command, once per caller, address and key. Raises Problem 404 for an unknown id."""
    once = Once(f"{caller.name} {request.url.path}", key, await request.body()) if key else None
    try:
        answer: Answer = await desk.running.runner.command(command, once=once)
    except Refused as no:
        if no.code in ("unknown-case", "unknown-sitting", "unknown-panel"):
            raise Problem(404, no.code, no.detail) from None
        raise
    return await for_programs(desk.running, answer)


async def _batch(desk: Desk, sitting_id: str) -> tuple[str, ...]:
    """The batch as it is now, for callers who do not say what they saw; none of an unknown sitting."""
    async with desk.running.pool.acquire() as conn:
        filled = await storage.sitting(conn, sitting_id)
    return filled.sitting.case_ids if filled else ()


async def shown(desk: Desk, *case_ids: str) -> None:
    """Raises Problem 404 where one of the cases is not there, or shut to programs."""
    async with desk.running.pool.acquire() as conn:
        cases = await storage.cases_by_id(conn, case_ids)
        known = await storage.subjects(conn, cases, desk.now)
    if sum(open_to_programs(subject) for _, subject in known) < len(set(case_ids)):
        raise _UNKNOWN


def _sittings(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/sittings")
    async def add(body: Extra, request: Request, caller: Coordinator, key: Key = None) -> Answer:
        """An extra sitting; what is left out is as the panel's file has it."""
        hour = time.fromisoformat(body.hour) if body.hour else None
        command = AddSitting(
            body.panel, body.sits_on, body.why, hour, body.capacity, body.minutes, body.papers_close_at
        )
        return await ask_for(desk, request, caller, key, command)

    @routes.post("/sittings/{sitting_id}/cancel")
    async def cancel(
        sitting_id: str, body: Cancellation, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """The sitting does not take place; its cases are back in the queue."""
        seen = await _batch(desk, sitting_id) if body.seen is None else body.seen
        command = CancelSitting(sitting_id, body.reason, body.words, seen)
        return await ask_for(desk, request, caller, key, command)

    @routes.post("/sittings/{sitting_id}/move")
    async def move(
        sitting_id: str, body: Moved, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """The sitting takes place on another day, with its batch and its members."""
        seen = await _batch(desk, sitting_id) if body.seen is None else body.seen
        return await ask_for(
            desk, request, caller, key, MoveSitting(sitting_id, body.sits_on, body.why, seen)
        )


def _members(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/sittings/{sitting_id}/members")
    async def members(sitting_id: str, caller: Reader) -> Answer:
        """Who sits in which seat, and who stands aside for which case, of those that programs see."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            filled = await storage.sitting(conn, sitting_id)
            if filled is None:
                raise Problem(
                    404, "unknown-sitting", "There is no sitting with this id. Look under /api/sittings."
                )
            cases = await storage.cases_by_id(conn, [each.case_id for each in filled.sitting.aside])
            known = await storage.subjects(conn, cases, desk.now)
            await record_read(conn, caller, "sitting", sitting_id)
        shown = {case.case_id for case, subject in known if open_to_programs(subject)}
        aside = tuple(each for each in filled.sitting.aside if each.case_id in shown)
        return told(filled.sitting.model_copy(update={"aside": aside}))

    @routes.post("/sittings/{sitting_id}/members")
    async def seat(
        sitting_id: str, body: Seated, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Who sits in which seat, the whole of it."""
        named = tuple((each.seat, each.staff_id, each.attends) for each in body.members)
        answer = await ask_for(desk, request, caller, key, SeatMembers(sitting_id, named, body.seen))
        return {"sitting_id": sitting_id, "members": answer["members"]}

    @routes.post("/sittings/{sitting_id}/aside")
    async def aside(
        sitting_id: str, body: Aside, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """A member stands aside for a case; without a reason, takes part after all."""
        await shown(desk, body.case_id)
        command = StandAside(sitting_id, body.staff_id, body.case_id, body.why, body.words)
        await ask_for(desk, request, caller, key, command)
        return {"sitting_id": sitting_id, "staff_id": body.staff_id, "case_id": body.case_id, "why": body.why}


def _cases(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/cases/{case_id}/siblings")
    async def link(
        case_id: str, body: Linked, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """The case is heard together with another one; without one, by itself."""
        named = [case_id, body.case_id] if body.case_id else [case_id]
        await shown(desk, *named)
        command = LinkCases(case_id, body.case_id) if body.case_id else PartCase(case_id)
        return await ask_for(desk, request, caller, key, command)

    @routes.post("/cases/{case_id}/minutes")
    async def minutes(
        case_id: str, body: Lengthened, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """How long the case takes; without a figure, as long as any that was so brought."""
        await shown(desk, case_id)
        return await ask_for(desk, request, caller, key, SetMinutes(case_id, body.minutes))
