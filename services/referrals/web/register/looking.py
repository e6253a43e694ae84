"""The register of schools as pages: search, and one school or setting with its history."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from chassis.web.people import Person, signed_in
from chassis.web.problems import Problem
from chassis.web.start import Task
from services.referrals.domain.register.places import Setting
from services.referrals.storage import register as stored
from services.referrals.storage import register_uploads as uploads
from services.referrals.web.desk import Desk, names
from services.referrals.web.register.words import KIND_NAMES, changes, state_of, steps

Managing = Annotated[Person, Depends(signed_in("register:manage"))]
TASKS = (
    Task(
        "Register of schools",
        "/register",
        "Look schools up, keep settings that the national register has not, and import its extract.",
        "register:manage",
    ),
)
_MOST = 50  # schools of one search
_LONGEST = 100  # characters of a search


def router(desk: Desk) -> APIRouter:
    """The routes of the register that only show it."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/register")
    async def search(person: Managing, request: Request, q: str = "") -> Response:
        """Schools whose name, town or number holds all these words, and what the last import did."""
        return await _search(desk, request, person, " ".join(q.split())[:_LONGEST])

    @routes.get("/register/{urn}")
    async def one(urn: str, person: Managing, request: Request) -> Response:
        """One school or setting, and its history."""
        return await _one(desk, request, person, urn)

    return routes


async def _search(desk: Desk, request: Request, person: Person, q: str) -> Response:
    found = _found(desk, q)
    async with desk.running.pool.acquire() as conn:
        last, open_upload = await uploads.last_import(conn), await uploads.unfinished(conn)
        who = await names(conn, [last.by] if last else [])
    return desk.look.page(
        "register/search.html",
        request,
        person=person,
        q=q,
        found=[(each, state_of(each, desk.today)) for each in found[:_MOST]],
        number=len(found),
        more=len(found) > _MOST,
        kinds=KIND_NAMES,
        areas=desk.book.register.areas,
        last=last,
        who=who.get(last.by, last.by) if last else "",
        upload=open_upload,
    )


def _found(desk: Desk, q: str) -> list[Setting]:
    words = q.casefold().split()
    found = [
        each
        for each in desk.book.register
        if words and all(word in f"{each.urn} {each.name} {each.town}".casefold() for word in words)
    ]
    return sorted(found, key=lambda each: (each.closed(desk.today), each.name, each.urn))


async def _one(desk: Desk, request: Request, person: Person, urn: str) -> Response:
    setting = desk.book.register.find(urn)
    async with desk.running.pool.acquire() as conn:
        hand = await stored.kept_setting(conn, urn)
        history = await uploads.history_of(conn, urn)
        who = await names(conn, [each.by for each in hand.history] if hand else [])
    if setting is None:
        raise Problem(404, "urn-unknown", "The register has no school or setting with this number: search.")
    heir = desk.book.register.find(setting.successor) if setting.successor else None
    return desk.look.page(
        "register/one.html",
        request,
        person=person,
        setting=setting,
        state=state_of(setting, desk.today),
        kind=KIND_NAMES[setting.kind],
        area=desk.book.register.areas[setting.area],
        heir=heir,
        by_hand=hand is not None,
        history=[
            *(steps(hand, who) if hand else []),
            *(each for change in history for each in changes(change)),
        ],
    )
