"""Who read what about a child: a search by a referral's reference, a page, and the same as CSV to give away."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response

from chassis.web.access import record_read
from chassis.web.forms import Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from services.referrals.disclosure import Line, as_csv, disclosed
from services.referrals.domain.identity import read_reference
from services.referrals.domain.permissions import reach
from services.referrals.domain.referral import Referral
from services.referrals.storage import access_log
from services.referrals.storage.access_log import About
from services.referrals.web.staff.desk import Desk, given

Sees = Annotated[Person, Depends(signed_in("access-log:see"))]
Of = Literal["referral", "child"]
_SHOWN = 200


def router(desk: Desk) -> APIRouter:
    """The search, the page and the table."""
    routes = APIRouter(prefix="/access-log")

    @routes.get("")
    async def search(request: Request, me: Sees) -> Response:
        """Ask for a referral by its reference."""
        return _search(desk, request, me)

    @routes.post("")
    async def find(request: Request, me: Sees, form: Posted) -> Response:
        """To the record of this referral or its child."""
        reference = read_reference(form.get("reference"))
        if reference is None:
            message = "Write a reference with its 12 characters, such as 4K7M-XT2P-9QAB."
            return _search(desk, request, me, given(form), [_fault(message)])
        of = "child" if form.get("of") == "child" else "referral"
        return desk.look.redirect(f"/access-log/{reference}?of={of}")

    @routes.get("/{reference}")
    async def page(reference: str, request: Request, me: Sees, of: Of = "referral") -> Response:
        """The latest reads."""
        lines = await _lines(desk, me, reference, of)
        return desk.look.page(
            "staff/access_log.html",
            request,
            person=me,
            reference=reference,
            of=of,
            lines=lines[:_SHOWN],
            number=len(lines),
        )

    @routes.get("/{reference}/csv")
    async def table(reference: str, me: Sees, of: Of = "referral") -> Response:
        """All reads as a table."""
        text = as_csv(await _lines(desk, me, reference, of))
        name = f'attachment; filename="access-log-{read_reference(reference)}.csv"'
        return Response(text, 200, {"Content-Disposition": name}, "text/csv; charset=utf-8")

    return routes


async def _lines(desk: Desk, me: Person, typed: str, of: Of) -> list[Line]:
    """The record, as far as ``me`` may see it; that it was looked at is recorded too."""
    async with desk.running.pool.acquire() as conn, conn.transaction():
        referral = (await desk.case(conn, typed)).referral
        within = reach(me, "access-log:see")
        if not (within.everything or referral.urn in within.urns):
            raise Problem(404, "referral-unknown", "There is no referral with this reference: check it.")
        about = await _about(conn, referral, of)
        if not within.everything:
            about = [each for each in about if each.urn in within.urns]
        lines = await disclosed(conn, desk.book, about)
        await record_read(conn, me, "access-log", referral.id)
    return lines


async def _about(conn: Any, referral: Referral, of: Of) -> list[About]:
    if of == "child":
        return await access_log.of_child(conn, referral.child_id)
    return await access_log.of_referral(conn, referral.id)


def _search(
    desk: Desk, request: Request, me: Person, typed: Any = None, problems: Sequence[Any] = ()
) -> Response:
    return desk.look.page(
        "staff/access_log_search.html",
        request,
        person=me,
        status=422 if problems else 200,
        problems=problems,
        typed=typed or {},
    )


def _fault(message: str) -> Fault:
    return Fault(field="reference", code="reference-mistyped", message=message)
