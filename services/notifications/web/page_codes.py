"""Telling a family its code: for those whom no code can be sent, after a person made sure whom they talk to."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from chassis.web.access import record_read
from chassis.web.auth import Caller, require
from chassis.web.forms import Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault
from services.notifications.web.api import open_to_programs
from services.notifications.web.desk import Desk, Reason
from services.notifications.web.family.codes import Holder, tell

Settling = Annotated[Person, Depends(signed_in("message:settle"))]
Operator = Annotated[Caller, Depends(require("notifications:operate"))]
_LONGEST = 500


def router(desk: Desk) -> APIRouter:
    """The page that tells a code, and the same for programs."""
    routes = APIRouter()
    path = "/messages/{message_id}/page-code"

    @routes.get(path, include_in_schema=False)
    async def ask(request: Request, person: Settling, message_id: str) -> Response:
        """Where it is said why a code is told."""
        async with desk.running.pool.acquire() as conn:
            message = await desk.message(conn, person, message_id)
        return desk.look.page("messages/page-code.html", request, person=person, message=message, code=None)

    @routes.post(path, include_in_schema=False)
    async def tell_it(request: Request, person: Settling, message_id: str, form: Posted) -> Response:
        """Shows a new code once, to be read out."""
        why = form.get("why")[:_LONGEST]
        fault = Fault(field="why", code="missing", message="Write how you know whom you talk to.")
        async with desk.running.pool.acquire() as conn, conn.transaction():
            message = await desk.message(conn, person, message_id)
            code = None
            if why:
                await record_read(conn, person, "page-code", message_id)
                code = await tell(conn, _holder(message), person.id, why)
        return desk.look.page(
            "messages/page-code.html",
            request,
            person=person,
            status=200 if why else 422,
            problems=[] if why else [fault],
            message=message,
            code=code,
        )

    @routes.post("/api/messages/{message_id}/page-code")
    async def for_programs(message_id: str, body: Reason, caller: Operator) -> dict[str, str]:
        """A new code for the page of this message's recipient. It works once, within an hour."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            message = await open_to_programs(desk.running, conn, message_id)
            await record_read(conn, caller, "page-code", message_id)
            return {"code": await tell(conn, _holder(message), caller.name, body.reason)}

    return routes


def _holder(message: dict[str, str]) -> Holder:
    return Holder(message["referral_id"], message["reference"], message["person_id"])
