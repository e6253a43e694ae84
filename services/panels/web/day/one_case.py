"""One case of the agenda a page: the outcome first, saved and on to the next; what matters to it below."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.runner import IdempotencyConflict
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import Fields, faults_of, options, sent_once
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from chassis.web.problems import Fault, Problem
from schemas.words import ITEMS, PROVISIONS
from services.panels import storage, views
from services.panels.domain.cases.case import Case, judgement
from services.panels.domain.commands import RecordRecommendation
from services.panels.domain.day.attendance import asides_of, enforced, wanting
from services.panels.domain.day.commands import LeaveUnheard
from services.panels.domain.sittings.arranging import StandAside
from services.panels.domain.sittings.sitting import Sitting
from services.panels.domain.words import OUTCOMES
from services.panels.web.case.ways_out import others_of
from services.panels.web.day.agenda import Agenda, agenda_of
from services.panels.web.day.overview import names_of
from services.panels.web.desk import Coordinating, Desk
from services.panels.web.wording import judged_of, outcome_in_words, typed_of

_WHY = {
    "current-school": "The child is at their school",
    "asked-school": "The family asks for their school",
    "declared-interest": "They declare an interest",
}
#: Instead of why: they take part after all.
BACK = "back"


def router(desk: Desk) -> APIRouter:
    """The routes of one case after the other."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sittings/{sitting_id}/day/{number}")
    async def one(request: Request, person: Coordinating, sitting_id: str, number: int) -> Response:
        """The case with this place on the agenda; the read is recorded."""
        return await _one(desk, request, person, sitting_id, number)

    @routes.post("/sittings/{sitting_id}/day/{number}")
    async def save(
        request: Request, person: Coordinating, sitting_id: str, number: int, form: Posted
    ) -> Response:
        """What the panel recommends; then on to the next case."""
        return await _save(desk, request, person, sitting_id, number, form)

    @routes.post("/sittings/{sitting_id}/day/{number}/aside")
    async def aside(
        request: Request, person: Coordinating, sitting_id: str, number: int, form: Posted
    ) -> Response:
        """Who stands aside for this case."""
        return await _aside(desk, request, person, sitting_id, number, form)

    @routes.post("/sittings/{sitting_id}/day/{number}/leave")
    async def leave(
        request: Request, person: Coordinating, sitting_id: str, number: int, form: Posted
    ) -> Response:
        """The sitting does not come to this case."""
        async with desk.running.pool.acquire() as conn:
            agenda, case = await _found(desk, conn, person, sitting_id, number)
        try:
            await desk.running.runner.command(
                LeaveUnheard(case.case_id, sitting_id, Fields(form, desk.today).number("seen") or 0)
            )
        except Refused as refusal:
            return await _one(desk, request, person, sitting_id, number, faults=faults_of(refusal))
        return _on(desk, agenda, number, f"Case {case.reference} waits for another sitting.")

    return routes


async def _found(
    desk: Desk, conn: Connection, person: Person, sitting_id: str, number: int
) -> tuple[Agenda, Case]:
    """Raises Problem 404 where the agenda has no such place, or the case at it is restricted to others."""
    agenda = await agenda_of(desk, conn, person, sitting_id, "case:coordinate")
    case = agenda.cases[number - 1] if 0 < number <= len(agenda.cases) else None
    if case is None:
        raise Problem(
            404, "unknown-case", "There is no such case among those of this sitting that you may see."
        )
    return agenda, case


def _on(desk: Desk, agenda: Agenda, number: int, done: str) -> Response:
    """On to the next case without an outcome; its form is where the keyboard goes on."""
    following = agenda.after(number)
    here = f"/sittings/{agenda.sitting.sitting_id}/day"
    if following is None:
        return desk.look.redirect(here, f"{done} That was the last one.")
    return desk.look.redirect(f"{here}/{following}#recommend", done)


async def _save(
    desk: Desk, request: Request, person: Person, sitting_id: str, number: int, form: Form
) -> Response:
    async with desk.running.pool.acquire() as conn:
        agenda, case = await _found(desk, conn, person, sitting_id, number)
    fields = Fields(form, desk.today)
    judged = judged_of(fields)
    if fields.faults:
        return await _one(desk, request, person, sitting_id, number, fields.typed, fields.faults)
    command = RecordRecommendation(
        case.case_id,
        sitting_id,
        judged.outcome,
        judged.provision,
        judged.reasons,
        setting_urn=judged.setting_urn,
        seen=fields.number("seen") or 0,
    )
    try:
        once = sent_once(form, f"recommend:{case.case_id}:{person.id}")
        await desk.running.runner.command(command, once=once)
    except IdempotencyConflict:
        said = [Fault(field="", code="sent-before", message="This form was sent before with other words.")]
        return await _one(desk, request, person, sitting_id, number, fields.typed, said)
    except Refused as refusal:
        return await _one(desk, request, person, sitting_id, number, fields.typed, faults_of(refusal))
    return _on(desk, agenda, number, f"What the panel recommends for case {case.reference} is recorded.")


async def _aside(
    desk: Desk, request: Request, person: Person, sitting_id: str, number: int, form: Form
) -> Response:
    async with desk.running.pool.acquire() as conn:
        agenda, case = await _found(desk, conn, person, sitting_id, number)
    fields = Fields(form, desk.today)
    staff_id = fields.choice(
        "staff_id", {seat.staff_id for seat in agenda.sitting.members}, "Choose who stands aside."
    )
    why: Any = fields.choice("why", _WHY, "Choose why.") if form.get("why") != BACK else None
    words = fields.optional("words") or ""
    faults = list(fields.faults)
    if not faults:
        try:
            await desk.running.runner.command(StandAside(sitting_id, staff_id, case.case_id, why, words))
        except Refused as refusal:
            faults = faults_of(refusal)
    if faults:
        return await _one(desk, request, person, sitting_id, number, fields.typed, faults)
    return desk.look.redirect(f"/sittings/{sitting_id}/day/{number}", "Who stands aside is recorded.")


async def _one(
    desk: Desk,
    request: Request,
    person: Person,
    sitting_id: str,
    number: int,
    typed: dict[str, str] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        agenda, case = await _found(desk, conn, person, sitting_id, number)
        known = await storage.background(conn, case)
        names = await names_of(conn, [seat.staff_id for seat in agenda.sitting.members])
        await record_read(conn, person, "case", case.case_id)
    stands = case.recommendation if case.status == "heard" else None
    return desk.look.page(
        "day/case.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        version=case.version,
        case=views.of_case_in_full(desk.book, case, known),
        typed=typed or (typed_of(judgement(stands)) if stands else {}),
        seen=_seen(typed, faults) or case.version,
        stands=outcome_in_words(case, sitting_id) if stands else None,
        outcomes=options(OUTCOMES),
        provisions=options(PROVISIONS),
        **_of_case(desk, agenda.sitting, case),
        **_of_agenda(desk, agenda, number),
        **_members(desk, agenda, case, names),
    )


def _of_case(desk: Desk, sitting: Sitting, case: Case) -> dict[str, Any]:
    """What can be done with a case now, and what it asks for."""
    stands = case.recommendation if case.status == "heard" else None
    sits = case.sits(sitting.sitting_id)
    changes = sits or (stands is not None and stands.signed_at is None)
    return {
        "missing": [ITEMS[each] for each in case.missing],
        "asks_for": PROVISIONS[case.provision] if case.provision else None,
        "outcome": outcome_in_words(case, sitting.sitting_id),
        "sits": sits,
        "funding": case.kind == "high-needs-funding",
        "may_record": changes and sitting.signed is None and desk.now >= sitting.sits_at,
        "deferred_before": bool(case.deferrals),
        "others": bool(others_of(desk, case)),
    }


def _of_agenda(desk: Desk, agenda: Agenda, number: int) -> dict[str, Any]:
    """Where on the agenda one is."""
    return {
        "sitting": views.of_sitting(agenda.filled),
        "name": views.panel_name(desk.book, agenda.sitting.panel),
        "number": number,
        "of": len(agenda.cases),
        "settled": len(agenda.cases) - len(agenda.waiting),
        "following": _place(agenda, number, 1),
        "earlier": _place(agenda, number, -1),
    }


def _seen(typed: dict[str, str] | None, faults: Sequence[Fault]) -> str | None:
    """What a form that comes back had before it; whoever was told of a change has the case as it is now."""
    told = any(fault.code == "changed-meanwhile" for fault in faults)
    return None if told or not typed else typed.get("seen")


def _place(agenda: Agenda, number: int, step: int) -> int | None:
    """The next place before or behind this one with a case that may be seen."""
    places = range(number + step, len(agenda.cases) + 1 if step > 0 else 0, step)
    return next((n for n in places if agenda.cases[n - 1] is not None), None)


def _members(desk: Desk, agenda: Agenda, case: Case, names: dict[str, str]) -> dict[str, Any]:
    before = asides_of(agenda.sitting, case.case_id)
    gone = {each.staff_id for each in before}
    return {
        "members": [{"value": id, "text": name} for id, name in names.items() if id not in gone],
        "whys": options(_WHY),
        "aside": [
            {
                "staff_id": each.staff_id,
                "name": names[each.staff_id],
                "why": _WHY[each.why],
                "words": each.words,
            }
            for each in before
        ],
        "back": BACK,
        "lacks": wanting(desk.book, agenda.sitting, case.case_id),
        "enforced": enforced(desk.book, agenda.sitting),
    }
