"""A case is given another sitting by hand: first which one, then what that costs, and with a reason it is done."""

from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.english import with_weekday
from chassis.runner import IdempotencyConflict
from chassis.web.access import record_read
from chassis.web.fields import Fields, sent_once
from chassis.web.forms import Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from chassis.web.sheets import Sheet, refused
from services.panels import storage, views
from services.panels.domain.cases.case import Case
from services.panels.domain.plan.plans import with_siblings
from services.panels.domain.sittings.sitting import takes_cases
from services.panels.replanning import Standing
from services.panels.storage import Filled
from services.panels.web.desk import LATE, Coordinating, Desk
from services.panels.web.plan import plans
from services.panels.web.plan.costs import price_of
from services.panels.web.plan.swapping import to_swap_with

_BESIDE = {"family-knows": "told"}
_EMPTY = Sheet()
_NOT_CHOSEN = Fault(field="to", code="not-chosen", message="Choose a sitting.")


def can_be_moved(case: Case, standing: Standing) -> bool:
    """Whether the case waits, or is on a batch that can still change."""
    return case.case_id in standing.asked.current


def router(desk: Desk) -> APIRouter:
    """The routes of a move."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/cases/{case_id}/move")
    async def ask(request: Request, person: Coordinating, case_id: str, to: str | None = None) -> Response:
        """Which sitting; once one is chosen, what it costs. Back to the case where it can be moved no more."""
        return await _form(desk, request, person, case_id, to)

    @routes.post("/cases/{case_id}/move")
    async def move(
        request: Request, person: Coordinating, case_id: str, form: Posted, to: str = ""
    ) -> Response:
        """The case, and whoever is heard together with it, is given this sitting."""
        async with desk.running.pool.acquire() as conn:
            case = await desk.case(conn, person, case_id, "case:coordinate")
        fields = Fields(form, desk.today)
        why = fields.words("reason", "Write why the case is moved.")
        if fields.faults:
            return await _form(desk, request, person, case_id, to, Sheet(form, fields.faults))
        standing = await desk.planning.as_kept(case.panel)
        told, seen = form.get("told") == "yes", fields.number("seen")
        command = plans.by_hand(standing, case, to, why, told, person.id, seen)
        if not await _all_open(desk, person, standing, case):
            said = [Fault(field="", code="heard-with-others", message=plans.UNSEEN)]
            return await _form(desk, request, person, case_id, to, Sheet(form, said))
        once = sent_once(form, f"move:{case_id}:{to}:{person.id}")
        try:
            faults = await refused(desk.running.runner, command, once, _BESIDE)
        except IdempotencyConflict:
            return _late(desk, case_id)
        if faults:
            return await _form(desk, request, person, case_id, to, Sheet(form, faults))
        return desk.look.redirect(f"/cases/{case_id}", "The case is moved.")

    return routes


async def _form(
    desk: Desk,
    request: Request,
    person: Person,
    case_id: str,
    to: str | None,
    sheet: Sheet = _EMPTY,
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        case = await desk.case(conn, person, case_id, "case:coordinate")
        await record_read(conn, person, "case", case_id)
        ahead = await storage.sittings_ahead(conn, case.panel, desk.now)
    standing = await desk.planning.as_kept(case.panel)
    if not can_be_moved(case, standing):
        return _late(desk, case_id)
    places = [one for one in ahead if _takes(one, case, desk)]
    chosen = next((one for one in places if one.sitting.sitting_id == to), None)
    values = sheet.values(case.version)
    if to is not None and chosen is None:
        values["problems"] = [*sheet.faults, _NOT_CHOSEN]
    return desk.look.page(
        "move.html",
        request,
        person=person,
        case=views.of_case(desk.book, case),
        panel=views.panel_name(desk.book, case.panel),
        sittings=[_choice(one) for one in places],
        chosen=chosen.sitting if chosen else None,
        price=await price_of(desk, case, chosen.sitting.sitting_id) if chosen else None,
        siblings=len(_together(standing, case)) - 1,
        shut=not await _all_open(desk, person, standing, case),
        swaps=await to_swap_with(desk, person, case, chosen.sitting) if chosen else [],
        **values,
    )


def _takes(filled: Filled, case: Case, desk: Desk) -> bool:
    return takes_cases(filled.sitting, desk.now) and not case.sits(filled.sitting.sitting_id)


def _choice(filled: Filled) -> dict[str, Any]:
    sitting = filled.sitting
    fill = f"{filled.listed} of {sitting.capacity} places are taken"
    return {
        "value": sitting.sitting_id,
        "text": with_weekday(sitting.sits_on),
        "hint": {"text": fill},
    }


def _together(standing: Standing, case: Case) -> list[Case]:
    """The case and those who move with it."""
    marks = {each.case_id: each.siblings for each in standing.asked.cases}
    ids = with_siblings([case.case_id], marks)
    return [each for each in standing.asked.cases if each.case_id in ids]


async def _all_open(desk: Desk, person: Person, standing: Standing, case: Case) -> bool:
    """Whether this person may move all who move with a case."""
    moved = _together(standing, case)
    async with desk.running.pool.acquire() as conn:
        return len(await desk.open(conn, person, moved, "case:coordinate")) == len(moved)


def _late(desk: Desk, case_id: str) -> Response:
    return desk.look.redirect(f"/cases/{case_id}?{LATE}=yes")
