"""How somebody wants to be told: by which channel, in which language, how often, and not at all for a while."""

from datetime import date, timedelta
from typing import Any, get_args

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.storage import Connection
from chassis.web.forms import Form
from schemas.notifications_v1 import PreferredChannel
from services.notifications import languages, storage
from services.notifications.domain.preference import Prefer, Preference
from services.notifications.storage import Visit
from services.notifications.web.family.forms import FamilyForm
from services.notifications.web.family.showing import Showing

OPEN_PATHS = ("/f/{code}/choices",)
#: As the school recorded it, or as everybody has it.
_UNSAID = ""
CHANNELS = {"email": "E-mail", "text": "Text message", "letter": "Letter by post"}
PAUSES = {"2": "For two weeks", "4": "For four weeks", "8": "For eight weeks"}
_KEEP = "keep"
_TITLE = "How we tell you"
_WRONG = "Choose one of the answers for each question."


def add(routes: APIRouter, showing: Showing) -> None:
    """Adds the form. It asks for no code: it shows nothing personal and takes no address."""

    @routes.api_route("/f/{code}/choices", methods=["GET", "HEAD"])
    async def choices(code: str, request: Request, done: str = "") -> Response:
        """The choices as they are."""

        async def make(conn: Connection) -> Response:
            seen = await showing.visit(conn, code)
            return await _form(showing, conn, seen, code, done=bool(done))

        return await showing.answer(request, make)

    @routes.post("/f/{code}/choices")
    async def choose(code: str, request: Request, form: FamilyForm) -> Response:
        """Keeps them: they hold from the next message on, and for those that wait."""

        async def make(conn: Connection) -> Response:
            seen = await showing.visit(conn, code)
            kept = await _kept(conn, seen.person_id)
            wanted = read(form, kept, london_date(showing.running.clock.now()))
            if wanted is None:
                return await _form(showing, conn, seen, code, fault=_WRONG)
            try:
                await showing.running.runner.command(wanted)
            except Refused as refusal:
                return await _form(showing, conn, seen, code, fault=refusal.detail)
            return RedirectResponse(f"/f/{code}/choices?done=yes", 303)

        return await showing.answer(request, make)


def read(form: Form, kept: Preference, today: date) -> Prefer | None:
    """What the form asks for; None where something was chosen that is not among the answers."""
    channel, language, pause, often = (form.get(name) for name in ("channel", "language", "pause", "often"))
    allowed = {_UNSAID, *get_args(PreferredChannel)}
    if channel not in allowed or language not in {_UNSAID, *languages.OWN_NAMES}:
        return None
    if pause not in {_UNSAID, _KEEP, *PAUSES} or often not in {_UNSAID, "each", "together"}:
        return None
    weeks = timedelta(weeks=int(pause)) if pause in PAUSES else None
    until = today + weeks if weeks else kept.paused_until if pause == _KEEP else None
    chosen: dict[str, Any] = {"channel": channel or None, "language": language or None}
    seen = form.get("seen")
    return Prefer(
        kept.person_id,
        **chosen,
        paused_until=until,
        digest={"each": False, "together": True}.get(often),
        seen=int(seen) if seen.isdecimal() and len(seen) < 10 else None,
    )


async def _kept(conn: Connection, person_id: str) -> Preference:
    state = await conn.fetchval("SELECT state FROM preference WHERE id = $1", person_id)
    return storage.PREFERENCES.read(state) if state else Preference(person_id=person_id)


async def _form(
    showing: Showing,
    conn: Connection,
    seen: Visit,
    code: str,
    fault: str | None = None,
    done: bool = False,
) -> Response:
    kept = await _kept(conn, seen.person_id)
    today = london_date(showing.running.clock.now())
    paused = kept.paused_until if kept.paused_until and kept.paused_until > today else None
    often = {None: _UNSAID, False: "each", True: "together"}[kept.digest]
    speech = showing.speech(seen)
    return showing.html(
        "choices.html",
        422 if fault else 200,
        speech=speech,
        title=_TITLE,
        code=code,
        kept=kept,
        paused=paused,
        often=often,
        channels=[(each, speech.words(words)) for each, words in CHANNELS.items()],
        languages=languages.OWN_NAMES,
        pauses=[(each, speech.words(words)) for each, words in PAUSES.items()],
        fault=fault,
        done=done,
    )
