"""One child: the rung of support now and the way there, every referral, who is involved, reviews, schools."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.decision import Refused
from chassis.storage import Connection
from chassis.web.access import record_reads
from chassis.web.fields import Fields, day_items
from chassis.web.forms import Form, Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from services.referrals import storage
from services.referrals.domain.permissions import Subject, may
from services.referrals.domain.staff.restricted import subject_of
from services.referrals.domain.work.relocating import MoveChild
from services.referrals.web.children.contacts import offered_adults
from services.referrals.web.children.words import Child, child_values
from services.referrals.web.desk import Desk, names

Seeing = Annotated[Person, Depends(signed_in("child:see"))]


def router(desk: Desk) -> APIRouter:
    """The routes of one child."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/children/{id}")
    async def one(id: UUID, person: Seeing, request: Request) -> Response:
        """One child. Every read is recorded."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            child = await visible(conn, desk, person, str(id))
            if child.ids[0] != str(id):
                return desk.look.redirect(f"/children/{child.ids[0]}")
            return await _page(conn, desk, request, person, child)

    @routes.get("/children/{id}/move")
    async def move_form(id: UUID, person: Seeing, request: Request) -> Response:
        """The form of a move to another school."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            child = await _movable(conn, desk, person, str(id))
        return _move_page(desk, request, person, child, {}, [])

    @routes.post("/children/{id}/move")
    async def move(id: UUID, person: Seeing, form: Posted, request: Request) -> Response:
        """Moves the child's open referrals to another school."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            child = await _movable(conn, desk, person, str(id))
        return await _moved(desk, request, person, child, form)

    return routes


async def visible(conn: Connection, desk: Desk, person: Person, id: str) -> Child:
    """The child that this record is one of, and that it was read by this person.

    Raises Problem 404 where none of its referrals is open to them: nobody learns that it is known.
    """
    ids = await storage.children.records_of(conn, id)
    known = await storage.children.people(conn, ids)
    found = await storage.children.referrals_of(conn, ids)
    seen = [each for each, held in found if may(person, "child:see", subject_of(each, held, desk.now))]
    if not seen or ids[0] not in known:
        raise Problem(404, "child-unknown", "There is no such child among those you may see. Search again.")
    await record_reads(conn, person, "child", ids)
    aliases = await storage.children.aliases(conn, ids)
    return Child(ids, known, aliases, seen, len(seen) < len(found))


async def _page(conn: Connection, desk: Desk, request: Request, person: Person, child: Child) -> Response:
    adults = {id for each in child.referrals for id in each.adults}
    people = await storage.persons_of(conn, adults)
    staff = await names(conn, (each.assigned_to for each in child.referrals))
    deciders = await names(conn, (step.by for each in child.aliases.values() for step in each.steps))
    return desk.look.page(
        "children/child.html",
        request,
        person=person,
        may_merge=may(person, "person:merge"),
        may_enter=may(person, "statutory:enter"),
        may_note_death=may(person, "death:note"),
        contacts_wait=bool(child.records[child.ids[0]].waiting),
        may_confirm=_may_confirm(person, child),
        may_move=bool(child.open) and _may_move(person, child),
        **child_values(child, people, {**staff, **deciders}, desk),
    )


def _may_confirm(person: Person, child: Child) -> bool:
    """Whether contacts of this child that another school gave wait for this person."""
    known = child.records[child.ids[0]]
    return bool(known.waiting) and may(person, "contacts:confirm", Subject(urn=known.details.school))


def _may_move(person: Person, child: Child) -> bool:
    """Whether this person may say that the child is at another school: its school, or an officer."""
    here = {each.urn for each in child.open}
    return may(person, "person:merge") or any(
        may(person, "referral:change", subject_of(each, None, each.changed_at)) and each.urn in here
        for each in child.open
    )


async def _movable(conn: Connection, desk: Desk, person: Person, id: str) -> Child:
    child = await visible(conn, desk, person, id)
    if not _may_move(person, child):
        raise Problem(403, "not-allowed", "Only the child's school and officers can say that it moved.")
    return child


def _move_page(
    desk: Desk, request: Request, person: Person, child: Child, typed: dict[str, str], faults: list[Fault]
) -> Response:
    setting = desk.book.register.find(child.open[0].urn) if child.open else None
    return desk.look.page(
        "children/move.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        typed=typed,
        id=child.ids[0],
        number=len(child.open),
        now_at=setting.name if setting else None,
        days=lambda name: day_items(name, typed, faults, desk.today),
    )


async def _moved(desk: Desk, request: Request, person: Person, child: Child, form: Form) -> Response:
    fields = Fields(form, desk.today)
    urn = fields.words("urn", "Write the number (URN) of the new school.", 20).upper().replace(" ", "")
    on = fields.day("on", "Write the first day at the new school.")
    if not fields.faults:
        # What is restricted to others moves too, or it would stay behind without anybody knowing.
        async with desk.running.pool.acquire() as conn:
            everything = await storage.children.referrals_of(conn, child.ids)
        ids = tuple(each.id for each, _ in everything)
        unsaid = frozenset(ids) - {each.id for each in child.referrals}
        adults = offered_adults([child.records[child.ids[0]]])
        try:
            answer = await desk.running.runner.command(
                MoveChild(child.ids[0], ids, urn, on, person.id, adults, unsaid)
            )
        except Refused as refusal:
            field = "on" if refusal.code == "day-far-off" else "urn"
            fields.fault(field, refusal.code, refusal.detail)
        else:
            to = f"/children/{child.ids[0]}" if may(person, "person:merge") else "/school"
            return desk.look.redirect(to, answer["sentence"])
    return _move_page(desk, request, person, child, fields.typed, fields.faults)
