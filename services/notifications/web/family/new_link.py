"""A new link for whoever lost theirs. The answer is the same whatever is known, and comes as fast."""

import secrets
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any

from email_validator import EmailNotValidError, validate_email
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask

from chassis import readable
from chassis.database import OUTAGES
from chassis.ids import new_id
from chassis.service import Running
from chassis.storage import Connection
from chassis.telemetry import get_logger
from services.notifications import html_mail, notes
from services.notifications.channels import Letter
from services.notifications.storage.new_links import Belongs, add_asked_link, belongs
from services.notifications.web.family.codes import SECONDS, Codes
from services.notifications.web.family.forms import FamilyForm
from services.notifications.web.family.showing import Showing

log = get_logger(__name__)

PATH = "/f/new-link"
OPEN_PATHS = (PATH,)
_TITLE = "Get a new link"
_FACT = "page.link"
_LONGEST = 200
FAULTS = {
    "reference": "Write the reference: it stands in every message that you had from us.",
    "email": "Write an e-mail address, such as name@example.com.",
}


def add(routes: APIRouter, showing: Showing, codes: Codes) -> None:
    """Adds the form and its answer."""

    @routes.api_route(PATH, methods=["GET", "HEAD"])
    async def ask(request: Request, asked: str = "") -> Response:
        """The form, or what everybody is answered who sent it."""

        async def make(_: Connection) -> Response:
            values: dict[str, Any] = {"faults": {}, "typed": {}, "asked": bool(asked)}
            return showing.html("new-link.html", title=_TITLE, speech=showing.speech_of(request), **values)

        return await showing.answer(request, make)

    @routes.post(PATH)
    async def send(request: Request, form: FamilyForm) -> Response:
        """Sends a link if reference and address belong together, after everybody had the same answer."""
        typed = {name: form.get(name)[:_LONGEST] for name in ("reference", "email")}

        async def make(conn: Connection) -> Response:
            faults = _faults(typed)
            if faults:
                values: dict[str, Any] = {"faults": faults, "typed": typed, "asked": False}
                speech = showing.speech_of(request)
                return showing.html("new-link.html", 422, title=_TITLE, speech=speech, **values)
            await showing.guesses.wrong(conn, request)  # nobody asks for thirty of them
            told = BackgroundTask(
                _send, showing.running, codes, readable.tidied(typed["reference"]), typed["email"]
            )
            return RedirectResponse(f"{PATH}?asked=yes", 303, background=told)

        return await showing.answer(request, make)


def _faults(typed: dict[str, str]) -> dict[str, str]:
    faults = {}
    if not typed["reference"]:
        faults["reference"] = FAULTS["reference"]
    try:
        validate_email(typed["email"], check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        faults["email"] = FAULTS["email"]
    return faults


async def _send(running: Running, codes: Codes, reference: str, email: str) -> None:
    """Whoever asked has been answered: what goes wrong here is for the log only."""
    settings: Any = running.settings
    code = secrets.token_urlsafe(16)
    expires = running.clock.now() + timedelta(days=settings.link_days)
    try:
        async with running.pool.acquire() as conn, conn.transaction():
            whose = await belongs(conn, reference, email)
            if whose is None or not await add_asked_link(conn, code, whose, expires):
                return
    except OUTAGES as error:
        log.warning("new_link_not_made", error=type(error).__name__)
        return
    if not await codes.hand_over(_letter(settings, whose, reference, code)):
        log.warning("new_link_not_sent", message_id=whose.message_id)


def _letter(settings: Any, whose: Belongs, reference: str, code: str) -> Letter:
    fields = {
        "reference": reference,
        "link": f"{settings.public_url}/f/{code}",
        "service": settings.sender_name,
        "enquiries": settings.enquiries,
    }
    note = notes.write(_FACT, fields, whose.language, settings.draft_translations)
    html = partial(html_mail.html, note.subject, note.body, note.language, fields["link"], reference)
    until = monotonic() + SECONDS
    return Letter(new_id(), _FACT, reference, whose.email, note.subject, note.body, until, html=html)
