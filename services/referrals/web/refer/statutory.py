"""Statutory referrals: an EHC co-ordinator enters one by the pages of the form, for any school.

The forms of co-ordinators are shared among them, and no school sees one before it is sent.
"""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.ids import new_id
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import brought_id
from chassis.web.forms import Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Problem
from services.referrals import storage
from services.referrals.domain.asking.pages import PAGES
from services.referrals.domain.intake.drafts import StartDraft
from services.referrals.web import desk as shared
from services.referrals.web.children import page as children
from services.referrals.web.children import words as child_words
from services.referrals.web.refer.desk import STATUTORY, Desk, Said
from services.referrals.web.refer.starting import line, referrer_of

Entering = Annotated[Person, Depends(signed_in("statutory:enter"))]
_WRONG = "Enter the URN of a school or setting in the register: six digits, or the authority's own code"


def router(desk: Desk) -> APIRouter:
    """The routes of statutory referrals; their pages are those of every form."""
    routes = APIRouter()

    @routes.get(STATUTORY)
    async def forms(request: Request, person: Entering, child: str = "") -> Response:
        """The forms of co-ordinators that are not sent yet, and the way to a new one, of a known child or another."""
        return await _list(desk, request, person, child)

    @routes.post(STATUTORY)
    async def start(request: Request, person: Entering, form: Posted) -> Response:
        """Begins a form with all that is known; the same page posted twice begins one."""
        child, urn = form.get("child"), form.get("urn").upper()
        if desk.book.register.find(urn) is None:
            return await _list(desk, request, person, child, [Said("urn", _WRONG)], urn)
        referrer = await referrer_of(desk, person, "EHC co-ordinator")
        known = {"referrer": referrer, "asks_for": "placement"}
        if child:
            async with desk.running.pool.acquire() as conn, conn.transaction():
                known |= await _answers(conn, desk, await _child(conn, desk, person, child))
        id = brought_id(form.get("draft"))
        await desk.run(StartDraft(id, urn, person.id, person.name, known, "statutory"))
        return desk.look.redirect(f"/refer/{id}/{PAGES[0].slug}")

    return routes


async def waiting(conn: Any, person: Person) -> int:
    """How many forms of co-ordinators are not sent yet."""
    return len(await storage.drafts_of(conn, None, origin="statutory"))


async def _list(
    desk: Desk, request: Request, person: Person, child: str, faults: Sequence[Said] = (), typed: str = ""
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        known = await _child(conn, desk, person, child) if child else None
        found = await storage.drafts_of(conn, None, origin="statutory")
        for urn in sorted({each.urn for each in found}):  # the list names children
            await record_read(conn, person, "drafts", urn)
    now = desk.running.clock.now()
    return desk.look.page(
        "refer/statutory.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        child=known,
        drafts=[line(desk, each, now) for each in found],
        typed=typed or (_latest(known).urn if known else ""),
        token=new_id(),
    )


async def _child(conn: Connection, desk: Desk, person: Person, id: str) -> child_words.Child:
    """A child whom this person may see; the read is recorded. Raises Problem 404."""
    try:
        wanted = str(UUID(id))
    except ValueError:
        raise Problem(404, "child-unknown", "There is no such child. Search again.") from None
    return await children.visible(conn, shared.Desk(desk.running, desk.book, desk.look), person, wanted)


def _latest(child: child_words.Child) -> Any:
    return max(child.referrals, key=lambda each: each.received_at)


async def _answers(conn: Connection, desk: Desk, child: child_words.Child) -> dict[str, Any]:
    """What the form asks and is known of the child already: who it is, its needs, the adults around it."""
    latest, details = _latest(child), child.details.model_dump(mode="json")
    names = ("given_name", "family_name", "born", "upn", "address")
    said = {name: details[name] for name in names if details[name]}
    needs = {
        "primary_need": latest.primary_need,
        "other_needs": list(latest.other_needs),
        "sen_provision": latest.sen_provision,
        "looked_after": latest.looked_after,
    }
    adults = await storage.persons_of(conn, latest.adults)
    return {
        "child": {**said, **{name: value for name, value in needs.items() if value not in (None, [])}},
        "adults": [_adult(adults[id]) for id in latest.adults if id in adults],
    }


def _adult(details: Any) -> dict[str, Any]:
    names = ("given_name", "family_name", "relation", "email", "phone", "may_be_told", "channel", "language")
    return {name: value for name in names if (value := getattr(details, name)) is not None}
