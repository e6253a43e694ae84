"""The API: referrals come in, are looked up and worked on."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic_core import to_json

from chassis import telemetry
from chassis.ids import new_id
from chassis.runner import Once
from chassis.service import Running
from chassis.web.access import record_read
from chassis.web.auth import Caller, require
from chassis.web.direct import DirectRoute
from chassis.web.problems import Problem
from schemas.submissions_v1 import Fault, ReferralSubmission
from services.referrals import storage
from services.referrals.domain import commands
from services.referrals.domain.form import About, check
from services.referrals.domain.identity import read_reference
from services.referrals.domain.intake import Book
from services.referrals.domain.referral import Referral, Status, local_day
from services.referrals.views import Accept, Conclude, GiveBack, Withdraw, brief, full, inlined, queue

Submitting = Annotated[Caller, Depends(require(None))]
Withdrawing = Annotated[Caller, Depends(require("referrals:submit"))]
Reading = Annotated[Caller, Depends(require("referrals:read"))]
Working = Annotated[Caller, Depends(require("referrals:work"))]
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
_FORM = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": inlined(ReferralSubmission)}},
    }
}


def router(running: Running, book: Book) -> APIRouter:
    """The routes of this service."""
    api = APIRouter(prefix="/api")
    api.include_router(_submitting(running, book))
    _look(api, running, book)
    _work(api, running)
    return api


def _submitting(running: Running, book: Book) -> APIRouter:
    direct = APIRouter(route_class=DirectRoute)

    @direct.post("/referrals", status_code=202, response_model=Mapping[str, Any], openapi_extra=_FORM)
    async def submit(request: Request, caller: Submitting, key: Key = None) -> Response:
        """Take a referral form in. Answers its reference, or every fault of the form at once."""
        origin = _origin(caller)
        body = await request.body()
        today = local_day(running.clock.now())
        checked = check(body, About(book.register, today, origin == "statutory", caller.owners))
        once = Once(f"submit:{caller.name}", key, body) if key else None
        if isinstance(checked, list):
            answer = await running.runner.earlier(once) if once else None
            if answer is None:
                raise _faulty(checked)
        else:
            command = commands.SubmitReferral(new_id(), checked, origin)
            answer = await _run(running, command, once)
        url = f"/api/referrals/{answer['reference']}"
        taken = to_json({**answer, "status_url": url})
        return Response(taken, 202, {"Location": url}, "application/json")

    return direct


def _origin(caller: Caller) -> commands.Origin:
    """A token that may do both is a school's: an EHC co-ordinator's has the statutory scope only."""
    if "referrals:submit" in caller.scopes:
        return "http"
    if "referrals:statutory" in caller.scopes:
        return "statutory"
    raise Problem(403, "scope-missing", "This needs a token with the scope referrals:submit.")


def _faulty(faults: list[Fault]) -> Problem:
    if any(each.code == "urn-not-yours" for each in faults):
        return Problem(403, "urn-not-yours", "This token may send referrals only for its own establishments.")
    number = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
    errors = [each.model_dump() for each in faults]
    return Problem(422, "form-faulty", f"The form has {number}; each is named in errors.", errors=errors)


def _look(api: APIRouter, running: Running, book: Book) -> None:
    @api.get("/referrals")
    async def listing(
        caller: Reading,
        status: Status | None = None,
        destination: Annotated[str | None, Query(max_length=60)] = None,
        after: Annotated[str | None, Query(max_length=40)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Mapping[str, Any]:
        """Referrals, the oldest first, a page at a time."""
        last = None if after is None else _reference(after)
        wanted = storage.Wanted(status, destination, caller.owners, last, limit)
        found = await _found(running, wanted)
        today = local_day(running.clock.now())
        return {
            "referrals": [brief(each, book, today) for each in found],
            "next": _next(found, status, destination, limit),
        }

    @api.get("/referrals/{reference}")
    async def one(reference: str, caller: Reading) -> Mapping[str, Any]:
        """One referral with its story. The read is recorded."""
        async with running.pool.acquire() as conn, conn.transaction():
            referral = await _visible(conn, caller, reference)
            papers = await storage.papers_of(conn, referral.id)
            await record_read(conn, caller, "referral", referral.id)
        return full(referral, papers, book, local_day(running.clock.now()))

    @api.get("/queues")
    async def queues(caller: Reading) -> Mapping[str, Any]:
        """How many wait for each destination, how many are under way, and the oldest that waits."""
        today = local_day(running.clock.now())
        async with running.pool.acquire() as conn:
            found = await storage.queues(conn, today, caller.owners)
        return {"queues": [queue(each, book) for each in found]}


def _work(api: APIRouter, running: Running) -> None:
    @api.post("/referrals/{reference}/accept")
    async def accept(reference: str, body: Accept, caller: Working, request: Request, key: Key = None) -> Any:
        """The team takes the referral on."""
        referral = await _of(running, caller, reference)
        command = commands.AcceptReferral(referral.id, body.next_step_by, by=caller.name)
        return await _run(running, command, await _once("accept", referral, caller, key, request))

    @api.post("/referrals/{reference}/return")
    async def give_back(
        reference: str, body: GiveBack, caller: Working, request: Request, key: Key = None
    ) -> Any:
        """The team gives the referral back with advice."""
        referral = await _of(running, caller, reference)
        command = commands.ReturnReferral(referral.id, body.reason, body.advice, by=caller.name)
        return await _run(running, command, await _once("return", referral, caller, key, request))

    @api.post("/referrals/{reference}/conclude")
    async def conclude(
        reference: str, body: Conclude, caller: Working, request: Request, key: Key = None
    ) -> Any:
        """The team's work is done."""
        referral = await _of(running, caller, reference)
        command = commands.ConcludeReferral(
            referral.id, body.outcome, body.review_on, body.advice, by=caller.name
        )
        return await _run(running, command, await _once("conclude", referral, caller, key, request))

    @api.post("/referrals/{reference}/withdraw")
    async def withdraw(
        reference: str, body: Withdraw, caller: Withdrawing, request: Request, key: Key = None
    ) -> Any:
        """The school takes the referral back."""
        referral = await _of(running, caller, reference)
        command = commands.WithdrawReferral(referral.id, body.reason, by=caller.name)
        return await _run(running, command, await _once("withdraw", referral, caller, key, request))


async def _run(running: Running, command: object, once: Once | None) -> Any:
    return await running.runner.command(
        command,
        once=once,
        correlation=telemetry.correlation(),
        traceparent=telemetry.current_traceparent(),
    )


async def _once(
    what: str, referral: Referral, caller: Caller, key: str | None, request: Request
) -> Once | None:
    if key is None:
        return None
    return Once(f"{what}:{referral.id}:{caller.name}", key, await request.body())


async def _found(running: Running, wanted: storage.Wanted) -> list[Referral]:
    async with running.pool.acquire() as conn:
        return await storage.page(conn, wanted)


async def _of(running: Running, caller: Caller, reference: str) -> Referral:
    async with running.pool.acquire() as conn:
        return await _visible(conn, caller, reference)


async def _visible(conn: Any, caller: Caller, reference: str) -> Referral:
    """The referral, if this caller may see it. Raises Problem 404 otherwise: nobody learns that it exists.

    A restricted one opens to people who are named, and so to no program.
    """
    referral = await storage.by_reference(conn, _reference(reference))
    if (
        referral is None
        or not caller.covers(referral.urn)
        or await storage.staff.is_restricted(conn, referral.id)
    ):
        raise Problem(404, "referral-unknown", "There is no referral with this reference among yours.")
    return referral


def _reference(text: str) -> str:
    reference = read_reference(text)
    if reference is None:
        raise Problem(
            404,
            "reference-mistyped",
            "This is not a reference: it has 12 characters, and one of them seems mistyped. Check it.",
        )
    return reference


def _next(found: list[Referral], status: str | None, destination: str | None, limit: int) -> str | None:
    if len(found) < limit:
        return None
    given = {"status": status, "destination": destination, "after": found[-1].reference, "limit": limit}
    return f"/api/referrals?{urlencode({name: value for name, value in given.items() if value is not None})}"
