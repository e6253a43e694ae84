"""Pausing all sending and resuming it: a page for staff, calls for programs, and what every page says of it."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from chassis.decision import Refused
from chassis.service import Running
from chassis.staff import COLLEAGUES
from chassis.storage import Connection
from chassis.web.auth import Caller, require
from chassis.web.fields import faults_of
from chassis.web.forms import Form, Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault
from services.notifications import storage
from services.notifications.domain.pausing import PauseAll, ResumeAll
from services.notifications.web.desk import Desk, Reason

Pausing = Annotated[Person, Depends(signed_in("sending:pause"))]
Operator = Annotated[Caller, Depends(require("notifications:operate"))]
_ACTS: dict[str, type[PauseAll] | type[ResumeAll]] = {"pause": PauseAll, "resume": ResumeAll}
_DONE = {"pause": "All sending is paused.", "resume": "Sending goes on."}


def api(running: Running) -> APIRouter:
    """The calls for programs."""
    routes = APIRouter()

    @routes.get("/api/sending")
    async def sending(caller: Operator) -> Any:
        """Whether all sending is paused, every turn of it, and how many messages wait."""
        async with running.pool.acquire() as conn:
            pause = await storage.pause(conn)
            return {**pause.model_dump(mode="json"), "waiting": (await storage.unfinished(conn))["pending"]}

    @routes.post("/api/sending/pause")
    async def pause(body: Reason, caller: Operator) -> Any:
        """From now on nothing goes out. Nothing is lost: it waits."""
        return {"sending": await running.runner.command(PauseAll(caller.name, body.reason))}

    @routes.post("/api/sending/resume")
    async def resume(body: Reason, caller: Operator) -> Any:
        """Everything that waits goes out again, each message once."""
        return {"sending": await running.runner.command(ResumeAll(caller.name, body.reason))}

    return routes


def router(desk: Desk) -> APIRouter:
    """The page for staff."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sending")
    async def shown(request: Request, person: Pausing) -> Response:
        """How it stands, and the one action."""
        return await _shown(desk, request, person)

    @routes.post("/sending")
    async def turned(request: Request, person: Pausing, form: Posted) -> Response:
        """Pauses all sending, or resumes it."""
        act, faults = form.get("act"), list[Fault]()
        try:
            await desk.running.runner.command(_command(person, form))
        except Refused as refusal:
            faults = faults_of(refusal, "reason")
        if faults:
            return await _shown(desk, request, person, faults, form.get("reason")[:500])
        return desk.look.redirect("/messages", _DONE[act])

    return routes


def _command(person: Person, form: Form) -> PauseAll | ResumeAll:
    act, seen = form.get("act"), form.get("seen")
    if act not in _ACTS:
        raise Refused("not-chosen", "Choose whether to pause or to resume.")
    return _ACTS[act](person.id, form.get("reason"), int(seen) if seen.isdecimal() else None)


async def _shown(
    desk: Desk, request: Request, person: Person, faults: Sequence[Fault] = (), reason: str = ""
) -> Response:
    async with desk.running.pool.acquire() as conn:
        pause = await storage.pause(conn)
        waiting = (await storage.unfinished(conn))["pending"]
        people = await _names(conn, [turn.who for turn in pause.turns])
    return desk.look.page(
        "sending/pause.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        pause=pause,
        waiting=waiting,
        people=people,
        reason=reason,
    )


async def _names(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    found = await COLLEAGUES.load(conn, sorted(set(ids)), lock=False)
    return {id: found[id].state.name if id in found else id for id in ids}
