"""Restricted cases: who sees them, how one is opened in need, and looking into it afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from chassis.decision import Refused
from chassis.staff import Colleague, roles
from chassis.web.access import record_read
from chassis.web.forms import Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from services.referrals import storage
from services.referrals.domain.permissions import may, reach, shut_to
from services.referrals.domain.staff.members import Giver, Staff
from services.referrals.domain.staff.restricted import (
    OPEN_FOR,
    BreakGlass,
    Glass,
    LiftRestriction,
    RestrictReferral,
    ReviewGlass,
)
from services.referrals.web.staff.desk import Case, Desk, Wrong, faults_of, given

Restricts = Annotated[Person, Depends(signed_in("referral:restrict"))]
Breaks = Annotated[Person, Depends(signed_in("glass:break"))]
Reviews = Annotated[Person, Depends(signed_in("glass:review"))]


@dataclass(frozen=True, slots=True)
class Broken:
    """One broken glass: which case, who, and what they said."""

    referral_id: str
    reference: str
    glass: Glass
    key: str


def router(desk: Desk) -> APIRouter:
    """The lists, the restriction of one case, and the glass."""
    routes = APIRouter()
    _glass(routes, desk)
    _restrictions(routes, desk)
    return routes


def _restrictions(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/restricted")
    async def listing(request: Request, me: Restricts) -> Response:
        """Every case that is restricted, by its reference alone."""
        return await _listing(desk, request, me)

    @routes.post("/restricted")
    async def go(request: Request, me: Restricts, form: Posted) -> Response:
        """To the case with a reference."""
        try:
            async with desk.running.pool.acquire() as conn:
                case = await desk.case(conn, form.get("reference"))
        except Problem as problem:
            fault = Fault(field="reference", code=problem.code, message=problem.detail)
            return await _listing(desk, request, me, form.get("reference"), [fault])
        return desk.look.redirect(f"/restricted/{case.referral.reference}")

    @routes.get("/restricted/{reference}")
    async def one(reference: str, request: Request, me: Restricts) -> Response:
        """Who may see it, and everything that was done about it."""
        return await _one(desk, request, me, reference)

    @routes.post("/restricted/{reference}")
    async def change(reference: str, request: Request, me: Restricts, form: Posted) -> Response:
        """Restricts it, changes who is named, or lifts the restriction."""
        async with desk.running.pool.acquire() as conn:
            id = (await desk.case(conn, reference)).referral.id
        reason = form.get("reason")
        command: object = RestrictReferral(id, frozenset(form.all("named")), reason, me.id)
        if form.get("do") == "lift":
            command = LiftRestriction(id, reason, me.id)
        try:
            await desk.run(command)
        except (Refused, Wrong) as error:
            named = form.all("named")
            return await _one(desk, request, me, reference, given(form), named, faults_of(error))
        return desk.look.redirect(f"/restricted/{reference}", "It is noted who may see this case.")


async def _listing(
    desk: Desk, request: Request, me: Person, typed: str = "", problems: Sequence[Any] = ()
) -> Response:
    async with desk.running.pool.acquire() as conn:
        found = [each for each in await storage.staff.restrictions(conn) if each[2].named]
        people = await storage.staff.people(conn, {id for _, _, each in found for id in each.named})
    return desk.look.page(
        "staff/restricted.html",
        request,
        person=me,
        status=422 if problems else 200,
        problems=problems,
        cases=found,
        people=people,
        typed=typed,
    )


async def _one(
    desk: Desk,
    request: Request,
    me: Person,
    reference: str,
    typed: Mapping[str, str] | None = None,
    named: Sequence[str] | None = None,
    problems: Sequence[Any] = (),
) -> Response:
    async with desk.running.pool.acquire() as conn:
        case = await desk.case(conn, reference)
        everybody = await storage.staff.everybody(conn)
    restriction = case.restriction
    return desk.look.page(
        "staff/restriction.html",
        request,
        person=me,
        status=422 if problems else 200,
        problems=problems,
        case=case,
        named=named if named is not None else sorted(restriction.named if restriction else ()),
        candidates=[each for each in everybody if _could_see(desk, each, case)],
        names={each.id: each.name for each in everybody},
        typed=typed or {},
    )


def _could_see(desk: Desk, staff: Staff, case: Case) -> bool:
    """Whether somebody would see the case if it were not restricted."""
    if not staff.active:
        return False
    colleague = Colleague.model_validate(staff.model_dump())
    actor = Giver(staff.id, frozenset(roles(colleague, desk.today)))
    return reach(actor, "referral:see").includes(case.subject)


def _glass(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/restricted/glass")
    async def broken(request: Request, me: Reviews) -> Response:
        """Every time that somebody opened a restricted case without being named."""
        async with desk.running.pool.acquire() as conn:
            found = await storage.staff.restrictions(conn)
            every = [_broken(id, reference, glass) for id, reference, each in found for glass in each.glasses]
            every.sort(key=lambda each: (each.glass.reviewed_at is not None, -each.glass.at.timestamp()))
            ids = {each.glass.staff_id for each in every} | {each.glass.reviewed_by or "" for each in every}
            people = await storage.staff.people(conn, ids)
        names = {id: each.name for id, each in people.items()}
        return desk.look.page("staff/glasses.html", request, person=me, every=every, names=names)

    @routes.post("/restricted/glass")
    async def reviewed(me: Reviews, form: Posted) -> Response:
        """Somebody looked into it."""
        id, who, at = [*form.get("glass").split(" "), "", "", ""][:3]
        try:
            moment = datetime.fromisoformat(at)
            await desk.run(ReviewGlass(id, who, moment, me.id))
        except ValueError:
            raise Problem(422, "glass-unreadable", "Load the list again and choose from it.") from None
        except Refused as error:
            raise Problem(409, error.code, error.detail) from None
        return desk.look.redirect("/restricted/glass", "It is noted that you looked into it.")

    @routes.get("/glass/{reference}")
    async def ask(reference: str, request: Request, me: Breaks) -> Response:
        """Ask for a reason before a restricted case is opened."""
        async with desk.running.pool.acquire() as conn:
            case = await _shut(desk, conn, me, reference)
        return _ask(desk, request, me, case)

    @routes.post("/glass/{reference}")
    async def break_it(reference: str, request: Request, me: Breaks, form: Posted) -> Response:
        """Opens the case to whoever asks for a few hours. It is recorded, and a service manager is told."""
        async with desk.running.pool.acquire() as conn:
            case = await _shut(desk, conn, me, reference)
        try:
            await desk.run(BreakGlass(case.referral.id, form.get("reason"), me.id))
        except Refused as error:
            return _ask(desk, request, me, case, faults_of(error))
        async with desk.running.pool.acquire() as conn:
            await record_read(conn, me, "glass", case.referral.id)
        return desk.look.redirect(
            f"/referrals/{case.referral.reference}", "The case is open to you for a while."
        )


def _broken(id: str, reference: str, glass: Glass) -> Broken:
    return Broken(id, reference, glass, f"{id} {glass.staff_id} {glass.at.isoformat()}")


async def _shut(desk: Desk, conn: Any, me: Person, reference: str) -> Case:
    """A case that only its restriction keeps from ``me``. Raises Problem 404 for any other."""
    case = await desk.case(conn, reference)
    if may(me, "glass:break", case.subject) or not shut_to(me, "glass:break", case.subject):
        raise Problem(404, "not-restricted", "There is no case here that you could open so.")
    return case


def _ask(desk: Desk, request: Request, me: Person, case: Case, problems: Sequence[Any] = ()) -> Response:
    return desk.look.page(
        "staff/glass.html",
        request,
        person=me,
        status=422 if problems else 200,
        problems=problems,
        reference=case.referral.reference,
        hours=int(OPEN_FOR.total_seconds() // 3600),
    )
