"""Pages of sittings: when the panels sit, what each hears, and the batch that the co-ordinator confirms."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.web.access import record_read
from chassis.web.fields import faults_of
from chassis.web.forms import Posted
from chassis.web.people import Person
from chassis.web.problems import Fault, Problem
from chassis.web.start import Task
from services.panels import arrangements, storage, views
from services.panels.domain.cases.case import Case
from services.panels.domain.commands import ConfirmSitting
from services.panels.domain.day.signing import without_outcome
from services.panels.domain.sittings.sitting import Sitting, takes_cases
from services.panels.web.changing import sitting_version
from services.panels.web.day.overview import reported_to
from services.panels.web.desk import Coordinating, Desk, Seeing
from services.panels.web.out.lists import FileOf, Lists
from services.panels.web.sitting.by_hand import may_be_arranged

TASKS = (
    Task("Sittings", "/sittings", "When the panels sit, what they hear, and which places are free.",
         "case:see", "Sittings"),
)  # fmt: skip
_BACK = timedelta(days=31)


def router(desk: Desk) -> APIRouter:
    """The routes of sittings."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sittings")
    async def listed(request: Request, person: Seeing, kind: FileOf = None) -> Response:
        """The sittings of the last month and all that are planned; as a file, all that there ever were."""
        if kind is not None:
            return await Lists(desk.running, desk.book, person).file("sittings", kind)
        async with desk.running.pool.acquire() as conn:
            found = await storage.sittings(conn, desk.today - _BACK, date.max)
        mine = [each for each in found if desk.sees_panel(person, each.sitting.panel)]
        rows = [{**views.of_sitting(each), "name": _name(desk, each)} for each in mine]
        ahead = [row for row, each in zip(rows, mine, strict=True) if each.sitting.sits_at > desk.now]
        past = [row for row in rows if row not in ahead]
        return desk.look.page("sittings.html", request, person=person, ahead=ahead, past=past)

    @routes.get("/sittings/{sitting_id}")
    async def one(request: Request, person: Seeing, sitting_id: str) -> Response:
        """One sitting with its agenda; for a co-ordinator, with what the planner proposes for it."""
        return await _one(desk, request, person, sitting_id)

    @routes.post("/sittings/{sitting_id}")
    async def confirm(request: Request, person: Coordinating, sitting_id: str, form: Posted) -> Response:
        """Settles the batch, or adds cases to it."""
        chosen, seen = tuple(form.all("case")), tuple(form.get("seen").split())
        async with desk.running.pool.acquire() as conn:
            filled = await _found(desk, conn, person, sitting_id)
            if not desk.sees_panel(person, filled.sitting.panel, "case:coordinate"):
                raise Problem(
                    403, "not-allowed", "You may look at this sitting; its co-ordinator confirms it."
                )
            for case_id in chosen:
                await desk.case(conn, person, case_id, "case:coordinate")
            siblings = await arrangements.siblings_of(conn, (*seen, *chosen))
        if not chosen:
            message = "Choose at least one case for this sitting."
            said = [Fault(field="case", code="not-chosen", message=message)]
            return await _one(desk, request, person, sitting_id, said)
        try:
            await desk.running.runner.command(ConfirmSitting(sitting_id, (*seen, *chosen), seen, siblings))
        except Refused as refusal:
            return await _one(desk, request, person, sitting_id, faults_of(refusal))
        return desk.look.redirect(f"/sittings/{sitting_id}", "The batch is confirmed.")

    return routes


def _name(desk: Desk, filled: storage.Filled) -> str:
    return views.panel_name(desk.book, filled.sitting.panel)


async def _found(desk: Desk, conn: Any, person: Person, sitting_id: str) -> storage.Filled:
    filled = await storage.sitting(conn, sitting_id)
    if filled is None or not desk.sees_panel(person, filled.sitting.panel):
        raise Problem(404, "unknown-sitting", "There is no such sitting among those of your panels.")
    return filled


async def _one(
    desk: Desk, request: Request, person: Person, sitting_id: str, faults: Sequence[Fault] = ()
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        filled = await _found(desk, conn, person, sitting_id)
        agenda = await desk.open(conn, person, await storage.cases_by_id(conn, filled.sitting.case_ids))
        may_coordinate = desk.sees_panel(person, filled.sitting.panel, "case:coordinate")
        version = await sitting_version(desk, conn, person, sitting_id)
        reported = await reported_to(desk, conn, person, filled.sitting)
        await record_read(conn, person, "sitting", sitting_id)
    may_confirm = may_coordinate and takes_cases(filled.sitting, desk.now)
    offered, further = await _offered(desk, person, filled) if may_confirm else ([], 0)
    return desk.look.page(
        "sitting.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        version=version,
        reported=reported,
        name=_name(desk, filled),
        sitting=views.of_sitting(filled),
        seen=" ".join(filled.sitting.case_ids),
        agenda=[views.of_case(desk.book, case) for case in agenda],
        shut=len(filled.sitting.case_ids) - len(agenda),
        without_outcome=_without_outcome(desk, filled.sitting, agenda, may_coordinate),
        offered=offered,
        further=further,
        may_coordinate=may_coordinate,
        may_confirm=may_confirm,
        may_arrange=may_be_arranged(desk, person, filled.sitting),
        on_closed_day=not desk.book.working.is_working_day(filled.sitting.sits_on),
    )


def _without_outcome(
    desk: Desk, sitting: Sitting, agenda: Sequence[Case], may_record: bool
) -> list[dict[str, str]]:
    """From the hour of the sitting on, the cases that wait for its outcome, each with the page where it is given."""
    if desk.now < sitting.sits_at:
        return []
    day = f"/sittings/{sitting.sitting_id}/day"
    return [
        {
            "reference": case.reference,
            "href": f"{day}/{sitting.case_ids.index(case.case_id) + 1}"
            if may_record
            else f"/cases/{case.case_id}",
        }
        for case in without_outcome(sitting, agenda)
    ]


async def _offered(desk: Desk, person: Person, filled: storage.Filled) -> tuple[list[dict[str, Any]], int]:
    """What the plan has for this sitting, each with its reason; and how many places go to cases shut to this person."""
    standing = await desk.planning.standing(filled.sitting.panel)
    async with desk.running.pool.acquire() as conn:
        seen = await desk.open(conn, person, standing.asked.cases)
    proposed = views.of_proposal(standing, filled, {case.case_id for case in seen})
    reasons = {each["case_id"]: each["reason"] for each in proposed["listings"]}
    rows = [
        views.of_case(desk.book, case) | {"reason": reasons[case.case_id]}
        for case in seen
        if case.case_id in reasons
    ]
    return rows, proposed["further"]
