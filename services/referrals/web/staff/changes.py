"""Changes to somebody who works here: roles, name, leaving, and who stands in for them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from chassis.web.problems import Fault, Problem
from services.referrals import storage
from services.referrals.domain.staff.commands import (
    ArrangeCover,
    CorrectStaff,
    EndCover,
    EndRole,
    GiveRole,
    StaffLeaves,
)
from services.referrals.domain.staff.members import Staff
from services.referrals.domain.staff.words import ROLE_WORDS
from services.referrals.web.staff.desk import Desk, Manages, Wrong, day_of, faults_of, given
from services.referrals.web.staff.people import choose_role, known_role, scope_fields, wanted_of

Make = Callable[[Staff, Form], object]


def router(desk: Desk) -> APIRouter:
    """Everything that is done to one person."""
    routes = APIRouter(prefix="/staff/{staff_id}")
    _roles(routes, desk)
    _form(routes, desk, "details", "Name and address", "They are named so from now on.", _corrected)
    _form(
        routes, desk, "leave", "They leave", "It is noted: they cannot sign in once they have left.", _leaving
    )
    _cover(routes, desk)
    return routes


def _roles(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/role")
    async def role(staff_id: str, request: Request, me: Manages, role: str | None = None) -> Response:
        """Choose a role, then say from when on."""
        staff = await desk.person(me, staff_id)
        if role is None:
            return choose_role(
                desk,
                request,
                me,
                f"/staff/{staff.id}/role",
                "Which role do they take on?",
                f"/staff/{staff.id}",
            )
        return _role_page(desk, request, me, staff, role)

    @routes.post("/role")
    async def give(staff_id: str, request: Request, me: Manages, form: Posted) -> Response:
        """Somebody takes a role on."""
        staff = await desk.person(me, staff_id)
        chosen = known_role(me, form.get("role"))
        try:
            await desk.run(GiveRole(staff.id, wanted_of(desk, me, chosen, form), me.id))
        except (Refused, Wrong) as error:
            return _role_page(desk, request, me, staff, chosen, form, faults_of(error))
        return desk.look.redirect(f"/staff/{staff.id}", "The role is given.")

    @routes.get("/end-role")
    async def end(staff_id: str, request: Request, me: Manages, role: str = "", scope: str = "") -> Response:
        """Ask when the role ends."""
        return _end_page(desk, request, me, await desk.person(me, staff_id), role, scope)

    @routes.post("/end-role")
    async def ended(staff_id: str, request: Request, me: Manages, form: Posted) -> Response:
        """A role ends."""
        staff = await desk.person(me, staff_id)
        role, scope = form.get("role"), form.get("scope")
        try:
            last = last_day(form)
            await desk.run(EndRole(staff.id, known_role(me, role), scope or None, me.id, last))
        except (Refused, Wrong) as error:
            return _end_page(desk, request, me, staff, role, scope, form, faults_of(error))
        return desk.look.redirect(f"/staff/{staff.id}", "It is noted that the role ends.")


def last_day(form: Form) -> Any:
    """When something ends: at once (None), or with a day. Raises Wrong where nothing was chosen."""
    if form.get("when") == "now":
        return None
    if form.get("when") == "day" and (day := day_of(form, "until")):
        return day
    raise Wrong(
        Fault(field="when", code="when-missing", message="Choose when it ends, and give the last day.")
    )


def _role_page(
    desk: Desk,
    request: Request,
    me: Person,
    staff: Staff,
    role: str,
    form: Form | None = None,
    problems: Sequence[Any] = (),
) -> Response:
    fields = scope_fields(desk, me, known_role(me, role))
    return _of_a_role("staff/give.html", desk, request, me, staff, role, form, problems, **fields)


def _end_page(
    desk: Desk,
    request: Request,
    me: Person,
    staff: Staff,
    role: str,
    scope: str,
    form: Form | None = None,
    problems: Sequence[Any] = (),
) -> Response:
    return _of_a_role("staff/end_role.html", desk, request, me, staff, role, form, problems, scope=scope)


def _of_a_role(
    template: str,
    desk: Desk,
    request: Request,
    me: Person,
    staff: Staff,
    role: str,
    form: Form | None,
    problems: Sequence[Any],
    **more: Any,
) -> Response:
    known = known_role(me, role)
    return desk.look.page(
        template,
        request,
        person=me,
        status=422 if problems else 200,
        problems=problems,
        staff=staff,
        role=known,
        role_words=ROLE_WORDS[known],
        typed=given(form) if form else {},
        **more,
    )


def _corrected(by: Person) -> Make:
    return lambda staff, form: CorrectStaff(staff.id, form.get("name"), form.get("email"), by.id)


def _leaving(by: Person) -> Make:
    return lambda staff, form: StaffLeaves(staff.id, by.id, last_day(form))


def _form(
    routes: APIRouter, desk: Desk, name: str, heading: str, done: str, command: Callable[[Person], Make]
) -> None:
    """A page with one form about one person, and what it sets off."""

    def page(
        request: Request, me: Person, staff: Staff, typed: Mapping[str, str], problems: Sequence[Any] = ()
    ) -> Response:
        return desk.look.page(
            f"staff/{name}.html",
            request,
            person=me,
            status=422 if problems else 200,
            problems=problems,
            staff=staff,
            heading=heading,
            typed=typed,
        )

    @routes.get(f"/{name}", name=f"staff-{name}")
    async def show(staff_id: str, request: Request, me: Manages) -> Response:
        staff = await desk.person(me, staff_id)
        return page(request, me, staff, {"name": staff.name, "email": staff.email})

    @routes.post(f"/{name}", name=f"staff-{name}-post")
    async def post(staff_id: str, request: Request, me: Manages, form: Posted) -> Response:
        staff = await desk.person(me, staff_id)
        try:
            await desk.run(command(me)(staff, form))
        except (Refused, Wrong) as error:
            return page(request, me, staff, given(form), faults_of(error))
        return desk.look.redirect("/staff" if name == "leave" else f"/staff/{staff.id}", done)


def _cover(routes: APIRouter, desk: Desk) -> None:
    colleagues = _colleagues(desk)

    async def page(
        request: Request, me: Person, staff: Staff, form: Form | None = None, problems: Sequence[Any] = ()
    ) -> Response:
        return desk.look.page(
            "staff/cover.html",
            request,
            person=me,
            status=422 if problems else 200,
            problems=problems,
            staff=staff,
            colleagues=await colleagues(me, staff),
            typed=given(form) if form else {},
        )

    @routes.get("/cover")
    async def cover(staff_id: str, request: Request, me: Manages) -> Response:
        """Choose who takes over the work of this person, and for how long."""
        return await page(request, me, await desk.person(me, staff_id))

    @routes.post("/cover")
    async def arrange(staff_id: str, request: Request, me: Manages, form: Posted) -> Response:
        """A colleague takes over."""
        staff = await desk.person(me, staff_id)
        try:
            until = day_of(form, "until")
            if until is None:
                raise Wrong(
                    Fault(field="until", code="day-missing", message="Give the last day of the cover.")
                )
            first = day_of(form, "from") or desk.today
            await desk.run(ArrangeCover(form.get("colleague"), staff.id, first, until, me.id))
        except (Refused, Wrong) as error:
            return await page(request, me, staff, form, faults_of(error))
        return desk.look.redirect(f"/staff/{staff.id}", "The cover is arranged.")

    @routes.post("/cover/end")
    async def end(staff_id: str, request: Request, me: Manages, form: Posted) -> Response:
        """The colleague does not take over any more."""
        staff = await desk.person(me, staff_id)
        try:
            await desk.run(EndCover(form.get("colleague"), staff.id, me.id))
        except Refused as error:
            raise Problem(409, error.code, error.detail) from None
        return desk.look.redirect(f"/staff/{staff.id}", "The cover has ended.")


def _colleagues(desk: Desk) -> Callable[[Person, Staff], Awaitable[list[Staff]]]:
    async def found(me: Person, staff: Staff) -> list[Staff]:
        async with desk.running.pool.acquire() as conn:
            everybody = await storage.staff.everybody(conn, active=True)
        return [each for each in everybody if each.id not in (staff.id, me.id) and desk.manages(me, each)]

    return found
