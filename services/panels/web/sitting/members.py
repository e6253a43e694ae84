"""Who sits at a sitting, and who of them stands aside for which case: a page of the sitting."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.web.access import record_read
from chassis.web.fields import Fields, faults_of
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from services.panels import arrangements, planned, storage
from services.panels.domain.panels.membership import Members
from services.panels.domain.permissions import Action
from services.panels.domain.sittings.arranging import SeatMembers, StandAside
from services.panels.domain.sittings.members import Attends
from services.panels.web.desk import Coordinating, Desk, Seeing
from services.panels.web.sitting.by_hand import found
from services.panels.web.sitting.members_shown import ASIDE_REASONS, ATTENDS, Table, seats_of, shown

ROLES = ("panel-member", "chair", "service-manager", "deciding-officer", "panel-coordinator")
_BACK = timedelta(days=366)


def router(desk: Desk) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sittings/{sitting_id}/members")
    async def members(request: Request, person: Seeing, sitting_id: str) -> Response:
        """Who sits there; the read is recorded."""
        return await _show(desk, request, person, sitting_id)

    @routes.post("/sittings/{sitting_id}/members")
    async def seat(request: Request, person: Coordinating, sitting_id: str, form: Posted) -> Response:
        """The members are named, the whole of them."""
        async with desk.running.pool.acquire() as conn:
            filled = await found(desk, conn, person, sitting_id, "case:coordinate")
        command = SeatMembers(sitting_id, _named(seats_of(desk, filled.sitting), form), _seen(form))
        return await _do(desk, request, person, sitting_id, form, command, "The members are kept.")

    @routes.post("/sittings/{sitting_id}/aside")
    async def aside(request: Request, person: Seeing, sitting_id: str, form: Posted) -> Response:
        """A member stands aside, or takes part after all: a co-ordinator says so, or they say it of themselves."""
        fields = Fields(form, desk.today)
        staff_id, case_id = form.get("staff"), form.get("case")
        async with desk.running.pool.acquire() as conn:
            own: Action = "case:see" if staff_id == person.id else "case:coordinate"
            await found(desk, conn, person, sitting_id, own)
            if case_id:
                await desk.case(conn, person, case_id)
        command = _aside(fields, sitting_id, staff_id, case_id)
        if fields.faults:
            return await _show(desk, request, person, sitting_id, form, fields.faults)
        done = "It is noted who stands aside." if command.why else "The member takes part."
        return await _do(desk, request, person, sitting_id, form, command, done)

    return routes


def _aside(fields: Fields, sitting_id: str, staff_id: str, case_id: str) -> StandAside:
    if fields.typed.get("undo"):
        return StandAside(sitting_id, staff_id, case_id, None)
    if not staff_id:
        fields.fault("staff", "not-chosen", "Choose who stands aside.")
    if not case_id:
        fields.fault("case", "not-chosen", "Choose the case.")
    why = fields.choice("why", ASIDE_REASONS, "Choose why they stand aside.")
    return StandAside(sitting_id, staff_id, case_id, why, fields.optional("words", 2000) or "")


def _named(members: Members, form: Form) -> tuple[tuple[str, str, Attends], ...]:
    """The seats that were filled in."""
    chosen: list[tuple[str, str, Attends]] = []
    for each in members.seats:
        for number in range(each.places):
            attends: Any = form.get(f"attends-{each.seat}-{number}")
            if staff_id := form.get(f"{each.seat}-{number}"):
                chosen.append((each.seat, staff_id, attends if attends in ATTENDS else "unknown"))
    return tuple(chosen)


def _seen(form: Form) -> tuple[str, ...]:
    return tuple(form.get("seen").split())


async def _do(
    desk: Desk, request: Request, person: Person, sitting_id: str, form: Form, command: object, done: str
) -> Response:
    try:
        await desk.running.runner.command(command)
    except Refused as refusal:
        return await _show(desk, request, person, sitting_id, form, faults_of(refusal))
    return desk.look.redirect(f"/sittings/{sitting_id}/members", done)


async def _show(
    desk: Desk,
    request: Request,
    person: Person,
    sitting_id: str,
    form: Form | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        filled = await found(desk, conn, person, sitting_id)
        sitting = filled.sitting
        others = await storage.sittings(conn, sitting.sits_on - _BACK, date.max, sitting.panel)
        colleagues = await arrangements.colleagues(conn, ROLES)
        on_batch = await storage.cases_by_id(conn, sitting.case_ids)
        waiting = await planned.plannable(conn, sitting.panel)
        cases = await desk.open(
            conn, person, list({case.case_id: case for case in (*on_batch, *waiting)}.values())
        )
        await record_read(conn, person, "sitting", sitting_id)
    typed = {name: form.get(name) for name in form.names} if form else {}
    # Of the page's two forms only the one that was sent holds what was typed; the other one is as it stands.
    seated = typed if "seen" in typed else {}
    table = Table(desk, person, filled, [each.sitting for each in others], colleagues, cases)
    return desk.look.page(
        "members.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        typed=typed,
        **shown(table, seated, typed),
    )
