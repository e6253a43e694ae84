"""Agenda packs: for each member of a sitting one of their own, without the cases for which they stand aside."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from chassis.staff import COLLEAGUES, Staff
from chassis.storage import Connection
from chassis.web.access import record_reads
from chassis.web.people import Person
from chassis.web.problems import Problem
from services.panels import storage, views
from services.panels.documents.pack import Item, Seated, in_plain, is_ready, pack
from services.panels.domain.cases.case import Case
from services.panels.domain.permissions import may
from services.panels.domain.sittings.sitting import Sitting
from services.panels.web.aside import stands_aside
from services.panels.web.desk import Desk, Seeing
from services.panels.web.out.files import PDF, download

_NOT_READY = Problem(
    409,
    "not-ready",
    "Papers have not closed yet, so that the agenda may still change. Come back when they have.",
)


def router(desk: Desk) -> APIRouter:
    """The routes of packs."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sittings/{sitting_id}/pack")
    async def listed(request: Request, person: Seeing, sitting_id: str) -> Response:
        """Whose packs there are: a member sees their own, the co-ordinator all."""
        async with desk.running.pool.acquire() as conn:
            sitting = await _sitting(desk, conn, person, sitting_id)
            seats = await seated(conn, sitting)
        shown = [each for each in seats if _may_have(desk, person, sitting, each.staff_id)]
        return desk.look.page(
            "pack.html",
            request,
            person=person,
            sitting=sitting,
            panel=views.panel_name(desk.book, sitting.panel),
            seats=[(each, in_plain(each.seat)) for each in shown],
            ready=is_ready(sitting),
            drafts=desk.sees_panel(person, sitting.panel, "case:coordinate"),
        )

    @routes.get("/sittings/{sitting_id}/pack/{staff_id}.pdf")
    async def one(person: Seeing, sitting_id: str, staff_id: str) -> Response:
        """One member's pack; that it was read is recorded for each case in it."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            sitting = await _sitting(desk, conn, person, sitting_id)
            seats = await seated(conn, sitting)
            reader = next((each for each in seats if each.staff_id == staff_id), None)
            if reader is None or not _may_have(desk, person, sitting, staff_id):
                raise Problem(404, "unknown-pack", "There is no such pack among those that you may have.")
            if not is_ready(sitting) and not desk.sees_panel(person, sitting.panel, "case:coordinate"):
                raise _NOT_READY
            cases = await _for_both(desk, conn, person, sitting, staff_id)
            aside = await stands_aside(conn, sitting, staff_id, cases)
            heard = [case for case in cases if case.case_id not in aside]
            items = [Item(case, await storage.background(conn, case)) for case in heard]
            await record_reads(conn, person, "pack", [sitting_id, *(case.case_id for case in heard)])
        made = await _made(desk, sitting, reader, seats, items, len(cases) - len(heard))
        return download(made, f"{sitting_id}-pack.pdf", PDF)

    return routes


async def seated(conn: Connection, sitting: Sitting) -> list[Seated]:
    """The members of a sitting, each by name; whoever is not known here is left out."""
    known = await COLLEAGUES.load(conn, sorted({each.staff_id for each in sitting.members}), lock=False)
    return [
        Seated(each.staff_id, known[each.staff_id].state.name, each.seat, each.attends)
        for each in sitting.members
        if each.staff_id in known
    ]


async def _sitting(desk: Desk, conn: Connection, person: Person, sitting_id: str) -> Sitting:
    found = await storage.sitting(conn, sitting_id)
    if found is None or not desk.sees_panel(person, found.sitting.panel):
        raise Problem(404, "unknown-sitting", "There is no such sitting among those of your panels.")
    return found.sitting


def _may_have(desk: Desk, person: Person, sitting: Sitting, staff_id: str) -> bool:
    return person.id == staff_id or desk.sees_panel(person, sitting.panel, "case:coordinate")


async def _for_both(
    desk: Desk, conn: Connection, person: Person, sitting: Sitting, staff_id: str
) -> Sequence[Case]:
    """The cases of the agenda that both may see: the member for whom the pack is, and whoever asks for it."""
    member = await Staff(desk.running.clock).by_id(conn, staff_id)
    cases = await storage.cases_by_id(conn, sitting.case_ids)
    known = await storage.subjects(conn, [each for each in cases if each.status != "withdrawn"], desk.now)
    return [
        case
        for case, subject in known
        if member is not None and may(person, "case:see", subject) and may(member, "case:see", subject)
    ]


async def _made(
    desk: Desk, sitting: Sitting, reader: Seated, seats: Sequence[Seated], items: Sequence[Item], aside: int
) -> bytes:
    panel = desk.book.at(sitting.panel, sitting.sits_on)
    if panel is None:
        raise Problem(409, "panel-unknown", "No file describes this panel on that day: ask the operator.")
    made_at, council = desk.now, desk.running.settings.council
    data = pack(council, panel, sitting, reader, seats, items, aside, made_at)
    return await desk.typesetter.typeset("pack", data, made_at)
