"""The API of a sitting's day and of what follows; its contract is in README.md."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from chassis.web.auth import Caller, require
from chassis.web.keys import Key
from chassis.web.problems import Problem
from services.panels import storage
from services.panels.day_bodies import Attendance, Left, Mended, Passed, Signature, Urgency
from services.panels.domain.day.commands import (
    AskChair,
    CorrectDecision,
    KeepAttendance,
    LeaveUnheard,
    PassOn,
    SignSitting,
)
from services.panels.domain.judged import Judgement
from services.panels.domain.sittings.members import Seat
from services.panels.web.api import Answer, Ask, Coordinator, Officer, asking
from services.panels.web.desk import Desk

Chair = Annotated[Caller, Depends(require("panels:chair"))]


def router(desk: Desk) -> APIRouter:
    """The routes, each behind a token with the scope that it names."""
    routes, ask = APIRouter(prefix="/api"), asking(desk.running)
    _sittings(routes, desk, ask)
    _cases(routes, ask)
    return routes


def _sittings(routes: APIRouter, desk: Desk, ask: Ask) -> None:
    @routes.post("/sittings/{sitting_id}/attendance")
    async def attendance(
        sitting_id: str, body: Attendance, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Record who of the members is there."""
        seats = await _seats(desk, sitting_id)
        as_seen = body.seen is None or dict(body.seen) == {seat.staff_id: seat.attends for seat in seats}
        given: Any = tuple(body.attends.items())
        return await ask(
            request, caller, key, KeepAttendance(sitting_id, given, seats if as_seen else (*seats, *seats))
        )

    @routes.post("/sittings/{sitting_id}/sign")
    async def sign(
        sitting_id: str, body: Signature, request: Request, caller: Chair, key: Key = None
    ) -> Answer:
        """Sign the sitting off, once every case of it has an outcome."""
        return await ask(request, caller, key, SignSitting(sitting_id, caller.name, body.case_ids))


async def _seats(desk: Desk, sitting_id: str) -> tuple[Seat, ...]:
    async with desk.running.pool.acquire() as conn:
        found = await storage.sitting(conn, sitting_id)
    if found is None:
        raise Problem(
            404, "unknown-sitting", "There is no sitting with this id. Look it up under /api/sittings."
        )
    return found.sitting.members


def _cases(routes: APIRouter, ask: Ask) -> None:
    @routes.post("/cases/{case_id}/pass-on")
    async def pass_on(
        case_id: str, body: Passed, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Send the case to another panel's queue."""
        return await ask(request, caller, key, PassOn(case_id, **dict(body)))

    @routes.post("/cases/{case_id}/leave")
    async def leave(
        case_id: str, body: Left, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Leave the case to another sitting, complete as it is."""
        return await ask(request, caller, key, LeaveUnheard(case_id, **dict(body)))

    @routes.post("/cases/{case_id}/ask-chair")
    async def ask_chair(
        case_id: str, body: Urgency, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Ask a chair to act for the panel, because an urgent case cannot wait."""
        return await ask(request, caller, key, AskChair(case_id, caller.name, body.why, body.seen))

    @routes.post("/cases/{case_id}/correct")
    async def correct(
        case_id: str, body: Mended, request: Request, caller: Officer, key: Key = None
    ) -> Answer:
        """Mend a mistake in a decision that was issued; the family is told what changed."""
        after = Judgement(**body.model_dump(exclude={"why", "seen"}))
        return await ask(
            request, caller, key, CorrectDecision(case_id, caller.name, after, body.why, body.seen)
        )
