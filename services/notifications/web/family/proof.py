"""The second factor: asking for a code, writing it down, and the cookie that says that it was right."""

import secrets
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from chassis.storage import Connection
from chassis.web.forms import Form
from chassis.web.sessions import Cookie
from services.notifications import storage
from services.notifications.channels import Letter
from services.notifications.domain import proving
from services.notifications.domain.proving import PROVED, Way
from services.notifications.storage import Reached, Visit
from services.notifications.storage import proving as kept
from services.notifications.web.family.codes import Codes, Holder
from services.notifications.web.family.forms import FamilyForm
from services.notifications.web.family.showing import Showing

OPEN_PATHS = ("/f/{code}/code", "/f/{code}/code/send")
_COOKIE = "page"
_TITLE = "Show that it is you"
_WORDS = {
    "wrong": "This is not the code. Look at it again, and write the six digits.",
    "over": "This code does not work any more: it is too old, was used, or was wrong too often. You need a new one.",
    "missing": "Write the six digits of the code.",
    "not-handed": "This is not a code that works for your page. Look at it again, or ask the school for a new one.",
    "not-sent": "No code can be sent just now. Wait an hour, or ask for one by telephone.",
}


@dataclass(frozen=True, slots=True)
class Proofs:
    """The cookie of browsers that had the right code."""

    cookie: Cookie

    @classmethod
    def of(cls, showing: Showing) -> "Proofs":
        """As the service is reached from outside."""
        running = showing.running
        return cls(Cookie(running.name, running.settings.public_url.startswith("https://")))

    async def holds(self, conn: Connection, request: Request, seen: Visit) -> bool:
        """Whether whoever asks had the right code for this page."""
        token = self._token(request)
        return bool(token) and await kept.is_proved(conn, token, seen.story.referral_id, seen.person_id)

    async def give(self, conn: Connection, request: Request, seen: Visit, answer: Response) -> None:
        """Remembers that they had. The cookie is a new one, so that nobody can have set it beforehand."""
        token = secrets.token_urlsafe(32)
        whose = (seen.story.referral_id, seen.person_id)
        await kept.prove(conn, token, *whose, PROVED, self._token(request))
        self.cookie.put(answer, token, _COOKIE, int(PROVED.total_seconds()))

    def _token(self, request: Request) -> str:
        return request.cookies.get(self.cookie.named(_COOKIE), "")[:100]


def holder_of(seen: Visit) -> Holder:
    """Whose page it is."""
    return Holder(seen.story.referral_id, seen.story.reference or "", seen.person_id, seen.language)


@dataclass(frozen=True, slots=True)
class Asking:
    """The page that asks for a code, and what it posts."""

    showing: Showing
    proofs: Proofs
    codes: Codes

    def _ways(self, seen: Visit, found: Reached) -> tuple[Way, ...]:
        """By which a code can be sent; none once nothing is sent about this referral any more."""
        carried = found.addresses.keys() & self.codes.carried
        return () if seen.story.stopped else proving.other_ways(found.linked_by, carried)

    async def form(
        self, conn: Connection, seen: Visit, code: str, fault: str | None = None, sent: bool = False
    ) -> Response:
        """Where a code is asked for and written down, with what is wrong."""
        found = await storage.reached(conn, seen.person_id, seen.message_id)
        return self.showing.html(
            "code.html",
            422 if fault else 200,
            title=_TITLE,
            speech=self.showing.speech(seen),
            code=code,
            ways=self._ways(seen, found),
            fault=_WORDS[fault] if fault else None,
            field="handed" if fault == "not-handed" else "digits",
            sent=sent,
        )

    async def send(self, conn: Connection, seen: Visit, code: str, way: str) -> Response | Letter:
        """The letter with a code, for the contact that was chosen; the form where none is sent."""
        found = await storage.reached(conn, seen.person_id, seen.message_id)
        ways = self._ways(seen, found)
        chosen = next((each for each in ways if each == way), None)
        letter = (
            await self.codes.prepare(conn, holder_of(seen), chosen, found.addresses[chosen])
            if chosen
            else None
        )
        return letter or await self.form(conn, seen, code, "not-sent")

    async def check(self, conn: Connection, request: Request, seen: Visit, code: str, form: Form) -> Response:
        """Compares what was typed; the right code opens the page for some hours, in this browser."""
        if "handed" in form.names:
            return await self._handed(conn, request, seen, code, form.get("handed"))
        return await self._sent(conn, request, seen, code, form.get("digits"))

    async def _handed(
        self, conn: Connection, request: Request, seen: Visit, code: str, typed: str
    ) -> Response:
        if await self.codes.handed_over(conn, holder_of(seen), typed):
            return await self._proved(conn, request, seen, code)
        await self.showing.guesses.wrong(conn, request)
        return await self.form(conn, seen, code, "not-handed")

    async def _proved(self, conn: Connection, request: Request, seen: Visit, code: str) -> Response:
        answer = RedirectResponse(f"/f/{code}", 303)
        await self.proofs.give(conn, request, seen, answer)
        return answer

    async def _sent(self, conn: Connection, request: Request, seen: Visit, code: str, typed: str) -> Response:
        given = proving.tidy(typed)
        if not given:
            return await self.form(conn, seen, code, "missing")
        async with conn.transaction():
            verdict = await self.codes.compare(conn, holder_of(seen), given)
            if verdict == "right":
                return await self._proved(conn, request, seen, code)
        await self.showing.guesses.wrong(conn, request)
        return await self.form(conn, seen, code, verdict)


def add(routes: APIRouter, asking: Asking) -> None:
    """Adds the routes of the second factor."""
    showing = asking.showing

    @routes.api_route("/f/{code}/code", methods=["GET", "HEAD"])
    async def ask(code: str, request: Request, sent: str = "") -> Response:
        """Where a code is asked for and written down. Looking sends none."""

        async def make(conn: Connection) -> Response:
            seen = await showing.visit(conn, code)
            return await asking.form(conn, seen, code, sent=bool(sent))

        return await showing.answer(request, make)

    @routes.post("/f/{code}/code/send")
    async def send(code: str, request: Request, typed: FamilyForm) -> Response:
        """Sends a code by the other contact on record; no connection is kept while the provider takes it."""
        letters: list[Letter] = []

        async def make(conn: Connection) -> Response:
            made = await asking.send(conn, await showing.visit(conn, code), code, typed.get("way"))
            if isinstance(made, Response):
                return made
            letters.append(made)
            return RedirectResponse(f"/f/{code}/code?sent=yes", 303)

        async def not_sent(conn: Connection) -> Response:
            return await asking.form(conn, await showing.visit(conn, code), code, "not-sent")

        answer = await showing.answer(request, make)
        taken = [await asking.codes.hand_over(letter) for letter in letters]
        return answer if all(taken) else await showing.answer(request, not_sent)

    @routes.post("/f/{code}/code")
    async def check(code: str, request: Request, typed: FamilyForm) -> Response:
        """Takes a code."""

        async def make(conn: Connection) -> Response:
            seen = await showing.visit(conn, code)
            return await asking.check(conn, request, seen, code, typed)

        return await showing.answer(request, make)
