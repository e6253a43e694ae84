"""Check your answers, send once, and what happens next."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.english import capital
from chassis.web.forms import Posted
from chassis.web.people import Person
from schemas.submissions_v1 import Fault, ReferralSubmission
from services.referrals import storage
from services.referrals.domain import asking
from services.referrals.domain.directory.waits import Expected
from services.referrals.domain.identity import referral_id_of
from services.referrals.domain.intake.drafts import Draft, SendDraft
from services.referrals.domain.referral import Referral
from services.referrals.domain.story import story
from services.referrals.web.refer.desk import Desk, Filling, Said
from services.referrals.web.refer.entries import lines
from services.referrals.web.waiting import expected_words


def router(desk: Desk) -> APIRouter:
    """The routes of checking and sending."""
    routes = APIRouter()

    @routes.get("/refer/{id}/check")
    async def check(request: Request, person: Filling, id: str) -> Response:
        """All answers, what is missing, and what the destination will ask for."""
        draft = await desk.open_draft(person, id)
        return await checked(desk, request, person, draft)

    @routes.post("/refer/{id}/send")
    async def send(request: Request, person: Filling, id: str, form: Posted) -> Response:
        """Sends the form, once however often it is posted."""
        draft = await desk.draft(person, id)
        if draft.reference is None:
            draft = await desk.open_draft(person, id)
            answer = await _sent(desk, request, person, draft, form.get("anyway") == "yes")
            if answer is not None:
                return answer
        return desk.look.redirect(f"/refer/{draft.id}/sent")

    @routes.get("/refer/{id}/sent")
    async def sent(request: Request, person: Filling, id: str) -> Response:
        """The reference, who has it, what happens next and when."""
        draft = await desk.draft(person, id)
        if draft.reference is None:
            return desk.look.redirect(f"/refer/{draft.id}")
        return await _confirmed(desk, request, person, draft)

    return routes


async def _sent(desk: Desk, request: Request, person: Person, draft: Draft, anyway: bool) -> Response | None:
    """Sends it; a page where it cannot be sent yet, None where it was."""
    form = asking.judged(draft.answers, desk.about(draft))
    if isinstance(form, list):
        return await checked(desk, request, person, draft, status=422)
    if not anyway and await duplicates(desk, form, draft):
        said = Said(
            "anyway", "Look at the referrals that this one may repeat, then choose whether to send it"
        )
        return await checked(desk, request, person, draft, said=[said], status=422)
    try:
        await desk.run(SendDraft(draft.id, form, person.id, draft.origin))
    except Refused as refusal:
        if not refusal.faults:
            raise
        return await checked(desk, request, person, draft, more=refusal.faults, status=422)
    return None


async def duplicates(desk: Desk, form: ReferralSubmission, draft: Draft) -> list[Referral]:
    """The school's own referrals that this one may repeat: the same child, the same destination, a short while ago."""
    own = referral_id_of("draft", draft.id)  # it may be sent this very moment, by a second click
    alike = storage.alike_of(desk.book, form, own, desk.running.clock.now())
    if alike is not None:
        # A program is answered no, a person is only asked: so another number, which may be mistyped, counts as well.
        alike = replace(alike, child=replace(alike.child, upn=None))
    async with desk.running.pool.acquire() as conn:
        return await storage.likely_duplicates(conn, alike)


async def checked(
    desk: Desk,
    request: Request,
    person: Person,
    draft: Draft,
    *,
    more: Sequence[Fault] = (),
    said: Sequence[Said] = (),
    status: int = 200,
) -> Response:
    """The page of all answers. ``more`` are faults that only sending found."""
    about = desk.about(draft)
    found = [*asking.problems(draft.answers, about), *asking.placed(more, draft.answers, desk.today)]
    form = asking.judged(draft.answers, about)
    way = asking.way_of(draft.answers, desk.book, desk.today)
    repeated = [] if isinstance(form, list) else await duplicates(desk, form, draft)
    return desk.look.page(
        "refer/check.html",
        request,
        person=person,
        status=status,
        problems=said,
        draft=draft,
        rows=[await _row(desk, draft, page) for page in asking.applying(draft.answers, desk.today)],
        missing=[(each.page, _on_which(each)) for each in found],
        way=way,
        wanted=asking.wanted(draft.answers, way, desk.today),
        repeated=[(each, story(each, desk.book.destinations, desk.today)) for each in repeated],
    )


def _on_which(problem: asking.Problem) -> str:
    if problem.index is None:
        return problem.message
    return f"{capital(problem.page.entry)} {problem.index + 1}: {problem.message}"


async def _row(desk: Desk, draft: Draft, page: asking.Page) -> dict[str, Any]:
    if page.entry:
        return {"page": page, "entries": await lines(desk, draft, page)}
    said = [(each, asking.said(each, asking.value_at(draft.answers, each.path))) for each in page.questions]
    silent = not any(words for _, words in said) and all(each.optional for each in page.questions)
    return {
        "page": page,
        "said": said,
        "nothing": silent and ("Nothing said" if page.optional else "Not answered"),
    }


async def _confirmed(desk: Desk, request: Request, person: Person, draft: Draft) -> Response:
    async with desk.running.pool.acquire() as conn:
        referral = await storage.by_id(conn, draft.referral_id or "")
        waits = await storage.waits_said(conn, "answer", desk.today)
    assert referral is not None
    destination = desk.book.destinations.get(referral.destination)
    return desk.look.page(
        "refer/sent.html",
        request,
        person=person,
        referral=referral,
        statutory=draft.origin == "statutory",
        told=story(referral, desk.book.destinations, desk.today),
        destination=destination,
        wait=expected_words(waits.get(referral.destination) or Expected(0), destination),
    )
