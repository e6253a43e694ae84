"""A question that becomes a referral, without a word typed twice: a draft for people, or the whole form at once."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from chassis.calendar import london_date
from chassis.service import Running
from chassis.web.problems import Problem
from schemas.submissions_v1 import Fault, ReferralSubmission
from services.referrals import storage
from services.referrals.domain.book import Book
from services.referrals.domain.enquiries.enquiring import known
from services.referrals.domain.enquiries.enquiry import Enquiry
from services.referrals.domain.form.checking import About, check
from services.referrals.domain.identity import referral_id_of
from services.referrals.domain.intake.drafts import Draft, SendDraft
from services.referrals.web.api import answers
from services.referrals.web.api import asking_bodies as bodies
from services.referrals.web.api.asked import Asked, School, run, says
from services.referrals.web.api.asking import visible_enquiry
from services.referrals.web.api.parts import Reference
from services.referrals.web.api.submitting import faulty, refuse_duplicate

_GO_ON = (
    "It is a draft now. Somebody of the school goes on with it at draft_url; or send the same call again with the rest "
    "of the form in form."
)
Duplicate = Annotated[
    Literal["continue"] | None, Query(description="As for POST /api/referrals, where form is given.")
]


def router(running: Running, book: Book) -> APIRouter:
    """The route of questions that become referrals."""
    api = APIRouter(prefix="/api")

    @api.post("/enquiries/{reference}/convert", responses=says(answers.EnquiryConverted))
    async def convert(
        reference: Reference, body: bodies.Converting, asked: School, duplicate: Duplicate = None
    ) -> Any:
        """A question becomes a referral that holds what is known, and the answer to it.

        Without `form`: a draft, which people of the school go on with at `draft_url`. With the rest of the form in
        `form`, at once or in a second call: the referral is sent, as by POST /api/referrals, and `referral` is its
        reference. What people have filled into the draft meanwhile is kept where `form` says nothing else. The same
        call again is answered the same.
        """
        async with running.pool.acquire() as conn:
            enquiry = await visible_enquiry(conn, asked.caller, reference)
            draft = await storage.draft(conn, enquiry.draft_id) if enquiry.draft_id else None
        form = None
        if body.form is not None and (draft is None or draft.open):
            form = _checked(running, book, asked, _whole(enquiry, draft, body.form))
        command = body.command(enquiry, asked.caller.who)
        if form is None:
            answer = await run(running, command, asked.once(f"convert:{enquiry.id}"))
            return await _told(running, answer)
        if duplicate is None:
            own = referral_id_of("draft", enquiry.draft_id) if enquiry.draft_id else ""
            await refuse_duplicate(running, book, form, own)
        answer = await run(running, command, None)
        send = SendDraft(answer["draft_id"], form, asked.caller.who)
        await run(running, send, asked.once(f"convert:{enquiry.id}"))
        return await _told(running, answer)

    return api


def _whole(enquiry: Enquiry, draft: Draft | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The form: what is known, under what was given. Raises Problem for a form of another school."""
    if given.get("urn", enquiry.urn) != enquiry.urn:
        wrong = Fault(
            field="form.urn", code="another-school", message="Leave the URN out: it is the question's."
        )
        raise Problem(422, "invalid", "The form is another school's.", errors=[wrong.model_dump()])
    before = draft.answers if draft else known(enquiry)
    return {**_under(before, given), "urn": enquiry.urn}


def _under(known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Both; a part that both have is put together from its fields, and of each field what was given counts."""
    found = {**known, **given}
    for name in known.keys() & given.keys():
        if isinstance(known[name], Mapping) and isinstance(given[name], Mapping):
            found[name] = _under(known[name], given[name])
    return found


def _checked(running: Running, book: Book, asked: Asked, whole: Mapping[str, Any]) -> ReferralSubmission:
    """The form, checked as any other. Raises Problem with every fault of it."""
    about = About(book.register, london_date(running.clock.now()), urns=asked.caller.owners)
    found = check(json.dumps(whole).encode(), about)
    if isinstance(found, list):
        raise faulty([each.model_copy(update={"field": f"form.{each.field}".rstrip(".")}) for each in found])
    return found


async def _told(running: Running, answer: Mapping[str, Any]) -> dict[str, Any]:
    async with running.pool.acquire() as conn:
        draft = await storage.draft(conn, answer["draft_id"])
    became = bodies.became(draft)
    sentence = "It is a referral now." if became["referral"] else _GO_ON
    if became["referral"] is None and became["draft_url"] is None:
        sentence = "Its draft was deleted: send a new referral."
    return {**answer, **became, "sentence": sentence}
