"""How a case leaves its sitting or the queue: deferred, passed on or withdrawn, each on a small page of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.runner import IdempotencyConflict
from chassis.web.access import record_read
from chassis.web.fields import Fields, day_items, faults_of, options, sent_once
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from services.panels import views
from services.panels.domain.cases.case import Case
from services.panels.domain.commands import DeferCase, WithdrawCase
from services.panels.domain.day.commands import PassOn
from services.panels.domain.story import ITEMS, OWNERS, REASONS
from services.panels.web.desk import LATE, Coordinating, Desk

_FURTHEST = timedelta(days=366)


#: The other panels that there are, by code and name.
Others = dict[str, str]


@dataclass(frozen=True, slots=True)
class WayOut:
    """One of them: its word in the address, when it is open, what its form becomes, what is said once it is done."""

    code: str
    title: str
    is_open: Callable[[Case, datetime], bool]
    reads: Callable[[Fields, Case, Others], object]
    done: str


def _before_its_panel(case: Case, now: datetime) -> bool:
    return case.status == "listed" and case.listing is not None and case.listing.sits_at <= now


def _deferral(fields: Fields, case: Case, _: Others) -> DeferCase:
    return DeferCase(
        case_id=case.case_id,
        sitting_id=case.listing.sitting_id if case.listing else "",
        reason=fields.words("reason", "Write why the panel cannot recommend yet."),
        missing=fields.choices("missing", ITEMS, "Choose what is missing."),
        owner=fields.choice("owner", OWNERS, "Choose who brings it."),
        next_on=fields.day(
            "next_on",
            "Give the day on which the panel looks at it again.",
            first=fields.today + timedelta(days=1),
            too_early="The panel looks at it again on a day to come: give one after today.",
            last=fields.today + _FURTHEST,
        ),
        escalated=fields.optional("escalated") == "yes",
        seen=fields.number("seen"),
    )


def _passing_on(fields: Fields, case: Case, others: Others) -> PassOn:
    return PassOn(
        case_id=case.case_id,
        sitting_id=case.listing.sitting_id if case.listing else "",
        panel=fields.choice("panel", others, "Choose the panel that has to hear it."),
        reason=fields.words("reason", "Write why another panel has to hear it."),
        seen=fields.number("seen"),
    )


def _undecided(case: Case, _: datetime) -> bool:
    return case.status not in ("decided", "withdrawn")


def _withdrawal(fields: Fields, case: Case, _: Others) -> WithdrawCase:
    reason = fields.choice("reason", REASONS, "Choose why the case is withdrawn.")
    return WithdrawCase(case.case_id, reason, seen=fields.number("seen"))


DEFER = WayOut("defer", "Defer this case", _before_its_panel, _deferral, "The case is deferred.")
WITHDRAW = WayOut("withdraw", "Withdraw this case", _undecided, _withdrawal, "The case is withdrawn.")
PASS_ON = WayOut(
    "pass-on", "Pass this case on", _before_its_panel, _passing_on, "The case is passed on to another panel."
)
WAYS_OUT = (DEFER, PASS_ON, WITHDRAW)


def router(desk: Desk) -> APIRouter:
    """The routes of all of them."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/cases/{case_id}/defer")
    async def ask_to_defer(request: Request, person: Coordinating, case_id: str) -> Response:
        """The form; back to the case where it is before no sitting that has begun."""
        return await _form(desk, request, person, case_id, DEFER)

    @routes.post("/cases/{case_id}/defer")
    async def defer(request: Request, person: Coordinating, case_id: str, form: Posted) -> Response:
        """The panel cannot recommend yet."""
        return await _do(desk, request, person, case_id, DEFER, form)

    @routes.get("/cases/{case_id}/pass-on")
    async def ask_to_pass_on(request: Request, person: Coordinating, case_id: str) -> Response:
        """The form; back to the case where it is before no sitting that has begun."""
        return await _form(desk, request, person, case_id, PASS_ON)

    @routes.post("/cases/{case_id}/pass-on")
    async def pass_on(request: Request, person: Coordinating, case_id: str, form: Posted) -> Response:
        """Another panel has to hear it."""
        return await _do(desk, request, person, case_id, PASS_ON, form)

    @routes.get("/cases/{case_id}/withdraw")
    async def ask_to_withdraw(request: Request, person: Coordinating, case_id: str) -> Response:
        """The form; back to the case where it is decided or withdrawn."""
        return await _form(desk, request, person, case_id, WITHDRAW)

    @routes.post("/cases/{case_id}/withdraw")
    async def withdraw(request: Request, person: Coordinating, case_id: str, form: Posted) -> Response:
        """The case leaves the queue."""
        return await _do(desk, request, person, case_id, WITHDRAW, form)

    return routes


async def _do(
    desk: Desk, request: Request, person: Person, case_id: str, way: WayOut, form: Form
) -> Response:
    async with desk.running.pool.acquire() as conn:
        case = await desk.case(conn, person, case_id, "case:coordinate")
    fields = Fields(form, desk.today)
    command = way.reads(fields, case, others_of(desk, case))
    if fields.faults:
        return await _form(desk, request, person, case_id, way, form, fields.faults, fields.number("seen"))
    try:
        await desk.running.runner.command(command, once=sent_once(form, f"{way.code}:{case_id}:{person.id}"))
    except IdempotencyConflict:
        return _late(desk, case_id)
    except Refused as refusal:
        beside = "escalated" if refusal.code == "deferred-before" else ""
        return await _form(desk, request, person, case_id, way, form, faults_of(refusal, beside))
    return desk.look.redirect(_back(request, case), way.done)


def others_of(desk: Desk, case: Case) -> Others:
    """The other panels that there are today."""
    return {
        code: views.panel_name(desk.book, code)
        for code in desk.book.codes
        if code != case.panel and desk.book.at(code, desk.today)
    }


def ways_of(desk: Desk, case: Case) -> list[WayOut]:
    """The ways out that are open to a case now; it is passed on only where there is another panel."""
    found = [each for each in WAYS_OUT if each.is_open(case, desk.now)]
    return found if others_of(desk, case) else [each for each in found if each is not PASS_ON]


def _back(request: Request, case: Case) -> str:
    """To the day of the sitting, if that is where one came from, else to the case."""
    if case.listing is not None and request.query_params.get("day", "").isdecimal():
        return f"/sittings/{case.listing.sitting_id}/day"
    return f"/cases/{case.case_id}"


async def _form(
    desk: Desk,
    request: Request,
    person: Person,
    case_id: str,
    way: WayOut,
    form: Form | None = None,
    faults: Sequence[Fault] = (),
    seen: int | None = None,
) -> Response:
    """The form over the case as it is by now; ``seen`` is the version that a form which comes back had before it."""
    async with desk.running.pool.acquire() as conn, conn.transaction():
        case = await desk.case(conn, person, case_id, "case:coordinate")
        await record_read(conn, person, "case", case_id)
    if not way.is_open(case, desk.now):
        return _late(desk, case_id)
    typed = {name: form.get(name) for name in form.names} if form else {}
    return desk.look.page(
        f"{way.code}.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        case=views.of_case(desk.book, case),
        way=way,
        due_on=case.due_on,
        panel=views.panel_name(desk.book, case.panel),
        typed=typed | {"missing": form.all("missing") if form else []},
        seen=case.version if seen is None else seen,
        token=typed.get("form") or str(uuid4()),
        items=options(ITEMS),
        owners=options(OWNERS),
        reasons=options(REASONS),
        panels=options(others_of(desk, case)),
        days=lambda name: day_items(name, typed, faults),
    )


def _late(desk: Desk, case_id: str) -> Response:
    return desk.look.redirect(f"/cases/{case_id}?{LATE}=yes")
