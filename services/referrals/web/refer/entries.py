"""Pages that keep a list: rounds of assess, plan, do, review, and the adults around the child."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.english import capital
from chassis.web.forms import Posted
from chassis.web.people import Person
from services.referrals import storage
from services.referrals.domain import asking
from services.referrals.domain.evidence import DropEvidence
from services.referrals.domain.intake.drafts import Draft, Put, SaveDraft, Still, mark
from services.referrals.web.refer.desk import Desk, Filling, Said, fields, home_of
from services.referrals.web.refer.steps import LATER, next_path, page_of, seen, with_puts

_LISTS = tuple(page.slug for page in asking.PAGES if page.entry)


def router(desk: Desk) -> APIRouter:
    """The routes of lists and their entries."""
    routes = APIRouter()
    for slug in _LISTS:
        _of_list(routes, desk, page_of(slug, of_list=True))
        _of_entry(routes, desk, page_of(slug, of_list=True))
    return routes


def _of_list(routes: APIRouter, desk: Desk, page: asking.Page) -> None:
    path = f"/refer/{{id}}/{page.slug}"

    @routes.get(path)
    async def show(request: Request, person: Filling, id: str, back: str = "") -> Response:
        """The entries so far."""
        draft = await desk.open_draft(person, id)
        return await listed(desk, request, person, draft, page, back=back)

    @routes.post(path)
    async def go_on(request: Request, person: Filling, id: str, form: Posted) -> Response:
        """On to the next page, unless the list or an entry of it lacks something."""
        draft = await desk.open_draft(person, id)
        if form.get("then") == LATER:
            return desk.look.redirect(
                home_of(draft), "Your answers are saved. You or a colleague can go on at any time."
            )
        found = [each for each in asking.problems(draft.answers, desk.about(draft)) if each.page is page]
        if found:
            return await listed(desk, request, person, draft, page, found, back=form.get("back"), status=422)
        return desk.look.redirect(next_path(desk, draft, page, form.get("back")))

    @routes.post(f"{path}/{{number}}/remove")
    async def remove(request: Request, person: Filling, id: str, number: int, form: Posted) -> Response:
        """Takes an entry out, once however often it is asked."""
        draft = await desk.open_draft(person, id)
        where = f"{page.parts[0]}.{number}"
        was = asking.value_at(draft.answers, where)
        still = Still(where, form.get("mark"))
        if number >= 0 and was is not None and mark(was) == still.mark:
            put = (Put(where, None),)
            await desk.run(SaveDraft(draft.id, page.slug, draft.saves, person.id, person.name, put, still))
            await drop_file(desk, draft, was)
        return desk.look.redirect(f"/refer/{draft.id}/{page.slug}{_back(form.get('back'))}")


def _of_entry(routes: APIRouter, desk: Desk, page: asking.Page) -> None:
    path = f"/refer/{{id}}/{page.slug}/{{number}}"

    @routes.get(path)
    async def show(request: Request, person: Filling, id: str, number: int, back: str = "") -> Response:
        """One entry; the number after the last one begins a new one."""
        draft = await desk.open_draft(person, id)
        if not 0 <= number <= len(entries_of(draft, page)):
            return desk.look.redirect(f"/refer/{draft.id}/{page.slug}{_back(back)}")
        return await entry(desk, request, person, draft, page, number, back=back)

    if page.slug == "evidence":  # a file comes with it: see the module of that name
        return

    @routes.post(path)
    async def save(request: Request, person: Filling, id: str, number: int, form: Posted) -> Response:
        """Saves one entry."""
        draft = await desk.open_draft(person, id)
        value = {each.path: asking.parsed(each, form) for each in page.questions}
        value = {name: given for name, given in value.items() if given is not None}
        return await kept(desk, request, person, draft, page, number, value, form.get("back"), seen(form))


async def kept(
    desk: Desk,
    request: Request,
    person: Person,
    draft: Draft,
    page: asking.Page,
    number: int,
    value: dict[str, Any],
    back: str,
    shown_save: int,
) -> Response:
    """Saves an entry and goes back to the list; where something is missing the entry is shown again."""
    where = f"{page.parts[0]}.{number}"
    put = (Put(where, value),)
    try:
        await desk.run(SaveDraft(draft.id, page.slug, shown_save, person.id, person.name, put))
    except Refused as refusal:
        if refusal.code == "no-such-entry":
            return desk.look.redirect(f"/refer/{draft.id}/{page.slug}{_back(back)}")
        if refusal.code != "changed-meanwhile":
            raise
        return await _changed_meanwhile(desk, request, person, draft, page, number, put, back)
    draft = await desk.draft(person, draft.id)
    found = asking.on_page(page, asking.problems(draft.answers, desk.about(draft)), number)
    if found:
        return await entry(desk, request, person, draft, page, number, found, back=back, status=422)
    return desk.look.redirect(f"/refer/{draft.id}/{page.slug}{_back(back)}")


async def _changed_meanwhile(
    desk: Desk,
    request: Request,
    person: Person,
    draft: Draft,
    page: asking.Page,
    number: int,
    put: Sequence[Put],
    back: str,
) -> Response:
    """A colleague saved this list meanwhile: their entry is shown beside what was typed."""
    where = f"{page.parts[0]}.{number}"
    draft = await desk.draft(person, draft.id)
    theirs = [
        (each.label, asking.said(each, asking.value_at(draft.answers, f"{where}.{each.path}")))
        for each in page.questions
    ]
    typed = draft.model_copy(update={"answers": with_puts(draft.answers, put)})
    return await entry(
        desk,
        request,
        person,
        typed,
        page,
        number,
        back=back,
        status=409,
        theirs=theirs,
        colleague=draft.changed_by,
    )


def entries_of(draft: Draft, page: asking.Page) -> list[dict[str, Any]]:
    """The entries of a list so far."""
    found = draft.answers.get(page.parts[0])
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


async def listed(
    desk: Desk,
    request: Request,
    person: Person,
    draft: Draft,
    page: asking.Page,
    found: Sequence[asking.Problem] = (),
    *,
    back: str = "",
    status: int = 200,
) -> Response:
    """The page of a list."""
    before = asking.preceding(page, draft.answers, desk.today)
    return desk.look.page(
        "refer/list.html",
        request,
        person=person,
        status=status,
        problems=[Said(_place(each), _named(each, page)) for each in found],
        draft=draft,
        page=page,
        entries=await lines(desk, draft, page),
        back="check" if back == "check" else "",
        before=f"/refer/{draft.id}/{before.slug}" if before else f"/refer/{draft.id}",
        takes_files=desk.vault is not None,
    )


def _place(problem: asking.Problem) -> str:
    return "add" if problem.index is None else f"entry-{problem.index}"


def _named(problem: asking.Problem, page: asking.Page) -> str:
    if problem.index is None:
        return problem.message
    return f"{capital(page.entry)} {problem.index + 1}: {problem.message}"


async def lines(desk: Desk, draft: Draft, page: asking.Page) -> list[dict[str, Any]]:
    """Each entry in words, with what is known of its file."""
    found = entries_of(draft, page)
    ids = [str(each["file"]) for each in found if each.get("file")]
    async with desk.running.pool.acquire() as conn:
        files = await storage.files_of(conn, ids) if ids else {}
    return [
        {
            "said": [(each.label, asking.said(each, entry.get(each.path))) for each in page.questions],
            "file": files.get(str(entry.get("file"))),
            "mark": mark(entry),
        }
        for entry in found
    ]


async def entry(
    desk: Desk,
    request: Request,
    person: Person,
    draft: Draft,
    page: asking.Page,
    number: int,
    found: Sequence[asking.Problem] = (),
    *,
    back: str = "",
    status: int = 200,
    said: Sequence[Said] = (),
    **more: Any,
) -> Response:
    """The page of one entry. ``found`` are its faults, ``said`` what is wrong besides."""
    shown, summary = fields(page, draft.answers, found, f"{page.parts[0]}.{number}.")
    file = asking.value_at(draft.answers, f"{page.parts[0]}.{number}.file")
    async with desk.running.pool.acquire() as conn:
        stored = await storage.file_of(conn, str(file)) if file else None
    return desk.look.page(
        "refer/step.html",
        request,
        person=person,
        status=status,
        problems=[*summary, *said],
        draft=draft,
        page=page,
        fields=shown,
        number=number,
        file=stored,
        takes_files=desk.vault is not None and page.slug == "evidence",
        most_mb=desk.most // 1_000_000,
        back="check" if back == "check" else "",
        before=f"/refer/{draft.id}/{page.slug}{_back(back)}",
        **more,
    )


async def drop_file(desk: Desk, draft: Draft, was: Any) -> None:
    """Lets go of the file of an entry that is no more."""
    id = was.get("file") if isinstance(was, dict) else None
    if not id:
        return
    async with desk.running.pool.acquire() as conn:
        file = await storage.file_of(conn, str(id))
    if file is not None and file.draft_id == draft.id and file.referral_id is None:
        await desk.run(DropEvidence(file.id))


def _back(back: str) -> str:
    return "?back=check" if back == "check" else ""
