"""Enquiries: schools ask Ask SALI, or for help for a whole setting; those who answer do so here too."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.auth import Caller
from chassis.web.problems import Problem
from schemas.submissions_v1 import Fault
from services.referrals import storage
from services.referrals.domain.book import Book
from services.referrals.domain.enquiries.enquiry import Enquiry, EnquiryStatus
from services.referrals.web.api import answers
from services.referrals.web.api import asking_bodies as bodies
from services.referrals.web.api.asked import Asked, Either, Reading, School, Team, run, says, standard
from services.referrals.web.api.parts import Reference

#: The field that is to be mended where a rule refuses an enquiry.
_FIELDS = {"urn-unknown": "urn", "question-missing": "question", "help-missing": "wants"}


def router(running: Running, book: Book) -> APIRouter:
    """The routes of enquiries."""
    api = APIRouter(prefix="/api")
    _read(api, running, book)
    _asked(api, running, book)
    _done(api, running)
    return api


def _read(api: APIRouter, running: Running, book: Book) -> None:
    @api.get("/enquiries", responses=says(answers.EnquiryPage))
    async def listing(
        caller: Reading,
        status: EnquiryStatus | None = None,
        after: Annotated[str | None, Query(max_length=40)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Any:
        """Enquiries without their words, the oldest first, a page at a time."""
        last = None if after is None else standard(after)
        async with running.pool.acquire() as conn:
            found = await storage.enquiries.page(conn, caller.owners, status, last, limit)
        today = london_date(running.clock.now())
        given = {"status": status, "after": found[-1].reference if found else None, "limit": limit}
        url = f"/api/enquiries?{urlencode({name: each for name, each in given.items() if each is not None})}"
        return {
            "enquiries": [bodies.brief(each, book, today) for each in found],
            "next": url if len(found) == limit else None,
        }

    @api.get("/enquiries/{reference}", responses=says(answers.WholeEnquiry))
    async def one(reference: Reference, caller: Reading) -> Any:
        """One enquiry with its words. The read is recorded."""
        async with running.pool.acquire() as conn, conn.transaction():
            enquiry = await visible_enquiry(conn, caller, reference)
            await record_read(conn, caller, "enquiry", enquiry.id)
            draft = await storage.draft(conn, enquiry.draft_id) if enquiry.draft_id else None
        return bodies.full(enquiry, draft, book, london_date(running.clock.now()))


def _asked(api: APIRouter, running: Running, book: Book) -> None:
    @api.post("/enquiries", status_code=201, responses=says(answers.EnquiryAsked, 201))
    async def ask(body: bodies.Asking, asked: School) -> Response:
        """A school asks: a question about a child that it does not name, or help for the whole setting."""
        if not asked.caller.covers(body.urn):
            raise Problem(403, "urn-not-yours", "This token may ask only for its own establishments.")
        try:
            answer = await run(running, body.command(asked.caller.who), asked.once("enquiry"))
        except Refused as refusal:
            raise _named(refusal) from None
        url = f"/api/enquiries/{answer['reference']}"
        return JSONResponse({**answer, "status_url": url}, 201, {"Location": url})


def _done(api: APIRouter, running: Running) -> None:
    @api.post("/enquiries/{reference}/take", responses=says(answers.EnquiryDone))
    async def take(reference: Reference, body: bodies.Taking, asked: Team) -> Any:
        """Somebody of those who answer sees to it; null: it waits for all of them again."""
        return await _act(running, reference, "take", body, asked)

    @api.post("/enquiries/{reference}/answer", responses=says(answers.EnquiryDone))
    async def answer(reference: Reference, body: bodies.Answering, asked: Team) -> Any:
        """The answer, which the school reads."""
        return await _act(running, reference, "answer", body, asked)

    @api.post("/enquiries/{reference}/close", responses=says(answers.EnquiryDone))
    async def close(reference: Reference, body: bodies.Closing, asked: Either) -> Any:
        """Nobody needs it any more."""
        return await _act(running, reference, "close", body, asked)


async def _act(running: Running, reference: str, what: str, body: bodies.Act, asked: Asked) -> Any:
    async with running.pool.acquire() as conn:
        enquiry = await visible_enquiry(conn, asked.caller, reference)
    command = body.command(enquiry, asked.caller.who)
    return await run(running, command, asked.once(f"{what}:{enquiry.id}"))


async def visible_enquiry(conn: Connection, caller: Caller, typed: str) -> Enquiry:
    """The enquiry, if this caller may see what its school asks. Raises Problem 404 otherwise."""
    found = await storage.enquiries.by_reference(conn, standard(typed))
    if found is None or not caller.covers(found.urn):
        raise Problem(
            404, "enquiry-unknown", "There is no enquiry with this reference among yours. Check it."
        )
    return found


def _named(refusal: Refused) -> Refused:
    """The same refusal, with the field that it is about."""
    field = _FIELDS.get(refusal.code)
    if field is None or refusal.faults:
        return refusal
    fault = Fault(field=field, code=refusal.code, message=refusal.detail)
    return Refused(refusal.code, refusal.detail, faults=(fault,))
