"""Settings that are kept by hand, by pages: added, changed, closed."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from chassis.decision import Refused
from chassis.web.fields import Fields, day_items, faults_of
from chassis.web.forms import Form, Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from services.referrals.domain.register.by_hand import CloseSetting, HandSetting, KeepSetting, next_code
from services.referrals.domain.register.places import SETTING_KINDS
from services.referrals.storage import register as stored
from services.referrals.web.desk import Desk
from services.referrals.web.register.words import KIND_NAMES

Managing = Annotated[Person, Depends(signed_in("register:manage"))]


def router(desk: Desk) -> APIRouter:
    """The routes of settings kept by hand; they stand before the one that takes any number."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/register/new")
    async def new(person: Managing, request: Request) -> Response:
        """An empty form for a setting that the national register has not."""
        return _form(desk, request, person, None, {"urn": next_code(desk.book.register, "early-years")}, [])

    @routes.post("/register/new")
    async def add(person: Managing, form: Posted, request: Request) -> Response:
        """A setting is added."""
        return await _kept(desk, request, person, form, None)

    @routes.get("/register/{urn}/change")
    async def change(urn: str, person: Managing, request: Request) -> Response:
        """The form for a setting kept by hand, filled in."""
        hand = await _by_hand(desk, urn)
        typed = {"name": hand.name, "kind": hand.kind, "town": hand.town, "area": hand.area or ""}
        return _form(desk, request, person, hand, typed, [])

    @routes.post("/register/{urn}/change")
    async def changed(urn: str, person: Managing, form: Posted, request: Request) -> Response:
        """A setting kept by hand is changed, or opens again."""
        return await _kept(desk, request, person, form, await _by_hand(desk, urn))

    @routes.get("/register/{urn}/close")
    async def close(urn: str, person: Managing, request: Request) -> Response:
        """When does it close, and who takes over?"""
        return _close(desk, request, person, await _by_hand(desk, urn), {}, [])

    @routes.post("/register/{urn}/close")
    async def closed(urn: str, person: Managing, form: Posted, request: Request) -> Response:
        """A setting kept by hand closes."""
        return await _closed(desk, request, person, await _by_hand(desk, urn), form)

    return routes


async def _by_hand(desk: Desk, urn: str) -> HandSetting:
    """A setting kept by hand. Raises Problem 404 for all others: those the import changes."""
    async with desk.running.pool.acquire() as conn:
        hand = await stored.kept_setting(conn, urn)
    if hand is None:
        raise Problem(
            404, "setting-unknown", "No setting with this code is kept by hand: an import changes the others."
        )
    return hand


async def _kept(
    desk: Desk, request: Request, person: Person, form: Form, hand: HandSetting | None
) -> Response:
    typed = {name: form.get(name) for name in ("urn", "name", "kind", "town", "area")}
    urn = hand.urn if hand else typed["urn"].upper()
    command = KeepSetting(
        urn, typed["name"], typed["kind"], typed["town"], person.id, typed["area"] or None, new=hand is None
    )
    try:
        await desk.running.runner.command(command)
    except Refused as refusal:
        return _form(desk, request, person, hand, typed, faults_of(refusal, "name"))
    await desk.running.keep()
    return desk.look.redirect(f"/register/{urn}", "Kept. It can refer like any other.")


def _form(
    desk: Desk,
    request: Request,
    person: Person,
    hand: HandSetting | None,
    typed: Mapping[str, str],
    faults: Sequence[Fault],
) -> Response:
    areas = [("", "The town tells it"), *((a.code, a.name) for a in desk.book.register.areas.values())]
    chosen = typed.get("kind")
    return desk.look.page(
        "register/keep.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        hand=hand,
        typed=typed,
        kinds=[
            {"value": code, "text": KIND_NAMES[code], "checked": code == chosen} for code in SETTING_KINDS
        ],
        areas=[{"value": code, "text": text, "selected": code == typed.get("area")} for code, text in areas],
    )


async def _closed(desk: Desk, request: Request, person: Person, hand: HandSetting, form: Form) -> Response:
    fields = Fields(form, desk.today)
    on = fields.day("on", "Write the day from which it is closed.")
    heir = fields.optional("successor", 10)
    if not fields.faults:
        try:
            await desk.running.runner.command(CloseSetting(hand.urn, on, person.id, heir))
        except Refused as refusal:
            fields.faults.extend(faults_of(refusal, "name"))
    if fields.faults:
        return _close(desk, request, person, hand, fields.typed, fields.faults)
    await desk.running.keep()
    return desk.look.redirect(f"/register/{hand.urn}", "Noted. Its referrals stay as they are.")


def _close(
    desk: Desk,
    request: Request,
    person: Person,
    hand: HandSetting,
    typed: Mapping[str, str],
    faults: Sequence[Fault],
) -> Response:
    return desk.look.page(
        "register/close.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        hand=hand,
        typed=typed,
        on_items=day_items("on", typed, faults, desk.today),
    )
