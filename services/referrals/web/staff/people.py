"""The list of staff, one member of it, and starters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from chassis.web.problems import Problem
from schemas.staff_v1 import Role
from services.referrals import storage
from services.referrals.domain import roles
from services.referrals.domain.permissions import gives, may_give, reach
from services.referrals.domain.staff.commands import AppointStaff, Wanted
from services.referrals.domain.staff.members import Cover, Grant, Staff
from services.referrals.domain.staff.words import ROLE_WORDS, role_words
from services.referrals.web.staff.desk import Desk, Manages, Wrong, day_of, faults_of, given

_PAGE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A role on a page; ``mine`` where whoever looks at it may end it."""

    grant: Grant
    words: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """That somebody stands in for somebody."""

    cover: Cover
    who: Staff


def router(desk: Desk) -> APIRouter:
    """The list, one person, a starter."""
    routes = APIRouter()

    @routes.get("/staff")
    async def listing(request: Request, me: Manages, left: bool = False, page: int = 1) -> Response:
        """Who works here, or who has left."""
        return await _listing(desk, request, me, left, max(page, 1))

    @routes.get("/staff/new")
    async def new(request: Request, me: Manages, role: str | None = None) -> Response:
        """Choose a role, then say who starts in it."""
        if role is None:
            return choose_role(desk, request, me, "/staff/new", "What will they do here?", "/staff")
        return _new(desk, request, me, known_role(me, role))

    @routes.post("/staff/new")
    async def start(request: Request, me: Manages, form: Posted) -> Response:
        """Somebody starts."""
        role = known_role(me, form.get("role"))
        subject = form.get("subject")
        staff_id = desk.book.ids.staff(subject)
        try:
            wanted = wanted_of(desk, me, role, form)
            command = AppointStaff(staff_id, subject, form.get("name"), form.get("email"), (wanted,), me.id)
            await desk.run(command)
        except (Refused, Wrong) as error:
            return _new(desk, request, me, role, given(form), faults_of(error))
        return desk.look.redirect(
            f"/staff/{staff_id}", "They can sign in now, from the first day of their role."
        )

    @routes.get("/staff/{staff_id}")
    async def one(staff_id: str, request: Request, me: Manages) -> Response:
        """One member of staff: roles, and who stands in for whom."""
        return await _one(desk, request, me, await desk.person(me, staff_id))

    return routes


async def _listing(desk: Desk, request: Request, me: Person, left: bool, page: int) -> Response:
    async with desk.running.pool.acquire() as conn:
        everybody = await storage.staff.everybody(conn, active=not left)
    mine = [each for each in everybody if desk.manages(me, each)]
    shown = mine[(page - 1) * _PAGE : page * _PAGE]
    return desk.look.page(
        "staff/list.html",
        request,
        person=me,
        people=[(each, [w.words for w in _roles(desk, me, each)]) for each in shown],
        left=left,
        everything=reach(me, "staff:manage").everything,
        page=page,
        pages=max(1, -(-len(mine) // _PAGE)),
        number=len(mine),
    )


async def _one(desk: Desk, request: Request, me: Person, staff: Staff) -> Response:
    async with desk.running.pool.acquire() as conn:
        covered = await storage.staff.people(conn, [each.staff_id for each in staff.covers])
        others = await storage.staff.standing_in_for(conn, staff.id)
    return desk.look.page(
        "staff/one.html",
        request,
        person=me,
        staff=staff,
        roles=_roles(desk, me, staff),
        past=[g for g in staff.grants if g not in staff.held_from(desk.today)],
        words=lambda g: role_words(g.role, g.scope, desk.book),
        covers=[
            Standing(each, covered[each.staff_id])
            for each in staff.covers
            if each.until >= desk.today and each.staff_id in covered
        ],
        covered_by=[
            Standing(each, other)
            for other in others
            for each in other.covers
            if each.staff_id == staff.id and each.until >= desk.today
        ],
        whole=may_change(desk, me, staff),
        today=desk.today,
    )


def may_change(desk: Desk, me: Person, staff: Staff) -> bool:
    """Whether ``me`` has a say over all that this person does here, and so over the person."""
    if me.id == staff.id:
        return False
    held = staff.held_from(desk.today)
    everything = reach(me, "staff:manage").everything
    return everything if not held else all(may_give(me, each.role, each.scope) for each in held)


def _roles(desk: Desk, me: Person, staff: Staff) -> list[Shown]:
    return [
        Shown(each, role_words(each.role, each.scope, desk.book), may_give(me, each.role, each.scope))
        for each in staff.held_from(desk.today)
    ]


def choose_role(desk: Desk, request: Request, me: Person, to: str, title: str, back: str) -> Response:
    """A page of the roles that ``me`` may give; its answer goes to ``to`` as ``?role=``."""
    choices = [(role, ROLE_WORDS[role], _LIMITS[roles.SCOPES[role]]) for role in gives(me)]
    return desk.look.page(
        "staff/role.html", request, person=me, choices=choices, to=to, heading=title, back=back
    )


_LIMITS: Mapping[roles.Scope, str] = {
    "school": "For one school",
    "team": "For one team",
    "area": "For one area",
    "area-or-school": "For one area or one school",
    "panel-or-all": "For one panel, or for all of them",
    "all": "For the whole authority",
}


def known_role(me: Person, role: str) -> Role:
    """A role that ``me`` may give. Raises Problem 404 for any other."""
    for each in gives(me):
        if each == role:
            return each
    raise Problem(404, "role-unknown", "This is no role that you could give: choose one of the list.")


def wanted_of(desk: Desk, me: Person, role: Role, form: Form) -> Wanted:
    """The role that a form asks for. Raises Wrong."""
    own = sorted(reach(me, "staff:manage").urns)
    scope = own[0] if len(own) == 1 and not form.get("scope") else form.get("scope")
    return Wanted(role, scope or None, day_of(form, "from") or desk.today, day_of(form, "until"))


def scope_fields(desk: Desk, me: Person, role: Role) -> dict[str, Any]:
    """What a form about this role needs: which kind of limit, and what there is to choose from."""
    kind = roles.SCOPES[role]
    own = sorted(reach(me, "staff:manage").urns)
    everywhere = reach(me, "staff:manage").everything
    choices: list[tuple[str, str]] = []
    if kind == "team":
        choices = [(d.code, d.name) for d in desk.book.destinations.values() if d.kind != "placement-panel"]
    elif kind == "panel-or-all":
        panels = [(d.code, d.name) for d in desk.book.destinations.values() if d.kind == "placement-panel"]
        choices = [("", "All panels"), *panels]
    elif kind == "area":
        choices = [(area.code, f"{area.code}, {area.name}") for area in desk.book.register.areas.values()]
    elif kind == "school" and not everywhere:
        choices = [(urn, _school(desk, urn)) for urn in own]
    return {"kind": kind, "choices": choices}


def _school(desk: Desk, urn: str) -> str:
    setting = desk.book.register.find(urn)
    return setting.name if setting else urn


def _new(
    desk: Desk,
    request: Request,
    me: Person,
    role: Role,
    typed: Mapping[str, str] | None = None,
    problems: Sequence[Any] = (),
) -> Response:
    return desk.look.page(
        "staff/new.html",
        request,
        person=me,
        status=422 if problems else 200,
        problems=problems,
        role=role,
        role_words=ROLE_WORDS[role],
        typed=typed or {},
        **scope_fields(desk, me, role),
    )
