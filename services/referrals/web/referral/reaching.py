"""Families that could not be told, or are reached elsewhere: what stands in the way, and what the school does."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.english import capital
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.forms import Posted
from chassis.web.people import Person
from schemas.personal_v1 import PersonDetails
from schemas.told import MESSAGES
from services.referrals import storage
from services.referrals.domain.permissions import reach
from services.referrals.domain.reaching import NOBODY, CheckContact, Decided, DecideTelling, untold
from services.referrals.domain.referral import ContactCheck, Referral, Told
from services.referrals.web.desk import Desk, Looking, to_change
from services.referrals.web.referral.telling import relation_words

_PATH = "/referrals/{reference}/reaching"
_NOT_YOURS = "The school sees to it that its families are reached."
#: What stands in the way, by the code of the notifications service; every other one is of an address that is refused.
_WHY = {
    "no-contact": "No e-mail address or mobile number is recorded by which we could write.",
    "nobody-may-be-told": "Nobody is recorded who may be told.",
    "uncertain": "It went out, and nobody knows whether it arrived. If we send it again, it may come twice.",
    "expired": "It could not be delivered for a whole day.",
}
_SAYS_OTHER = "The family has given another contact"
_WAYS = {"email": "e-mail address", "text": "mobile number"}
_REFUSED = "The address or number does not work."
_DONE = {
    "told": "Thank you. It is recorded that you told them.",
    "again": "It goes out again, to the contact that is recorded now.",
}


def router(desk: Desk) -> APIRouter:
    """The page of one referral whose family could not be told."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(_PATH)
    async def show(reference: str, person: Looking, request: Request) -> Response:
        """Each message that did not get through, and what can be done. The read is recorded."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            referral = await to_change(conn, desk, person, reference, _NOT_YOURS)
            await record_read(conn, person, "referral", referral.id)
            about = [*(each.person_id for each in untold(referral)), *(c.person_id for c in referral.checks)]
            people = await storage.persons_of(conn, about)
        lines = [_line(each, people) for each in untold(referral)]
        checks = [_check(each, people) for each in referral.checks]
        values: dict[str, Any] = {"reference": referral.reference, "lines": lines, "checks": checks}
        return desk.look.page("referral/reaching.html", request, person=person, **values)

    @routes.post(_PATH + "/checked")
    async def checked(reference: str, person: Looking, form: Posted) -> Response:
        """The school has looked at its record of a contact."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            referral = await to_change(conn, desk, person, reference, _NOT_YOURS)
        done, way = "Thank you. It is recorded that you looked at it.", form.get("way")
        try:
            await desk.running.runner.command(
                CheckContact(referral.id, form.get("person"), "text" if way == "text" else "email", person.id)
            )
        except Refused as refusal:
            done = refusal.detail
        return desk.look.redirect(f"/referrals/{referral.reference}/reaching", done)

    @routes.post(_PATH + "/{message_id}")
    async def decide(reference: str, message_id: str, person: Looking, form: Posted) -> Response:
        """The school told them, or it goes out again."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            referral = await to_change(conn, desk, person, reference, _NOT_YOURS)
        decided: Decided = "told" if form.get("decided") == "told" else "again"
        done = _DONE[decided]
        try:
            await desk.running.runner.command(DecideTelling(referral.id, message_id, decided, person.id))
        except Refused as refusal:
            done = refusal.detail
        return desk.look.redirect(f"/referrals/{referral.reference}/reaching", done)

    return routes


async def for_school(conn: Connection, person: Person) -> list[Referral]:
    """The referrals of this person's schools whose families could not be told."""
    return await storage.to_reach(conn, reach(person, "referral:change"))


def lines(found: Iterable[Referral], children: Mapping[str, str]) -> list[dict[str, Any]]:
    """A line for each of them on the school's page; ``children`` are the names by id."""
    return [
        {
            "reference": each.reference,
            "child": children.get(each.child_id, ""),
            "what": [
                *dict.fromkeys(MESSAGES.get(one.fact, one.fact) for one in untold(each)),
                *([_SAYS_OTHER] if each.checks else []),
            ],
        }
        for each in found
    ]


def _who(person_id: str, people: Mapping[str, PersonDetails]) -> str:
    whose = people.get(person_id)
    name = f"{whose.given_name} {whose.family_name}" if whose else "The family"
    return f"{name}, {relation_words(whose)}" if whose else name


def _check(check: ContactCheck, people: Mapping[str, PersonDetails]) -> dict[str, Any]:
    whose = people.get(check.person_id)
    held = whose and (whose.email if check.way == "email" else whose.phone)
    return {
        "person": check.person_id,
        "way": check.way,
        "words": _WAYS[check.way],
        "who": _who(check.person_id, people),
        "held": held or "none",
        "since": check.at,
    }


def _line(told: Told, people: Mapping[str, PersonDetails]) -> dict[str, Any]:
    whose = people.get(told.person_id)
    return {
        "id": told.message_id,
        "what": MESSAGES.get(told.fact, told.fact),
        "who": _who(told.person_id, people),
        "phone": whose.phone if whose else None,
        "why": capital(_WHY.get(told.why, _REFUSED)),
        "since": told.at,
        "again": told.person_id != NOBODY,
    }
