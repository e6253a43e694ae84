"""Handing somebody of a family a code for its private page: by a person of the school who knows them by sight."""

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response

from chassis import readable
from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.english import in_words
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import Fields, faults_of
from chassis.web.forms import Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from schemas.personal_v1 import PersonDetails
from services.referrals import storage
from services.referrals.domain.page_codes import BYTES, LASTS, HandCode, PageCode, RevokeCode
from services.referrals.domain.referral import Referral
from services.referrals.web.desk import Desk, Looking, names, to_change
from services.referrals.web.referral.telling import relation_words

_PATH = "/referrals/{reference}/page-codes"
_NOT_YOURS = "The school hands over codes: it knows the family by sight."
_STANDING = {
    "open": "works until {ends}",
    "used": "was used on {used}",
    "revoked": "was taken back on {revoked}",
    "over": "worked until {ends}",
}


def router(desk: Desk) -> APIRouter:
    """The list of codes, the form, and the page that is printed."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(_PATH)
    async def show(reference: str, person: Looking, request: Request) -> Response:
        """Who may be handed a code, and what became of those before. The read is recorded."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            return await _page(conn, desk, person, request, reference)

    @routes.post(_PATH)
    async def hand(reference: str, person: Looking, form: Posted, request: Request) -> Response:
        """Makes a code and shows it, this once."""
        fields = Fields(form, desk.today)
        async with desk.running.pool.acquire() as conn, conn.transaction():
            referral = await to_change(conn, desk, person, reference, _NOT_YOURS)
            people = await _told(conn, referral)
            whose = fields.choice("person", people, "Choose whom you give the code to.")
            why = fields.words("why", "Write how you know them: it is kept.", 500)
            codes = await storage.page_codes_of(conn, referral.id)
            if fields.faults:
                return await _page(conn, desk, person, request, reference, fields.typed, fields.faults)
        instead = tuple(c.id for c in codes if c.person_id == whose and c.standing(desk.now) == "open")
        try:
            letters = await _handed(desk, person, referral, whose, why, instead)
        except Refused as refusal:
            field = "why" if refusal.code == "reason-missing" else "person"
            async with desk.running.pool.acquire() as conn, conn.transaction():
                faults = faults_of(refusal, field)
                return await _page(conn, desk, person, request, reference, fields.typed, faults)
        return _shown_once(desk, person, request, referral, letters, people[whose])

    @routes.post(_PATH + "/{code_id}/revoke")
    async def revoke(reference: str, code_id: str, person: Looking, form: Posted) -> Response:
        """The code opens nothing any more."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            referral = await to_change(conn, desk, person, reference, _NOT_YOURS)
        done = "The code does not work any more."
        try:
            await desk.running.runner.command(RevokeCode(code_id, referral.id, person.id))
        except Refused as refusal:
            done = refusal.detail
        return desk.look.redirect(f"/referrals/{referral.reference}/page-codes", done)

    return routes


async def _handed(
    desk: Desk, person: Person, referral: Referral, whose: str, why: str, instead: tuple[str, ...]
) -> str:
    """The letters of a new code, ``instead`` of which others work no more. Raises Refused."""
    letters = readable.letters_of(secrets.token_bytes(BYTES))
    digest = readable.digest(letters)
    await desk.running.runner.command(
        HandCode(str(uuid4()), referral.id, whose, person.id, digest, why, instead)
    )
    return letters


def _shown_once(
    desk: Desk, person: Person, request: Request, referral: Referral, letters: str, whose: PersonDetails
) -> Response:
    return desk.look.page(
        "referral/page-code.html",
        request,
        person=person,
        reference=referral.reference,
        code=readable.grouped(letters),
        who=_name(whose),
        ends=london_date(desk.now + LASTS),
    )


async def _told(conn: Connection, referral: Referral) -> dict[str, PersonDetails]:
    """Those who may be told of the referral, by id."""
    return await storage.persons_of(conn, referral.tell)


async def _page(
    conn: Connection,
    desk: Desk,
    person: Person,
    request: Request,
    reference: str,
    typed: dict[str, str] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    referral = await to_change(conn, desk, person, reference, _NOT_YOURS)
    await record_read(conn, person, "referral", referral.id)
    codes = await storage.page_codes_of(conn, referral.id)
    people = await storage.persons_of(conn, {*referral.tell, *(code.person_id for code in codes)})
    staff = await names(conn, (code.by for code in codes))
    return desk.look.page(
        "referral/page-codes.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        reference=referral.reference,
        typed=typed or {},
        people=[
            {"value": id, "text": _name(people[id]), "hint": {"text": _reached(people[id])}}
            for id in referral.tell
            if id in people
        ],
        codes=[_code(desk, code, people, staff) for code in codes],
    )


def _name(details: PersonDetails) -> str:
    return f"{details.given_name} {details.family_name}"


def _reached(details: PersonDetails) -> str:
    """Who it is, and whether a code can be sent to them by a second way."""
    both = bool(details.email and details.phone)
    ways = (
        "has an e-mail address and a telephone: the page can send a code" if both else "has one contact only"
    )
    return f"{relation_words(details).capitalize()}; {ways}"


def _code(
    desk: Desk, code: PageCode, people: dict[str, PersonDetails], staff: dict[str, str]
) -> dict[str, Any]:
    standing = code.standing(desk.now)
    days = {
        "ends": code.ends_at,
        "used": code.used_at or code.ends_at,
        "revoked": code.revoked_at or code.ends_at,
    }
    said = {name: in_words(london_date(at)) for name, at in days.items()}
    whose = people.get(code.person_id)
    return {
        "id": code.id,
        "who": _name(whose) if whose else "A former contact",
        "stands": _STANDING[standing].format(**said),
        "by": staff.get(code.by, "a colleague"),
        "at": code.handed_at,
        "why": code.why,
        "open": standing == "open",
    }
