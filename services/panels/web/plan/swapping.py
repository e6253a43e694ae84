"""Two cases of two sittings change their places by hand: what that costs both of them first, then with a reason."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from chassis.decision import Refused
from chassis.english import in_words
from chassis.runner import IdempotencyConflict
from chassis.web.access import record_reads
from chassis.web.fields import Fields, faults_of, sent_once
from chassis.web.forms import Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from chassis.web.sheets import Sheet, refused
from services.panels import views
from services.panels.domain.cases.case import Case
from services.panels.domain.sittings.sitting import Sitting
from services.panels.storage import cases_by_id
from services.panels.web.desk import LATE, Coordinating, Desk
from services.panels.web.plan import plans
from services.panels.web.plan.costs import price_of

_EMPTY = Sheet()
_KNOWN = "family-knows"
_NOT_BOTH = "Both families know their present dates: say of each that you want it changed."
With = Annotated[str, Query(alias="with", max_length=60)]


async def to_swap_with(desk: Desk, person: Person, case: Case, sitting: Sitting) -> list[dict[str, Any]]:
    """The cases of a sitting with which this one may change places, as choices; none where it has no place itself."""
    if case.status != "listed":
        return []
    async with desk.running.pool.acquire() as conn:
        found = await cases_by_id(conn, sitting.case_ids)
        theirs = await desk.open(conn, person, found, "case:coordinate")
    return [
        {"value": each.case_id, "text": each.reference, "hint": {"text": _due(each)}}
        for each in theirs
        if each.sits(sitting.sitting_id) and (each.siblings is None or each.siblings != case.siblings)
    ]


def _due(case: Case) -> str:
    return f"Due by {in_words(case.due_on)}" if case.due_on else "Its date is not known"


def router(desk: Desk) -> APIRouter:
    """The routes of a swap."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/cases/{case_id}/swap")
    async def ask(request: Request, person: Coordinating, case_id: str, other: With = "") -> Response:
        """What it costs that the two change places, both reads recorded; back to the choice where none was made."""
        if not other:
            return desk.look.redirect(f"/cases/{case_id}/move")
        return await _form(desk, request, person, case_id, other)

    @routes.post("/cases/{case_id}/swap")
    async def swap(
        request: Request, person: Coordinating, case_id: str, form: Posted, other: With = ""
    ) -> Response:
        """The two change places, with whoever is heard together with either."""
        case, against = await _both(desk, person, case_id, other)
        fields = Fields(form, desk.today)
        why = fields.words("reason", "Write why the two change places.")
        standing, told = await desk.planning.as_kept(case.panel), form.all("told")
        try:
            command = plans.swapped(standing, case, against, why, told, person.id, fields.number("seen"))
            async with desk.running.pool.acquire() as conn:
                moved = plans.concerned(standing, command.arrangement)
                plans.all_seen(command.arrangement, await desk.open(conn, person, moved, "case:coordinate"))
            once = sent_once(form, f"{request.url}:{person.id}")
            faults = fields.faults or await refused(desk.running.runner, command, once)
        except Refused as refusal:
            faults = faults_of(refusal)
        except IdempotencyConflict:
            return _late(desk, case_id)
        if faults:
            return await _form(desk, request, person, case_id, other, Sheet(form, _beside(faults)))
        return desk.look.redirect(f"/cases/{case_id}", "The two cases have changed places.")

    return routes


def _beside(faults: Sequence[Fault]) -> list[Fault]:
    """What is wrong, once beside the boxes where dates that families know were not all ticked."""
    others = [fault for fault in faults if fault.code != _KNOWN]
    unasked = len(others) < len(faults)
    return [*others, Fault(field="told", code=_KNOWN, message=_NOT_BOTH)] if unasked else others


async def _both(desk: Desk, person: Person, case_id: str, other: str) -> tuple[Case, Case]:
    """The two cases. Raises Problem as `Desk.case` does for each."""
    async with desk.running.pool.acquire() as conn, conn.transaction():
        found = [await desk.case(conn, person, id, "case:coordinate") for id in (case_id, other)]
        await record_reads(conn, person, "case", [case_id, other])
    return found[0], found[1]


async def _form(
    desk: Desk, request: Request, person: Person, case_id: str, other: str, sheet: Sheet = _EMPTY
) -> Response:
    case, against = await _both(desk, person, case_id, other)
    current = (await desk.planning.as_kept(case.panel)).asked.current
    was, to = current.get(case_id), current.get(other)
    if was is None or to is None or was == to:
        return _late(desk, case_id)
    return desk.look.page(
        "swap.html",
        request,
        person=person,
        case=views.of_case(desk.book, case),
        against=views.of_case(desk.book, against),
        panel=views.panel_name(desk.book, case.panel),
        price=await price_of(desk, case, to, {other: was}),
        to=to,
        **sheet.values(case.version, lists=("told",)),
    )


def _late(desk: Desk, case_id: str) -> Response:
    return desk.look.redirect(f"/cases/{case_id}?{LATE}=yes")
