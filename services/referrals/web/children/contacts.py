"""Contacts of a child that another school gave: both sides, and somebody's yes or no."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.english import in_words
from chassis.storage import Connection
from chassis.web.access import record_reads
from chassis.web.fields import Fields
from chassis.web.forms import Form, Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from chassis.web.start import Task
from schemas.personal_v1 import PersonDetails
from services.referrals import storage
from services.referrals.domain.children.contacts import DecideContacts, Difference, differences
from services.referrals.domain.children.persons import Answer, Offer
from services.referrals.domain.children.persons import Person as Known
from services.referrals.domain.permissions import Subject, may, reach
from services.referrals.domain.staff.restricted import subject_of
from services.referrals.web.desk import Desk, names

CONTACTS = "/contacts"
Deciding = Annotated[Person, Depends(signed_in("contacts:confirm"))]
_SAID = [
    {"value": "yes", "text": "Yes: use them from now on"},
    {"value": "no", "text": "No: put them aside"},
]
_DONE = {
    "yes": "The contacts are used from now on.",
    "no": "The contacts were put aside: nobody is told there.",
}

TASKS: tuple[Task, ...] = (
    Task(
        "Contacts to look at",
        CONTACTS,
        "Contacts of a child that another school has given: nobody is told there before you say yes.",
        action="contacts:confirm",
    ),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A child whose contacts wait, as somebody who may answer sees it; ``adults`` are those in use, by id."""

    id: str
    child: Known
    adults: Mapping[str, PersonDetails]


def router(desk: Desk) -> APIRouter:
    """The routes of contacts that wait."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(CONTACTS)
    async def waiting(person: Deciding, request: Request) -> Response:
        """Every child whose contacts wait for this person. Each is recorded as read."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            lines = await tasks_for(conn, desk, person)
        return desk.look.page("contacts/list.html", request, person=person, lines=lines)

    @routes.get("/children/{id}/contacts")
    async def show(id: UUID, person: Deciding, request: Request) -> Response:
        """Both sides of what waits for one child. The read is recorded."""
        return await _page(desk, request, person, str(id), {}, [])

    @routes.post("/children/{id}/contacts")
    async def decide(id: UUID, person: Deciding, form: Posted, request: Request) -> Response:
        """Says yes or no to what one school gave."""
        return await _decided(desk, request, person, str(id), form)

    return routes


async def tasks_for(conn: Connection, desk: Desk, person: Person) -> list[dict[str, Any]]:
    """A line for each child whose contacts wait for this person."""
    within = reach(person, "contacts:confirm")
    found = await storage.children.asking(conn, None if within.everything else sorted(within.urns))
    shown = {id: child for id, child in found.items() if await _may_decide(conn, desk, person, id, child)}
    await record_reads(conn, person, "child", sorted(shown))
    return [
        {
            "href": f"/children/{id}/contacts",
            "name": f"{child.details.given_name} {child.details.family_name}",
            "from": ", ".join(dict.fromkeys(_school(desk, each.urn) for each in child.waiting)),
        }
        for id, child in shown.items()
    ]


async def _may_decide(conn: Connection, desk: Desk, person: Person, id: str, child: Known) -> bool:
    """Whether this person answers for the child's school, and nothing of the child is restricted to others."""
    found = await storage.children.referrals_of(conn, [id])
    subjects = [subject_of(each, held, desk.now) for each, held in found]
    named = [each.named for each in subjects if each.named]
    return may(person, "contacts:confirm", Subject(urn=child.details.school)) and all(
        person.id in each for each in named
    )


async def _open(conn: Connection, desk: Desk, person: Person, id: str) -> Waiting:
    """The child, and that this person read it. Raises Problem 404 where it is none of theirs."""
    child = (await storage.children.people(conn, [id])).get(id)
    if (
        child is None
        or child.details.relation != "child"
        or not await _may_decide(conn, desk, person, id, child)
    ):
        raise Problem(404, "child-unknown", "There is no such child among those you may see. Search again.")
    await record_reads(conn, person, "child", [id])
    referrals = await storage.children.referrals_of(conn, [id])
    offered = {one.person_id for each in child.waiting for one in each.persons}
    ids = {adult for each, _ in referrals for adult in each.adults} | offered
    return Waiting(id, child, await storage.persons_of(conn, ids))


async def _page(
    desk: Desk, request: Request, person: Person, id: str, typed: Mapping[str, str], faults: list[Fault]
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        waiting = await _open(conn, desk, person, id)
        staff = await names(conn, (each.by for each in waiting.child.answers))
    details = waiting.child.details
    return desk.look.page(
        "contacts/child.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        typed=typed,
        id=id,
        back=f"/children/{id}" if may(person, "child:see") else CONTACTS,
        name=f"{details.given_name} {details.family_name}",
        school=_school(desk, details.school),
        offers=[_offer(desk, waiting, each) for each in waiting.child.waiting],
        said=_SAID,
        answers=[_answer(desk, each, staff) for each in reversed(waiting.child.answers)],
        in_use=[_reached(each) for each in waiting.adults.values() if each.relation != "child"],
    )


def _offer(desk: Desk, waiting: Waiting, offer: Offer) -> dict[str, Any]:
    child, *adults = offer.persons
    lines: list[Difference] = differences(waiting.child.details, child)
    for each in adults:
        lines += differences(waiting.adults.get(each.person_id), each)
    return {
        "referral_id": offer.referral_id,
        "school": _school(desk, offer.urn),
        "on": in_words(london_date(offer.at)),
        "seen": offer.at.isoformat(),
        "lines": lines,
    }


def _reached(details: PersonDetails) -> str:
    """How an adult is reached now, in one line."""
    told = "may be told" if details.may_be_told else "is not told"
    ways = ", ".join(filter(None, (details.email, details.phone))) or "neither e-mail nor telephone"
    return f"{details.given_name} {details.family_name}: {ways}; {told}"


def _answer(desk: Desk, answer: Answer, staff: Mapping[str, str]) -> str:
    did = "Brought into use" if answer.accepted else "Put aside"
    why = f": {answer.reason}" if answer.reason else ""
    who = staff.get(answer.by, "a colleague")
    return f"{did} what {_school(desk, answer.urn)} gave, by {who} on {in_words(london_date(answer.at))}{why}"


def _school(desk: Desk, urn: str | None) -> str:
    setting = desk.book.register.find(urn) if urn else None
    return setting.name if setting else urn or "no school that is known"


async def _decided(desk: Desk, request: Request, person: Person, id: str, form: Form) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        waiting = await _open(conn, desk, person, id)
    fields = Fields(form, desk.today)
    offer = waiting.child.offer(form.get("referral"))
    said = fields.choice("said", _DONE, "Choose whether the contacts are right.")
    if not fields.faults:
        try:
            await desk.running.runner.command(
                DecideContacts(
                    id,
                    form.get("referral"),
                    _adults(offer),
                    _moment(form.get("seen"), desk),
                    said == "yes",
                    person.id,
                    fields.optional("reason", 2000) or "",
                )
            )
        except Refused as refusal:
            field = "reason" if refusal.code == "reason-missing" else "said"
            fields.fault(field, refusal.code, refusal.detail)
        else:
            return desk.look.redirect(f"/children/{id}/contacts", _DONE[said])
    return await _page(desk, request, person, id, fields.typed, fields.faults)


def _adults(offer: Offer | None) -> tuple[str, ...]:
    return tuple(each.person_id for each in offer.persons[1:]) if offer else ()


def _moment(text: str, desk: Desk) -> datetime:
    """When the contacts were given that somebody looked at; the present where the field was tampered with."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return desk.now


def offered_adults(children: Iterable[Known]) -> tuple[str, ...]:
    """The adults of everything that waits for these."""
    return tuple(one.person_id for child in children for each in child.waiting for one in each.persons[1:])
