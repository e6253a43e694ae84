"""Finding a child by name, UPN or reference. What is searched for is posted, so that no name stands in an address."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from stdnum.exceptions import ValidationError
from stdnum.gb import upn

from chassis.english import in_words
from chassis.storage import Connection
from chassis.web.access import record_reads
from chassis.web.forms import Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault
from chassis.web.start import Task
from services.referrals import storage
from services.referrals.domain.children.names import likeness
from services.referrals.domain.identity import read_reference
from services.referrals.domain.permissions import reach
from services.referrals.storage.children import Within
from services.referrals.web.desk import Desk

Seeing = Annotated[Person, Depends(signed_in("child:see"))]
TASKS = (
    Task(
        "Find a child",
        "/search",
        "By name, Unique Pupil Number or reference; spelling does not have to be exact.",
        "child:see",
        menu="Find a child",
    ),
)
LONGEST = 200  # characters of a search: two long names
_FEWEST = 2  # letters of a name


def router(desk: Desk) -> APIRouter:
    """The routes of the search."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/search")
    async def empty(person: Seeing, request: Request) -> Response:
        """An empty search."""
        return desk.look.page("children/search.html", request, person=person, typed="", found=None)

    @routes.post("/search")
    async def search(person: Seeing, form: Posted, request: Request) -> Response:
        """The children that were found, the nearest first; each that is shown is recorded as read."""
        typed = form.get("q")
        faults = list(_faults(typed))
        found = [] if faults else await _found(desk, person, typed)
        return desk.look.page(
            "children/search.html",
            request,
            person=person,
            status=422 if faults else 200,
            problems=faults,
            typed=typed[:LONGEST],
            found=None if faults else found,
        )

    return routes


def _faults(typed: str) -> Sequence[Fault]:
    if not typed:
        return [
            Fault(field="q", code="missing", message="Write a name, a Unique Pupil Number or a reference.")
        ]
    if len(typed) > LONGEST:
        message = f"Search for at most {LONGEST} characters: one name or two are enough."
        return [Fault(field="q", code="too-long", message=message)]
    if len(likeness(typed)) < _FEWEST:
        return [Fault(field="q", code="too-short", message=f"Write at least {_FEWEST} letters of a name.")]
    return []


async def _found(desk: Desk, person: Person, typed: str) -> list[dict[str, Any]]:
    within = Within(reach(person, "child:see"), desk.now)
    async with desk.running.pool.acquire() as conn, conn.transaction():
        ids = await _exactly(conn, desk, within, typed)
        if not ids:
            ids = await storage.children.alike(conn, likeness(typed), within)
        roots = dict.fromkeys([(await storage.children.records_of(conn, id))[0] for id in ids])
        people = await storage.children.people(conn, roots)
        await record_reads(conn, person, "child", [id for id in roots if id in people])
    return [_line(id, people[id].details) for id in roots if id in people]


async def _exactly(conn: Connection, desk: Desk, within: Within, typed: str) -> list[str]:
    """The child of this reference, old or new, or of this UPN, if it may be found; else nothing."""
    reference = read_reference(typed)
    ids = []
    if reference:
        referral = await storage.by_reference(conn, reference)
        ids += [referral.child_id] if referral else []
    number = _upn(typed)
    if number:
        ids.append(desk.book.ids.child("", number))
    ids += await storage.children_by_old_reference(conn, typed)
    return await storage.children.known(conn, ids, within) if ids else []


def _upn(typed: str) -> str | None:
    try:
        return str(upn.validate("".join(typed.split()).upper()))
    except ValidationError:
        return None


def _line(id: str, details: Any) -> dict[str, Any]:
    return {
        "id": id,
        "name": f"{details.given_name} {details.family_name}",
        "born": in_words(details.born) if details.born else "not given",
        "upn": details.upn or "none yet",
    }
