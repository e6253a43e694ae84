"""A child has come to a school from another one: the new school says so by the child's number and birth date.

Nothing is said of any child before both are exactly right, and nobody may try often.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from stdnum.gb import upn as upns

from chassis.decision import Refused
from chassis.storage import Connection
from chassis.web.access import record_reads
from chassis.web.fields import Fields, day_items
from chassis.web.forms import Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault
from chassis.web.rates import Counts
from services.referrals import storage
from services.referrals.domain.permissions import reach
from services.referrals.domain.referral import Referral
from services.referrals.domain.staff.restricted import Restriction, subject_of
from services.referrals.domain.work.relocating import MoveChild
from services.referrals.web.children.contacts import offered_adults
from services.referrals.web.desk import Desk

ARRIVALS = "/arrivals"
#: Tries of one person within ten minutes that fitted no child: nobody can go through numbers.
MOST_TRIES = 10
Arriving = Annotated[Person, Depends(signed_in("move:record"))]


@dataclass(frozen=True, slots=True)
class Arrival:
    """What was typed: the child's number and birth date, the school, and the first day there."""

    upn: str
    born: date
    urn: str
    on: date


def router(desk: Desk, secret: str) -> APIRouter:
    """The routes; ``secret`` keys the counts of tries."""
    routes = APIRouter(include_in_schema=False)
    tries = Counts(secret)

    @routes.get(ARRIVALS)
    async def ask(person: Arriving, request: Request) -> Response:
        """The form."""
        return _page(desk, request, person, {}, [])

    @routes.post(ARRIVALS)
    async def arrive(person: Arriving, form: Posted, request: Request) -> Response:
        """Records the move, or says that nothing fits; every try is counted, every child that was found recorded."""
        fields = Fields(form, desk.today)
        arrival = _read(fields, person)
        if not fields.faults:
            sentence = await _recorded(desk, person, arrival, fields, tries)
            if not fields.faults:
                return desk.look.redirect("/school", sentence)
        return _page(desk, request, person, fields.typed, fields.faults)

    return routes


def _read(fields: Fields, person: Person) -> Arrival:
    number = fields.words("upn", "Write the child's Unique Pupil Number: 13 characters.", 40)
    if number and not upns.is_valid(number):
        fields.fault("upn", "upn-invalid", "This is no Unique Pupil Number: check each character.")
    born = fields.day("born", "Write the child's date of birth.", last=fields.today)
    on = fields.day("on", "Write the first day at your school.")
    own = sorted(reach(person, "move:record").urns)
    urn = own[0] if len(own) == 1 else fields.choice("urn", own, "Choose the school that the child came to.")
    return Arrival(number, born, urn, on)


async def _recorded(desk: Desk, person: Person, arrival: Arrival, fields: Fields, tries: Counts) -> str:
    """Moves the child; answers what to say. A fault where no child fits, whatever of it was wrong."""
    id = desk.book.ids.child("", arrival.upn)
    async with desk.running.pool.acquire() as conn, conn.transaction():
        await tries.one_at_a_time(conn, "arrival", person.id)
        await tries.check(conn, "arrival", person.id, MOST_TRIES)
        command = await _command(conn, desk, person, arrival, id)
        if command is None:
            await tries.add(conn, "arrival", person.id)
    if command is None:
        fields.fault(
            "upn",
            "no-such-child",
            "No child with this number and this date of birth is known here. Check both with the family; "
            "a child that nobody has referred yet needs no move.",
        )
        return ""
    try:
        await desk.running.runner.command(command)
    except Refused as refusal:
        fields.fault("on" if refusal.code == "day-far-off" else "upn", refusal.code, refusal.detail)
    return "The move is recorded. What is open for the child is with your school now, and your contacts are used."


async def _command(
    conn: Connection, desk: Desk, person: Person, arrival: Arrival, id: str
) -> MoveChild | None:
    """The move of the child that fits exactly, which is recorded as read.

    None where there is none, or all that is known of it is restricted to others: nobody learns that it is.
    """
    ids = await storage.children.records_of(conn, id)
    known = await storage.children.people(conn, [id, *ids])
    if id not in known or known[id].details.born != arrival.born or ids[0] not in known:
        return None
    found = await storage.children.referrals_of(conn, ids)
    shut = frozenset(each.id for each, held in found if not _opens(each, held, desk, person))
    if found and len(shut) == len(found):
        return None
    await record_reads(conn, person, "child", ids)
    referral_ids, adults = tuple(each.id for each, _ in found), offered_adults([known[ids[0]]])
    return MoveChild(ids[0], referral_ids, arrival.urn, arrival.on, person.id, adults, shut)


def _opens(referral: Referral, restriction: Restriction | None, desk: Desk, person: Person) -> bool:
    """Whether a referral is not restricted to others."""
    named = subject_of(referral, restriction, desk.now).named
    return not named or person.id in named


def _page(
    desk: Desk, request: Request, person: Person, typed: dict[str, str], faults: list[Fault]
) -> Response:
    def days(name: str) -> Any:
        return day_items(name, typed, faults, desk.today if name == "on" else None)

    own = sorted(reach(person, "move:record").urns)
    schools = [
        {"value": urn, "text": setting.name}
        for urn in own
        if (setting := desk.book.register.find(urn)) is not None
    ]
    return desk.look.page(
        "school/arrival.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        typed=typed,
        days=days,
        schools=schools if len(own) > 1 else [],
    )
