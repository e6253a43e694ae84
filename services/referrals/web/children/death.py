"""A child has died: the one page on which a service manager says so, with a second yes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.decision import Refused
from chassis.web.fields import Fields
from chassis.web.forms import Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault
from services.referrals import storage
from services.referrals.domain.work.death import NoteDeath
from services.referrals.web.children.page import visible
from services.referrals.web.children.words import Child
from services.referrals.web.desk import Desk

Noting = Annotated[Person, Depends(signed_in("death:note"))]
_FIELDS = {"reason-missing": "reason", "not-certain": "certain"}


def router(desk: Desk) -> APIRouter:
    """The routes of the page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/children/{id}/died")
    async def ask(id: UUID, person: Noting, request: Request) -> Response:
        """What it means, and the two questions."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            child = await visible(conn, desk, person, str(id))
        return _shown(desk, request, person, child, {}, [])

    @routes.post("/children/{id}/died")
    async def note(id: UUID, person: Noting, form: Posted, request: Request) -> Response:
        """Notes it, also with referrals that are restricted to others: their families are the same."""
        fields = Fields(form, desk.today)
        words = fields.words("reason", "Write how you know.", 2000)
        async with desk.running.pool.acquire() as conn, conn.transaction():
            child = await visible(conn, desk, person, str(id))
            everything = await storage.children.referrals_of(conn, child.ids)
        if not fields.faults:
            ids = tuple(each.id for each, _ in everything)
            certain = form.get("certain") == "yes"
            try:
                said = NoteDeath(child.ids[0], tuple(child.ids), ids, person.id, words, certain)
                await desk.running.runner.command(said)
            except Refused as refusal:
                fields.fault(_FIELDS.get(refusal.code, "reason"), refusal.code, refusal.detail)
            else:
                done = "It is noted. No message about this child goes to the family any more."
                return desk.look.redirect(f"/children/{child.ids[0]}", done)
        return _shown(desk, request, person, child, fields.typed, fields.faults)

    return routes


def _shown(
    desk: Desk, request: Request, person: Person, child: Child, typed: dict[str, str], faults: list[Fault]
) -> Response:
    return desk.look.page(
        "children/died.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        typed=typed,
        id=child.ids[0],
        noted=all(each.child_has_died for each in child.referrals),
    )
