"""What schools ask: a question to Ask SALI, or help for the whole setting; and what they were answered."""

from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Request, Response

from chassis.decision import Refused
from chassis.english import capital
from chassis.ids import new_id
from chassis.web.fields import Fields, brought_id, options
from chassis.web.forms import Form, Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from chassis.web.start import Task
from schemas.codes import Need
from schemas.words import NEEDS
from services.referrals import storage
from services.referrals.domain.enquiries.enquiry import AskEnquiry, EnquiryKind, Wants
from services.referrals.domain.permissions import reach
from services.referrals.web.desk import Desk
from services.referrals.web.enquiries.words import WANTS_WORDS, line

Asking = Annotated[Person, Depends(signed_in("enquiry:ask"))]
TASKS = (
    Task(
        "Ask SALI",
        "/ask",
        "Ask the advice line of schools and settings a question, or ask for help for your whole setting.",
        "enquiry:ask",
        menu="Ask SALI",
    ),
)
_KINDS: dict[str, EnquiryKind] = {"question": "sali-question", "setting": "setting-help"}
_NO_TOPIC = ""


def router(desk: Desk) -> APIRouter:
    """The routes of those who ask."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/ask")
    async def asked(person: Asking, request: Request) -> Response:
        """What this person's schools have asked."""
        async with desk.running.pool.acquire() as conn:
            found = await storage.enquiries.of_schools(conn, _schools(person))
        lines = [line(each, desk) for each in found]
        return desk.look.page("enquiries/asked.html", request, person=person, lines=lines)

    @routes.get("/ask/{what}")
    async def form(what: str, person: Asking, request: Request) -> Response:
        """An empty form."""
        return _form(desk, request, person, _kind(what), {}, [], new_id())

    @routes.post("/ask/{what}")
    async def send(what: str, person: Asking, posted: Posted, request: Request) -> Response:
        """Sends it; what is wrong is said beside its field."""
        return await _sent(desk, request, person, _kind(what), posted)

    return routes


def _schools(person: Person) -> frozenset[str]:
    return reach(person, "enquiry:ask").urns


def _kind(what: str) -> EnquiryKind:
    if what not in _KINDS:
        raise Problem(404, "unknown-page", "There is nothing at this address.")
    return _KINDS[what]


async def _sent(desk: Desk, request: Request, person: Person, kind: EnquiryKind, form: Form) -> Response:
    fields = Fields(form, desk.today)
    urns = _schools(person)
    urn = next(iter(urns)) if len(urns) == 1 else fields.choice("urn", urns, "Choose the school you ask for.")
    wants: Wants | None = None
    if kind == "setting-help":
        wants = fields.choice("wants", get_args(Wants), "Choose what would help.")
    question = fields.words("question", "Write your question." if wants is None else "Write what you need.")
    topic = fields.choice("topic", [_NO_TOPIC, *get_args(Need)], "Choose a topic from the list.") or None
    id = brought_id(form.get("form"))
    if fields.faults:
        return _form(desk, request, person, kind, fields.typed, fields.faults, id)
    command = AskEnquiry(id, kind, urn, person.id, question, topic, wants)
    try:
        answer = await desk.running.runner.command(command)
    except Refused as refusal:
        faults = [Fault(field="question", code=refusal.code, message=refusal.detail)]
        return _form(desk, request, person, kind, fields.typed, faults, new_id())
    return desk.look.redirect(f"/enquiries/{answer['reference']}", "Sent. Keep the reference below.")


def _form(
    desk: Desk,
    request: Request,
    person: Person,
    kind: EnquiryKind,
    typed: dict[str, str],
    faults: list[Fault],
    id: str,
) -> Response:
    schools = [(urn, found.name) for urn in _schools(person) if (found := desk.book.register.find(urn))]
    return desk.look.page(
        "enquiries/ask.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        kind=kind,
        typed=typed,
        token=id,
        days=desk.book.sali_answers_within,
        schools=_items(sorted(schools, key=lambda each: each[1]), typed.get("urn"))
        if len(schools) > 1
        else [],
        topics=_items(
            [
                (_NO_TOPIC, "No need in particular"),
                *((code, capital(words)) for code, words in NEEDS.items()),
            ],
            typed.get("topic"),
        ),
        wants=options(WANTS_WORDS),
    )


def _items(choices: list[tuple[str, str]], chosen: str | None) -> list[dict[str, Any]]:
    return [{"value": value, "text": text, "selected": value == chosen} for value, text in choices]
