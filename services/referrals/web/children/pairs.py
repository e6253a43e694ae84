"""Records that look like one child: side by side, to be merged, or kept apart; and undoing a merge."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.decision import Refused
from chassis.english import in_words
from chassis.storage import Connection
from chassis.web.access import record_reads
from chassis.web.fields import Fields
from chassis.web.forms import Form, Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from chassis.web.start import Task
from services.referrals import storage
from services.referrals.domain.children.aliases import KeepApart, MergePersons, OnPair, UnmergePersons
from services.referrals.domain.permissions import may
from services.referrals.domain.referral import Referral
from services.referrals.domain.staff.restricted import subject_of
from services.referrals.web.desk import Desk

Merging = Annotated[Person, Depends(signed_in("person:merge"))]
TASKS = (
    Task(
        "Records that look alike",
        "/duplicates",
        "Children who may be in here twice: compare, then merge them or keep them apart.",
        "person:merge",
    ),
)
_COMMANDS: dict[str, type[OnPair]] = {"merge": MergePersons, "apart": KeepApart, "unmerge": UnmergePersons}
_DONE = {
    "merge": "The two records are one child now. You can undo this on the child's page.",
    "apart": "Noted: these are two children. Nobody is asked again.",
    "unmerge": "They are two records again, as they were before.",
}


def router(desk: Desk) -> APIRouter:
    """The routes of records that look alike."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/duplicates")
    async def pairs(person: Merging, request: Request) -> Response:
        """Pairs that nobody has decided about yet."""
        return await _pairs(desk, request, person)

    @routes.get("/duplicates/{kept}/{other}")
    async def pair(kept: UUID, other: UUID, person: Merging, request: Request) -> Response:
        """Two records side by side."""
        return await _pair(desk, request, person, str(kept), str(other), {}, [])

    @routes.post("/duplicates/{kept}/{other}")
    async def decide(kept: UUID, other: UUID, person: Merging, form: Posted, request: Request) -> Response:
        """Merges them, keeps them apart, or undoes a merge."""
        return await _decided(desk, request, person, str(kept), str(other), form)

    return routes


async def _pairs(desk: Desk, request: Request, person: Person) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        found = await storage.children.likely_pairs(conn)
        ids = {id for each in found for id in (each.kept, each.other)}
        shut = {id for id in ids if await _shut(conn, desk, person, id)}
        found = [each for each in found if not {each.kept, each.other} & shut]
        people = await storage.children.people(conn, ids - shut)
        await record_reads(conn, person, "child", sorted(people))
    lines = [
        {
            "href": f"/duplicates/{each.kept}/{each.other}",
            "name": f"{people[each.kept].details.given_name} {people[each.kept].details.family_name}",
            "born": in_words(each.born),
            "upns": " and ".join(people[id].details.upn or "none" for id in (each.kept, each.other)),
        }
        for each in found
    ]
    return desk.look.page("children/pairs.html", request, person=person, lines=lines)


async def _shut(conn: Connection, desk: Desk, person: Person, id: str) -> bool:
    """Whether a referral of this record is restricted to others: then only they decide about it."""
    found = await storage.children.referrals_of(conn, [id])
    return any(not may(person, "child:see", subject_of(each, held, desk.now)) for each, held in found)


async def _pair(
    desk: Desk,
    request: Request,
    person: Person,
    kept: str,
    other: str,
    typed: dict[str, str],
    faults: list[Fault],
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        if any([await _shut(conn, desk, person, id) for id in (kept, other)]):
            raise _UNKNOWN
        people = await storage.children.people(conn, [kept, other])
        if set(people) != {kept, other} or any(each.details.relation != "child" for each in people.values()):
            raise _UNKNOWN
        aliases = await storage.children.aliases(conn, [kept, other])
        referrals = {id: await storage.children.referrals_of(conn, [id]) for id in (kept, other)}
        await record_reads(conn, person, "child", [kept, other])
    into = aliases[other].into if other in aliases else None
    columns = [_column(people[id].details, [each for each, _ in referrals[id]], desk) for id in (kept, other)]
    return desk.look.page(
        "children/pair.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        typed=typed,
        rows=[
            {"term": term, "one": one, "two": two, "differs": one != two}
            for (term, one), (_, two) in zip(*columns, strict=True)
        ],
        merged=into == kept,
        swapped=f"/duplicates/{other}/{kept}",
        kept=kept,
    )


_UNKNOWN = Problem(404, "child-unknown", "One of these records is not known as a child's. Search again.")


def _column(details: Any, referrals: list[Referral], desk: Desk) -> list[tuple[str, str]]:
    schools = {
        setting.name if (setting := desk.book.register.find(each.urn)) else each.urn for each in referrals
    }
    return [
        ("Given name", details.given_name),
        ("Family name", details.family_name),
        ("Born", in_words(details.born) if details.born else "Not given"),
        ("Unique Pupil Number", details.upn or "None"),
        ("Address", details.address or "Not given"),
        ("E-mail", details.email or "Not given"),
        ("Telephone", details.phone or "Not given"),
        ("Told of their own referrals", "Yes" if details.may_be_told else "No"),
        ("Schools", ", ".join(sorted(schools)) or "None"),
        ("Referrals", ", ".join(each.reference for each in referrals) or "None"),
    ]


async def _decided(
    desk: Desk, request: Request, person: Person, kept: str, other: str, form: Form
) -> Response:
    async with desk.running.pool.acquire() as conn:
        if any([await _shut(conn, desk, person, id) for id in (kept, other)]):
            raise _UNKNOWN
    fields = Fields(form, desk.today)
    did = fields.choice("did", _COMMANDS, "Choose what these two records are.")
    reason = fields.words("reason", "Write how you know.", 2000)
    if not fields.faults:
        try:
            await desk.running.runner.command(_COMMANDS[did](kept, other, person.id, reason))
        except Refused as refusal:
            fields.fault(
                "reason" if refusal.code == "reason-missing" else "did", refusal.code, refusal.detail
            )
        else:
            to = "/duplicates" if did == "apart" else f"/children/{kept}"
            return desk.look.redirect(to, _DONE[did])
    return await _pair(desk, request, person, kept, other, fields.typed, fields.faults)
