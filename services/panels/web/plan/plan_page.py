"""The plan's page: what it would change beside the sittings as they are, accepted whole or case by case."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.english import with_weekday
from chassis.web.access import record_read
from chassis.web.fields import faults_of
from chassis.web.forms import Posted
from chassis.web.people import Person
from chassis.web.problems import Fault, Problem
from chassis.web.start import Task
from services.panels import views
from services.panels.domain.cases.case import Case
from services.panels.domain.day.chairs_action import may_be_asked
from services.panels.domain.sittings.sitting import Sitting
from services.panels.replanning import Standing
from services.panels.web.desk import Coordinating, Desk
from services.panels.web.plan import plans

TASKS = (
    Task("The plan", "/plan", "Which case is best heard when, proved; accept it whole or case by case.",
         "case:coordinate", "Plan"),
)  # fmt: skip
#: Changes on one page: each is a field of its form.
_MOST = 400
#: Of those that are not listed yet; there are more where far more wait than can be heard.
_MOST_UNLISTED = 100
_MEANT = ("turn", "settle")


def router(desk: Desk) -> APIRouter:
    """The routes of the page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/plan")
    async def plan(request: Request, person: Coordinating, panel: str = "") -> Response:
        """The plan of a panel, by default of the first that this person co-ordinates; the read is recorded."""
        code = _chosen(desk, person, panel)
        return await _page(desk, request, person, await desk.planning.standing(code))

    @routes.post("/plan")
    async def accept(request: Request, person: Coordinating, form: Posted) -> Response:
        """Does what was ticked, all of it or nothing."""
        standing = await desk.planning.as_kept(_chosen(desk, person, form.get("panel")))
        told = form.all("told")
        chosen = [*form.all("case"), *told]
        async with desk.running.pool.acquire() as conn:
            for case_id in chosen:
                await desk.case(conn, person, case_id, "case:coordinate")
        try:
            if not chosen:
                raise Refused("not-chosen", "Choose at least one case.")
            shown = {name[3:]: form.get(name) for name in form.names if name.startswith("to-")}
            command = plans.acceptance(standing, form.get("seen"), chosen, told, person.id, shown)
            async with desk.running.pool.acquire() as conn:
                moved = plans.concerned(standing, command.arrangement)
                plans.all_seen(command.arrangement, await desk.open(conn, person, moved, "case:coordinate"))
            done = await desk.running.runner.command(command)
        except Refused as refusal:
            fresh = await desk.planning.standing(standing.asked.panel)
            return await _page(desk, request, person, fresh, chosen, faults_of(refusal, "case"))
        return desk.look.redirect(f"/plan?panel={standing.asked.panel}", _said(done))

    return routes


def _chosen(desk: Desk, person: Person, panel: str) -> str:
    mine = _panels(desk, person)
    code = panel or next(iter(mine), "")
    if code not in mine:
        raise Problem(404, "unknown-panel", "There is no such panel among those that you co-ordinate.")
    return code


def _panels(desk: Desk, person: Person) -> list[str]:
    return [code for code in desk.book.codes if desk.sees_panel(person, code, "case:coordinate")]


def _said(done: dict[str, Sequence[str]]) -> str:
    parts = [
        f"{len(done[what])} {words}"
        for what, words in (("listed", "listed"), ("moved", "moved"), ("unlisted", "taken off"))
        if done[what]
    ]
    return f"The plan is accepted: {', '.join(parts)}."


async def _page(
    desk: Desk,
    request: Request,
    person: Person,
    standing: Standing,
    chosen: Collection[str] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    """The page; ``chosen`` are the cases that were ticked on a form that comes back."""
    async with desk.running.pool.acquire() as conn, conn.transaction():
        seen = await desk.open(conn, person, standing.asked.cases, "case:coordinate")
        await record_read(conn, person, "plan", standing.asked.panel)
    shown, cases = plans.of_plan(desk.book, standing, seen), {case.case_id: case for case in seen}
    changed = shown["changes"][:_MOST]
    return desk.look.page(
        "plan.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        shown=shown,
        panels=[(code, views.panel_name(desk.book, code)) for code in _panels(desk, person)],
        further=shown["further"],
        later=len(shown["changes"]) - len(changed),
        fills=[each for each in shown["sittings"] if each["listed"] or each["planned"]],
        groups=_groups(standing, changed, cases, chosen),
        unlisted=[_not_listed(each, cases[each["case_id"]]) for each in shown["unlisted"][:_MOST_UNLISTED]],
        others=max(0, len(shown["unlisted"]) - _MOST_UNLISTED),
        levels=[each for each in (shown["plan"] or {}).get("levels", ()) if each["level"] not in _MEANT],
        made_at=datetime.fromisoformat(shown["plan"]["made_at"]) if shown["plan"] else None,
    )


def _not_listed(shown: dict[str, Any], case: Case) -> dict[str, Any]:
    """A case that the plan lists nowhere; an urgent one that cannot wait for that is a chair's to settle."""
    return shown | {"reference": case.reference, "for_a_chair": may_be_asked(case)}


def _groups(
    standing: Standing,
    changed: Sequence[dict[str, Any]],
    cases: dict[str, Case],
    chosen: Collection[str] | None,
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The changes by the sitting to which they lead; one of a date that a family knows is never ticked beforehand."""
    sittings: dict[str, Sitting] = {one.sitting.sitting_id: one.sitting for one in standing.asked.filled}
    groups: dict[str, list[dict[str, Any]]] = {}
    places = list(sittings)
    for each in sorted(changed, key=lambda one: places.index(one["to"]) if one["to"] else len(places)):
        case = cases[each["case_id"]]
        title = with_weekday(sittings[each["to"]].sits_on) if each["to"] else "Back to the queue"
        row = each | {
            "reference": case.reference,
            "urgent": case.urgent,
            "siblings": case.siblings,
            "was_on": sittings[each["from"]].sits_on if each["from"] else None,
            "ticked": not each["told"] if chosen is None else case.case_id in chosen,
        }
        groups.setdefault(title, []).append(row)
    return list(groups.items())
