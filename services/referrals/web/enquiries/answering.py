"""Those who answer: their queue with counts, and one enquiry's page, which whoever asked sees too."""

from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.decision import Refused
from chassis.english import capital
from chassis.ids import new_id
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import Fields
from chassis.web.forms import Form, Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from chassis.web.start import Task
from schemas.words import NEEDS
from services.referrals import storage
from services.referrals.domain.enquiries.enquiry import (
    AnswerEnquiry,
    ClosedBecause,
    CloseEnquiry,
    ConvertEnquiry,
    Enquiry,
    OnEnquiry,
    TakeEnquiry,
)
from services.referrals.domain.identity import read_reference
from services.referrals.domain.permissions import may, reach
from services.referrals.storage.enquiries import TABS, Asked, Tab
from services.referrals.web.desk import Desk, mine, names
from services.referrals.web.enquiries.words import (
    CLOSED_WORDS,
    KIND_WORDS,
    STATUS_WORDS,
    WANTS_WORDS,
    answers,
    history,
    line,
    promise,
)

Answering = Annotated[Person, Depends(signed_in("enquiry:answer"))]
Anybody = Annotated[Person, Depends(signed_in(None))]
TASKS = (
    Task(
        "Questions of schools",
        "/enquiries",
        "Answer what schools and settings ask, and where they need help for everybody.",
        "enquiry:answer",
        menu="Questions",
    ),
)
_TAB_WORDS: dict[Tab, tuple[str, str]] = {
    "new": ("New", "Nobody sees to these yet."),
    "mine": ("Mine", "You said that you answer these."),
    "taken": ("Being answered", "Somebody sees to these."),
    "late": ("Overdue", "The day by which an answer was promised has passed."),
    "answered": ("Answered", "These are over: answered, closed, or made a referral."),
}
_DONE = {
    "take": "You see to this one now.",
    "hand-back": "It waits for all who answer again.",
    "answer": "Your answer is with the school.",
    "close": "It is closed.",
}
_SIZE = 25


def router(desk: Desk) -> APIRouter:
    """The routes of those who answer, and of one enquiry."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/enquiries")
    async def queue(
        person: Answering,
        request: Request,
        tab: Tab = "new",
        page: Annotated[int, Query(ge=1, le=1000)] = 1,
    ) -> Response:
        """A tab of this person's queue."""
        return await _queue(desk, request, person, tab, page)

    @routes.get("/enquiries/{reference}")
    async def one(reference: str, person: Anybody, request: Request) -> Response:
        """One enquiry. The read is recorded."""
        return await _page(desk, request, person, reference)

    @routes.post("/enquiries/{reference}/{act}")
    async def do(reference: str, act: str, person: Anybody, form: Posted, request: Request) -> Response:
        """Does something with it."""
        return await _do(desk, request, person, reference, act, form)

    return routes


async def _queue(desk: Desk, request: Request, person: Person, tab: Tab, page: int) -> Response:
    asked = Asked(reach(person, "enquiry:answer"), mine(person), desk.today)
    async with desk.running.pool.acquire() as conn:
        counts = await storage.enquiries.counts(conn, asked)
        found = await storage.enquiries.listed(conn, asked, tab, page, _SIZE)
        known = await names(conn, (each.taken_by for each in found))
    title, explained = _TAB_WORDS[tab]
    return desk.look.page(
        "enquiries/queue.html",
        request,
        person=person,
        tab={"code": tab, "title": title, "explained": explained},
        tab_list=[
            {
                "code": code,
                "title": _TAB_WORDS[code][0],
                "count": counts[code],
                "href": f"/enquiries?tab={code}",
            }
            for code in TABS
        ],
        lines=[line(each, desk, known) for each in found],
        page=page,
        pages=-(-counts[tab] // _SIZE),
    )


async def _visible(conn: Connection, person: Person, typed: str) -> Enquiry:
    """The enquiry, if this person asks for its school or may answer it. Raises Problem 404 otherwise."""
    reference = read_reference(typed)
    found = await storage.enquiries.by_reference(conn, reference) if reference else None
    if found is not None and (_asks(person, found) or may(person, "enquiry:answer", found.subject)):
        return found
    raise Problem(404, "enquiry-unknown", "There is no enquiry with this reference among yours. Check it.")


def _asks(person: Person, enquiry: Enquiry) -> bool:
    return enquiry.urn in reach(person, "enquiry:ask").urns


async def _page(
    desk: Desk,
    request: Request,
    person: Person,
    reference: str,
    typed: dict[str, str] | None = None,
    faults: list[Fault] | None = None,
    refused: str = "",
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        enquiry = await _visible(conn, person, reference)
        await record_read(conn, person, "enquiry", enquiry.id)
        steps = (id for step in enquiry.history for id in (step.by, step.to))
        known = await names(conn, [*steps, enquiry.answered_by])
    status, colour = STATUS_WORDS[enquiry.status]
    return desk.look.page(
        "enquiries/enquiry.html",
        request,
        person=person,
        status=422 if faults else 409 if refused else 200,
        problems=faults or [],
        refused=refused,
        enquiry=enquiry,
        kind=KIND_WORDS[enquiry.kind],
        tag=(status, colour),
        overdue=enquiry.overdue(desk.today),
        facts=_facts(enquiry, desk, known),
        answered_by=known.get(enquiry.answered_by or "", "a colleague"),
        history=history(enquiry, known),
        typed=typed or {},
        acts=_acts(person, enquiry),
        back="/enquiries" if may(person, "enquiry:answer", enquiry.subject) else "/ask",
        closed_items=[{"value": code, "text": words} for code, words in CLOSED_WORDS.items()],
        draft=f"/refer/{enquiry.draft_id}" if enquiry.draft_id and may(person, "referral:send") else None,
    )


def _facts(enquiry: Enquiry, desk: Desk, known: dict[str, str]) -> list[tuple[str, str]]:
    setting = desk.book.register.find(enquiry.urn)
    facts = [
        ("Who answers", capital(answers(enquiry, desk))),
        ("Why there", enquiry.reason),
        ("By when", promise(enquiry, desk.today)),
        ("School or setting", setting.name if setting else enquiry.urn),
        ("About", capital(NEEDS[enquiry.topic]) if enquiry.topic else "No need in particular"),
    ]
    if enquiry.wants:
        facts.append(("What would help", capital(WANTS_WORDS[enquiry.wants])))
    if enquiry.taken_by:
        facts.append(("Taken by", known.get(enquiry.taken_by, "a colleague")))
    if enquiry.minutes:
        facts.append(("Time taken", f"{enquiry.minutes} minutes"))
    return facts


def _acts(person: Person, enquiry: Enquiry) -> frozenset[str]:
    """What this person can do with it as it is now."""
    helps, asks = may(person, "enquiry:answer", enquiry.subject), _asks(person, enquiry)
    acts: set[str] = set()
    if enquiry.open:
        acts |= {"close"}
        if helps:
            acts |= {"answer", "hand-back" if enquiry.taken_by == person.id else "take"}
    sends = may(person, "referral:send", enquiry.subject)
    if enquiry.kind == "sali-question" and enquiry.status in ("new", "taken", "answered") and sends:
        acts |= {"convert"}
    return frozenset(acts) if helps or asks else frozenset()


async def _do(desk: Desk, request: Request, person: Person, reference: str, act: str, form: Form) -> Response:
    async with desk.running.pool.acquire() as conn:
        enquiry = await _visible(conn, person, reference)
    fields = Fields(form, desk.today)
    if act not in {*_DONE, "convert"}:
        raise Problem(404, "unknown-page", "There is nothing at this address.")
    command = _command(act, enquiry, person, fields)
    if fields.faults:
        return await _page(desk, request, person, reference, fields.typed, fields.faults)
    if act not in _acts(person, enquiry) and not (act == "convert" and enquiry.draft_id):
        refused = "This cannot be done with it as it is now."
        return await _page(desk, request, person, reference, fields.typed, refused=refused)
    try:
        answer = await desk.running.runner.command(command)
    except Refused as refusal:
        return await _page(desk, request, person, reference, fields.typed, refused=refusal.detail)
    if act == "convert":
        return desk.look.redirect(f"/refer/{answer['draft_id']}", "A draft holds what is known already.")
    return desk.look.redirect(f"/enquiries/{enquiry.reference}", _DONE[act])


def _command(act: str, enquiry: Enquiry, person: Person, fields: Fields) -> OnEnquiry:
    who: dict[str, Any] = {"by": person.id, "seen": fields.number("seen")}
    if act == "take":
        return TakeEnquiry(enquiry.id, person.id, **who)
    if act == "hand-back":
        return TakeEnquiry(enquiry.id, None, **who)
    if act == "answer":
        words = fields.words("answer", "Write the answer: the school reads it.")
        minutes = fields.number("minutes")
        if minutes is None:
            fields.fault("minutes", "missing", "Write how many minutes it took, as a whole number.")
        return AnswerEnquiry(enquiry.id, words, minutes or 0, **who)
    if act == "close":
        reason = fields.choice("reason", get_args(ClosedBecause), "Choose why it is closed.")
        return CloseEnquiry(enquiry.id, reason, **who)
    return ConvertEnquiry(enquiry.id, new_id(), person.name, by=person.id)
