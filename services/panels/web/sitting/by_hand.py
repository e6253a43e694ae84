"""Pages for sittings by hand: an extra one, one that is cancelled, one that takes place on another day."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, get_args
from uuid import uuid4

from fastapi import APIRouter, Request, Response

from chassis.calendar import at
from chassis.decision import Refused
from chassis.storage import Connection
from chassis.web.fields import Fields, day_items, faults_of, options, sent_once
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from chassis.web.problems import Fault, Problem
from services.panels import storage, views
from services.panels.domain.permissions import Action
from services.panels.domain.sittings.arranging import AddSitting, CancelSitting, MoveSitting
from services.panels.domain.sittings.moving import to_move
from services.panels.domain.sittings.sitting import CancelReason, Sitting
from services.panels.web.desk import Coordinating, Desk

CANCEL_REASONS: dict[CancelReason, str] = {
    "no-quorum": "too few members can come",
    "closed-day": "the offices are closed on that day",
    "no-room": "there is no room for it",
    "no-cases": "there are no cases for it",
    "other": "another reason",
}
assert set(CANCEL_REASONS) == set(get_args(CancelReason))
_HOUR = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Act:
    """What is done with a sitting on a page of its own: its word in the address, its form, what is said then."""

    code: str
    title: str
    reads: Callable[[Fields, Sitting], CancelSitting | MoveSitting]
    done: str


def _cancelling(fields: Fields, sitting: Sitting) -> CancelSitting:
    reason = fields.choice("reason", CANCEL_REASONS, "Choose why the sitting is cancelled.")
    words = fields.words("why", "Write why the sitting is cancelled.")
    return CancelSitting(sitting.sitting_id, reason, words, _seen(fields))


def _moving(fields: Fields, sitting: Sitting) -> MoveSitting:
    day = fields.day("sits_on", "Give the day on which it takes place instead.", first=fields.today)
    return MoveSitting(sitting.sitting_id, day, fields.words("why", "Write why it is moved."), _seen(fields))


def _seen(fields: Fields) -> tuple[str, ...]:
    return tuple(fields.typed.get("seen", "").split())


CANCEL = Act("cancel", "Cancel this sitting", _cancelling, "The sitting is cancelled.")
MOVE = Act("move", "Move this sitting", _moving, "The sitting is moved.")


def router(desk: Desk) -> APIRouter:
    """The routes, to be asked before those of one sitting: ``extra`` is none."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sittings/extra")
    async def ask_for_extra(request: Request, person: Coordinating) -> Response:
        """The form of an extra sitting."""
        return _extra(desk, request, person)

    @routes.post("/sittings/extra")
    async def extra(request: Request, person: Coordinating, form: Posted) -> Response:
        """There is an extra sitting."""
        fields = Fields(form, desk.today)
        command = _adding(desk, person, fields)
        return await _added(desk, request, person, form, fields, command)

    for act in (CANCEL, MOVE):
        _routes_of(routes, desk, act)
    return routes


def _routes_of(routes: APIRouter, desk: Desk, act: Act) -> None:
    @routes.get(f"/sittings/{{sitting_id}}/{act.code}", name=f"ask_to_{act.code}_sitting")
    async def ask(request: Request, person: Coordinating, sitting_id: str) -> Response:
        """The form."""
        return await _form(desk, request, person, sitting_id, act)

    @routes.post(f"/sittings/{{sitting_id}}/{act.code}", name=f"{act.code}_sitting")
    async def do(request: Request, person: Coordinating, sitting_id: str, form: Posted) -> Response:
        """What the form says, done once however often it is sent."""
        async with desk.running.pool.acquire() as conn:
            filled = await found(desk, conn, person, sitting_id, "case:coordinate")
        fields = Fields(form, desk.today)
        command = act.reads(fields, filled.sitting)
        if fields.faults:
            return await _form(desk, request, person, sitting_id, act, form, fields.faults)
        once = sent_once(form, f"{act.code}:{sitting_id}:{person.id}")
        try:
            answer = await desk.running.runner.command(command, once=once)
        except Refused as refusal:
            beside = "sits_on" if refusal.code in ("sits-already", "closed-day", "day-past") else ""
            return await _form(desk, request, person, sitting_id, act, form, faults_of(refusal, beside))
        return desk.look.redirect(f"/sittings/{answer['sitting_id']}", act.done)


async def found(
    desk: Desk, conn: Connection, person: Person, sitting_id: str, action: Action = "case:see"
) -> storage.Filled:
    """A sitting. Raises Problem 404 where there is none of this person's panels, 403 where they may only see it."""
    filled = await storage.sitting(conn, sitting_id)
    if filled is None or not desk.sees_panel(person, filled.sitting.panel):
        raise Problem(404, "unknown-sitting", "There is no such sitting among those of your panels.")
    if not desk.sees_panel(person, filled.sitting.panel, action):
        raise Problem(403, "not-allowed", "You may look at this sitting; its co-ordinator arranges it.")
    return filled


async def days_to_move(desk: Desk, conn: Connection, panel: str | None = None) -> Mapping[str, date]:
    """The sittings that fall on a day which was closed since, each with the day proposed instead."""
    known = await storage.sittings(conn, desk.today.replace(day=1), date.max, panel)
    return to_move(desk.book, [each.sitting for each in known], desk.now)


def may_be_arranged(desk: Desk, person: Person, sitting: Sitting) -> bool:
    """Whether this person may cancel or move a sitting as it is now."""
    open_now = sitting.status in ("scheduled", "confirmed", "locked") and desk.now < sitting.sits_at
    return open_now and desk.sees_panel(person, sitting.panel, "case:coordinate")


async def _form(
    desk: Desk,
    request: Request,
    person: Person,
    sitting_id: str,
    act: Act,
    form: Form | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    async with desk.running.pool.acquire() as conn:
        filled = await found(desk, conn, person, sitting_id, "case:coordinate")
        proposed = (await days_to_move(desk, conn, filled.sitting.panel)).get(sitting_id)
    typed = {name: form.get(name) for name in form.names} if form else {}
    return desk.look.page(
        f"{act.code}_sitting.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        act=act,
        sitting=views.of_sitting(filled),
        panel=views.panel_name(desk.book, filled.sitting.panel),
        possible=may_be_arranged(desk, person, filled.sitting),
        proposed=proposed,
        seen=typed.get("seen", " ".join(filled.sitting.case_ids)),
        typed=typed,
        token=typed.get("form") or str(uuid4()),
        reasons=options(CANCEL_REASONS),
        days=lambda name: day_items(name, typed, faults, proposed),
    )


def _panels(desk: Desk, person: Person) -> dict[str, str]:
    """The panels for which this person arranges sittings, by code, each by its name."""
    codes = [code for code in desk.book.codes if desk.sees_panel(person, code, "case:coordinate")]
    return {code: views.panel_name(desk.book, code) for code in codes}


def _adding(desk: Desk, person: Person, fields: Fields) -> AddSitting:
    panels = _panels(desk, person)
    panel = next(iter(panels)) if len(panels) == 1 else fields.choice("panel", panels, "Choose the panel.")
    closes: datetime | None = None
    if fields.has_day("closes_on"):
        closing_day = fields.day("closes_on", "", first=fields.today)
        closes = at(closing_day, _hour(fields, "closes_at") or time(17))
    return AddSitting(
        panel=panel,
        sits_on=fields.day("sits_on", "Give the day of the sitting.", first=fields.today),
        why=fields.words("why", "Write why there is an extra sitting."),
        hour=_hour(fields, "hour"),
        capacity=_number(fields, "capacity", 200),
        minutes=_number(fields, "minutes", 1440),
        papers_close_at=closes,
    )


def _hour(fields: Fields, name: str) -> time | None:
    text = fields.optional(name, 8)
    if text is None:
        return None
    if match := _HOUR.fullmatch(text):
        return time(int(match[1]), int(match[2]))
    fields.fault(name, "no-hour", "Write the hour as 09:30.")
    return None


def _number(fields: Fields, name: str, most: int) -> int | None:
    if fields.optional(name, 8) is None:
        return None
    number = fields.number(name)
    if number is None or not 1 <= number <= most:
        fields.fault(name, "no-number", f"Write a whole number from 1 to {most:,}.")
        return None
    return number


async def _added(
    desk: Desk, request: Request, person: Person, form: Form, fields: Fields, command: AddSitting
) -> Response:
    if fields.faults:
        return _extra(desk, request, person, form, fields.faults)
    once = sent_once(form, f"extra:{person.id}")
    try:
        answer = await desk.running.runner.command(command, once=once)
    except Refused as refusal:
        beside = "closes_on" if refusal.code == "papers-closed" else "sits_on"
        return _extra(desk, request, person, form, faults_of(refusal, beside))
    return desk.look.redirect(f"/sittings/{answer['sitting_id']}", "There is an extra sitting.")


def _extra(
    desk: Desk, request: Request, person: Person, form: Form | None = None, faults: Sequence[Fault] = ()
) -> Response:
    typed: dict[str, Any] = {name: form.get(name) for name in form.names} if form else {}
    return desk.look.page(
        "extra_sitting.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        panels=options(_panels(desk, person)),
        typed=typed,
        token=typed.get("form") or str(uuid4()),
        days=lambda name: day_items(name, typed, faults),
    )
