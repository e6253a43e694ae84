"""One referral's page, and a small page for each thing that can be done with it."""

from fastapi import APIRouter, Request, Response

from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.runner import IdempotencyConflict
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import Fields, sent_once
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from chassis.web.problems import Problem
from services.referrals import storage
from services.referrals.domain.permissions import may
from services.referrals.domain.referral import ENDED, Left
from services.referrals.domain.work.moving import ChangedMeanwhile
from services.referrals.web.acts import ACTS, Act
from services.referrals.web.desk import Desk, Looking, left, names, visible
from services.referrals.web.referral.act_page import ActPage, allows
from services.referrals.web.referral.family import answerers, may_answer
from services.referrals.web.referral.family import shown as family_shown
from services.referrals.web.referral.showing import persons_shown, shown, staff_shown
from services.referrals.web.referral.timeline import meanwhile

#: In the address of whoever wanted to do what cannot be done any more, as after going back in the browser.
LATE = "late"


def router(desk: Desk) -> APIRouter:
    """The routes of a referral's pages."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/referrals/{reference}")
    async def one(reference: str, person: Looking, request: Request) -> Response:
        """One referral. The read is recorded."""
        return await _one(desk, person, request, reference)

    @routes.get("/referrals/{reference}/{code}")
    async def show(reference: str, code: str, person: Looking, request: Request) -> Response:
        """The form of one act; back to the referral where it cannot be done to it now."""
        page = await ActPage.of(desk, person, request, reference, _act(code))
        if not page.act.offered(page.referral):
            return desk.look.redirect(f"{_path(page)}?{LATE}=yes")
        return page.form()

    @routes.post("/referrals/{reference}/{code}")
    async def do(reference: str, code: str, person: Looking, form: Posted, request: Request) -> Response:
        """Does it, and goes back to the referral; or shows what is wrong, with all that was typed."""
        return await _do(await ActPage.of(desk, person, request, reference, _act(code)), form)

    return routes


def _act(code: str) -> Act:
    act = ACTS.get(code)
    if act is None:
        raise Problem(404, "unknown-page", "There is nothing at this address.")
    return act


def _path(page: ActPage) -> str:
    return f"/referrals/{page.referral.reference}"


async def _one(desk: Desk, person: Person, request: Request, reference: str) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        try:
            referral, subject = await visible(conn, desk, person, reference)
        except Problem as hidden:
            if hidden.status != 404 or (before := await left(conn, person, reference)) is None:
                raise
            return await _as_it_was(conn, desk, person, request, before)
        await record_read(conn, person, "referral", referral.id)
        papers = await storage.papers_of(conn, referral.id)
        people = await storage.persons_of(conn, persons_shown(referral))
        waits = await storage.waits_said(conn, "answer", desk.today)
        family = await storage.words_of_family(conn, referral.id)
        wrote = await storage.persons_of(conn, [each.person_id for each in family])
        known = await names(conn, [*staff_shown(referral), *answerers(family)])
    values = shown(referral, papers, people, known, desk.book, desk.today, waits.get(referral.destination))
    return desk.look.page(
        "referral/referral.html",
        request,
        person=person,
        back=_back(person),
        family=family_shown(family, wrote, known, may_answer(person, subject)),
        late=LATE in request.query_params,
        child_id=referral.child_id if may(person, "child:see", subject) else None,
        adds=referral.status not in ENDED and may(person, "referral:change", subject),
        hands_codes=may(person, "referral:change", subject),
        acts=[act for act in ACTS.values() if act.offered(referral) and allows(act, person, subject)],
        **values,
    )


async def _as_it_was(
    conn: Connection, desk: Desk, person: Person, request: Request, before: Left
) -> Response:
    """What a school sent of a child who has left it: read only, nothing that came after. The read is recorded."""
    referral, then = before.referral, london_date(before.at)
    await record_read(conn, person, "referral", referral.id)
    known = await names(conn, staff_shown(referral))
    people = {referral.child_id: before.child} if before.child else {}
    values = shown(referral, before.words, people, known, desk.book, then, None)
    return desk.look.page(
        "referral/referral.html",
        request,
        person=person,
        back=_back(person),
        family=(),
        left_on=then,
        **{**values, "wait": [], "evidence": [{**each, "href": ""} for each in values["evidence"]]},
    )


def _back(person: Person) -> dict[str, str]:
    if may(person, "queue:see"):
        return {"href": "/queue", "text": "Back to the queue"}
    if may(person, "referral:change"):
        return {"href": "/school", "text": "Back to your referrals"}
    return {"href": "/search", "text": "Find another child"}


async def _do(page: ActPage, form: Form) -> Response:
    fields = Fields(form, page.desk.today)
    typed, token, seen = fields.typed, form.get("form"), fields.number("seen")
    if "more" in typed:
        return page.form(typed=typed, token=token, seen=seen)
    command = page.act.reads(fields, page.target(token, seen))
    if fields.faults:
        return page.form(typed=typed, faults=fields.faults, token=token, seen=seen, status=422)
    try:
        scope = f"{page.act.code}:{page.referral.id}:{page.person.id}"
        await page.desk.running.runner.command(command, once=sent_once(form, scope))
    except ChangedMeanwhile as conflict:
        known = await page.names(step.by for step in conflict.steps)
        return await page.again(typed, conflict=meanwhile(conflict.steps, known, page.desk.book))
    except IdempotencyConflict:
        return await page.again(typed, refused="You sent this form before. Look whether it is still needed.")
    except Refused as refusal:
        if refusal.faults:
            return page.form(typed=typed, faults=refusal.faults, token=token, seen=seen, status=422)
        return await page.again(typed, refused=refusal.detail)
    return page.desk.look.redirect(_path(page), page.act.done)
