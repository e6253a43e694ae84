"""A new e-mail address or number of one's own: shown to be theirs by a code that goes there, and used from then on."""

from dataclasses import dataclass
from typing import Any, cast

from email_validator import EmailNotValidError, validate_email
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask

from chassis.decision import Refused
from chassis.storage import Connection
from chassis.telephone import textable
from chassis.web.forms import Form
from schemas.family_v1 import CorrectedWay
from services.notifications import storage
from services.notifications.channels import Letter
from services.notifications.domain import proving
from services.notifications.domain.correcting import CorrectContact, whom_to_warn
from services.notifications.languages import Spoken
from services.notifications.storage import Visit
from services.notifications.web.family.codes import Codes
from services.notifications.web.family.forms import FamilyForm
from services.notifications.web.family.proof import Proofs, holder_of
from services.notifications.web.family.showing import Showing

OPEN_PATHS = ("/f/{code}/contact", "/f/{code}/contact/confirm")
_TITLE = "Change how we reach you"
_LONGEST = 200
WAYS: dict[CorrectedWay, str] = {"email": "A new e-mail address", "text": "A new mobile number"}
_WORDS = {
    "way": "Choose what is new.",
    "email": "Write an e-mail address, such as name@example.com.",
    "text": "Write a mobile number that takes text messages, such as 07700 900123.",
    "not-sent": "No code can be sent there just now. Look at what you wrote, or try again in an hour.",
    "wrong": "This is not the code. Look at it again, and write the six digits.",
    "over": "This code does not work any more. Go back and write the new address or number again.",
    "missing": "Write the six digits of the code.",
}


@dataclass(frozen=True, slots=True)
class Correcting:
    """The two pages: what is new, and the code that went there."""

    showing: Showing
    proofs: Proofs
    codes: Codes

    def _offered(self) -> dict[CorrectedWay, str]:
        return {way: words for way, words in WAYS.items() if way in self.codes.carried}

    def form(
        self, speech: Spoken, code: str, fault: str = "", typed: Form | None = None, done: bool = False
    ) -> Response:
        """What is new. Nothing that is on record stands on it."""
        ways = [(way, speech.words(words)) for way, words in self._offered().items()]
        values: dict[str, Any] = {"ways": ways, "fault": _WORDS.get(fault, ""), "done": done}
        field = "way-0" if fault == "way" else "address"
        given = {name: typed.get(name)[:_LONGEST] if typed else "" for name in ("way", "address")}
        return self.showing.html(
            "contact.html",
            422 if fault else 200,
            title=_TITLE,
            speech=speech,
            code=code,
            field=field,
            typed=given,
            **values,
        )

    def confirming(self, speech: Spoken, code: str, fault: str = "") -> Response:
        """Where the code is written down."""
        status = 422 if fault else 200
        said = _WORDS.get(fault, "")
        return self.showing.html(
            "contact-code.html", status, title=_TITLE, speech=speech, code=code, fault=said
        )

    async def send(self, conn: Connection, seen: Visit, code: str, typed: Form) -> Response | Letter:
        """The letter with a code to what is new; the form where it is none, or too many were sent."""
        speech = self.showing.speech(seen)
        if typed.get("way") not in self._offered():
            return self.form(speech, code, "way", typed)
        way = cast(CorrectedWay, typed.get("way"))
        to = _tidy(way, typed.get("address")[:_LONGEST])
        if to is None:
            return self.form(speech, code, way, typed)
        letter = await self.codes.prepare(conn, holder_of(seen), way, to, confirms=True)
        return letter or self.form(speech, code, "not-sent", typed)

    async def confirm(
        self, conn: Connection, request: Request, seen: Visit, code: str, typed: str
    ) -> Response:
        """Compares the code; the right one has messages go to the new address from now on, and the old one told."""
        speech, given = self.showing.speech(seen), proving.tidy(typed)
        if not given:
            return self.confirming(speech, code, "missing")
        async with conn.transaction():
            verdict, way, to = await self.codes.confirm(conn, holder_of(seen), given)
        if verdict != "right":
            await self.showing.guesses.wrong(conn, request)
            return self.confirming(speech, code, verdict)
        contact = await storage.contact_of(conn, seen.person_id)
        if contact is None:
            return self.confirming(speech, code, "over")
        used = (await storage.reached(conn, seen.person_id, seen.message_id)).addresses
        before = {each: used[each] for each in WAYS if each in used}
        command = CorrectContact(seen.person_id, seen.story.referral_id, way, to, contact)
        try:
            await self.showing.running.runner.command(command)
        except Refused:
            return self.confirming(speech, code, "over")
        warned = whom_to_warn(before, way, to, self.codes.carried)
        warning = BackgroundTask(self.codes.warn, holder_of(seen), *warned) if warned else None
        return RedirectResponse(f"/f/{code}/contact?done=yes", 303, background=warning)

    async def proved(self, conn: Connection, request: Request, code: str) -> Visit | None:
        """The visit of a browser that had the second factor; None of any other, which is asked for it first."""
        seen = await self.showing.visit(conn, code)
        return seen if await self.proofs.holds(conn, request, seen) else None


def _tidy(way: CorrectedWay, typed: str) -> str | None:
    """The address or number as it is kept; None where it is none."""
    if way == "text":
        return textable(typed)
    try:
        return validate_email(typed.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return None


def _to_the_code(code: str) -> Response:
    return RedirectResponse(f"/f/{code}/code", 303)


def add(routes: APIRouter, it: Correcting) -> None:
    """Adds the routes. Each asks for the second factor first: a link alone changes nothing of a contact."""
    _what_is_new(routes, it)
    _its_code(routes, it)


def _what_is_new(routes: APIRouter, it: Correcting) -> None:
    @routes.api_route("/f/{code}/contact", methods=["GET", "HEAD"])
    async def ask(code: str, request: Request, done: str = "") -> Response:
        """The form, or that it is kept."""

        async def make(conn: Connection) -> Response:
            seen = await it.proved(conn, request, code)
            return it.form(it.showing.speech(seen), code, done=bool(done)) if seen else _to_the_code(code)

        return await it.showing.answer(request, make)

    @routes.post("/f/{code}/contact")
    async def send(code: str, request: Request, typed: FamilyForm) -> Response:
        """Sends a code there; no connection is kept while the provider takes it."""
        letters: list[tuple[Letter, Spoken]] = []

        async def make(conn: Connection) -> Response:
            seen = await it.proved(conn, request, code)
            if seen is None:
                return _to_the_code(code)
            made = await it.send(conn, seen, code, typed)
            if isinstance(made, Response):
                return made
            letters.append((made, it.showing.speech(seen)))
            return RedirectResponse(f"/f/{code}/contact/confirm", 303)

        answer = await it.showing.answer(request, make)
        for letter, speech in letters:
            if not await it.codes.hand_over(letter):
                return it.form(speech, code, "not-sent", typed)
        return answer


def _its_code(routes: APIRouter, it: Correcting) -> None:
    @routes.api_route("/f/{code}/contact/confirm", methods=["GET", "HEAD"])
    async def write(code: str, request: Request) -> Response:
        """Where the code is written down."""

        async def make(conn: Connection) -> Response:
            seen = await it.proved(conn, request, code)
            return it.confirming(it.showing.speech(seen), code) if seen else _to_the_code(code)

        return await it.showing.answer(request, make)

    @routes.post("/f/{code}/contact/confirm")
    async def confirm(code: str, request: Request, typed: FamilyForm) -> Response:
        """Takes the code."""

        async def make(conn: Connection) -> Response:
            seen = await it.proved(conn, request, code)
            if seen is None:
                return _to_the_code(code)
            return await it.confirm(conn, request, seen, code, typed.get("digits"))

        return await it.showing.answer(request, make)
