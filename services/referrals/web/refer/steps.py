"""One page of the form: shown, saved at once whatever was typed, and judged."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from services.referrals.domain import asking
from services.referrals.domain.intake.drafts import Draft, Put, SaveDraft, placed
from services.referrals.web.refer.desk import UNKNOWN, Desk, Filling, fields, home_of

LATER = "later"


def router(desk: Desk) -> APIRouter:
    """The routes of single pages."""
    routes = APIRouter()

    @routes.get("/refer/{id}/{slug}")
    async def show(request: Request, person: Filling, id: str, slug: str, back: str = "") -> Response:
        """A page with the answers so far."""
        draft = await desk.open_draft(person, id)
        page = page_of(slug)
        return step(desk, request, person, draft, page, back=back)

    @routes.post("/refer/{id}/{slug}")
    async def save(request: Request, person: Filling, id: str, slug: str, form: Posted) -> Response:
        """Saves the page and goes on; what is wrong is said, and saved all the same."""
        draft = await desk.open_draft(person, id)
        page, back = page_of(slug), form.get("back")
        puts = tuple(Put(each.path, asking.parsed(each, form)) for each in page.questions)
        try:
            await desk.run(SaveDraft(draft.id, page.slug, seen(form), person.id, person.name, puts))
        except Refused as refusal:
            return await refused(desk, request, person, draft, page, puts, refusal, back)
        draft = await desk.draft(person, id)
        return onwards(desk, request, person, draft, page, form)

    return routes


def page_of(slug: str, *, of_list: bool = False) -> asking.Page:
    """The page of this name. Raises Problem 404."""
    page = asking.BY_SLUG.get(slug)
    if page is None or bool(page.entry) != of_list:
        raise UNKNOWN
    return page


def seen(form: Form) -> int:
    """The save of the draft that the page showed."""
    typed = form.get("seen")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 9 else 0


def onwards(
    desk: Desk, request: Request, person: Person, draft: Draft, page: asking.Page, form: Form
) -> Response:
    """After a page was saved: where its answers are sound, the next page; else the same one with its faults."""
    if form.get("then") == LATER:
        return desk.look.redirect(
            home_of(draft), "Your answers are saved. You or a colleague can go on at any time."
        )
    found = asking.on_page(page, asking.problems(draft.answers, desk.about(draft)))
    if found:
        return step(desk, request, person, draft, page, found, back=form.get("back"), status=422)
    return desk.look.redirect(next_path(desk, draft, page, form.get("back")))


def next_path(desk: Desk, draft: Draft, page: asking.Page, back: str) -> str:
    """Back to the check where the person came from there, else the next page, the check after the last one."""
    after = asking.following(page, draft.answers, desk.today)
    return f"/refer/{draft.id}/{'check' if back == 'check' or after is None else after.slug}"


def step(
    desk: Desk,
    request: Request,
    person: Person,
    draft: Draft,
    page: asking.Page,
    found: Sequence[asking.Problem] = (),
    *,
    back: str = "",
    status: int = 200,
    **more: Any,
) -> Response:
    """The page itself. ``found`` are its faults."""
    shown, summary = fields(page, draft.answers, found)
    before = asking.preceding(page, draft.answers, desk.today)
    return desk.look.page(
        "refer/step.html",
        request,
        person=person,
        status=status,
        problems=summary,
        draft=draft,
        page=page,
        fields=shown,
        back="check" if back == "check" else "",
        before=f"/refer/{draft.id}/{before.slug}" if before else f"/refer/{draft.id}",
        **more,
    )


async def refused(
    desk: Desk,
    request: Request,
    person: Person,
    draft: Draft,
    page: asking.Page,
    puts: Sequence[Put],
    refusal: Refused,
    back: str,
) -> Response:
    """A colleague saved this page meanwhile: theirs is shown beside what was typed, and nothing is lost."""
    if refusal.code != "changed-meanwhile":
        raise refusal
    draft = await desk.draft(person, draft.id)
    theirs = [
        (each.label, asking.said(each, asking.value_at(draft.answers, each.path))) for each in page.questions
    ]
    typed = draft.model_copy(update={"answers": with_puts(draft.answers, puts)})
    return step(
        desk, request, person, typed, page, back=back, status=409, theirs=theirs, colleague=draft.changed_by
    )


def with_puts(answers: dict[str, Any], puts: Sequence[Put]) -> dict[str, Any]:
    """The answers as they would be with what was typed."""
    for put in puts:
        answers = placed(answers, put.path.split("."), put.value)
    return answers
