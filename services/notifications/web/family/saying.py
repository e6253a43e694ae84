"""What a family says on its page: that it does not agree, is worried, or found a mistake; and whether it was helped."""

from typing import Any, cast, get_args

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from chassis.decision import Refused
from chassis.ids import new_id
from chassis.storage import Connection
from chassis.web.fields import brought_id
from chassis.web.forms import Form
from schemas.family_v1 import SaysThat
from services.notifications.domain.said import Say
from services.notifications.languages import Spoken
from services.notifications.storage.said import keep_opinion, words_of
from services.notifications.web.family.forms import FamilyForm
from services.notifications.web.family.showing import Showing

OPEN_PATHS = ("/f/{code}/words", "/f/{code}/helped")
ABOUT: dict[SaysThat, str] = {
    "disagree": "I don’t agree",
    "worried": "Something worries me",
    "wrong": "Something here is wrong",
}
#: More than this one person writes about one referral only by mistake, or by a program.
_MOST = 30
_TITLE = "Tell us"
FAULTS = {
    "about": "Choose what it is about.",
    "often": "You wrote often already: please ring us.",
}


def add(routes: APIRouter, showing: Showing) -> None:
    """Adds the forms. They ask for no code: nothing is shown but what is typed."""

    @routes.api_route("/f/{code}/words", methods=["GET", "HEAD"])
    async def ask(code: str, request: Request, about: str = "", sent: str = "") -> Response:
        """The form, or that it was sent."""

        async def make(conn: Connection) -> Response:
            speech = showing.speech(await showing.visit(conn, code))
            return _form(showing, speech, code, about, sent=bool(sent))

        return await showing.answer(request, make)

    @routes.post("/f/{code}/words")
    async def say(code: str, request: Request, form: FamilyForm) -> Response:
        """Passes it on, to be answered."""

        async def make(conn: Connection) -> Response:
            return await _say(showing, conn, code, form)

        return await showing.answer(request, make)

    @routes.post("/f/{code}/helped")
    async def helped(code: str, request: Request, form: FamilyForm) -> Response:
        """Keeps whether the page helped."""

        async def make(conn: Connection) -> Response:
            seen = await showing.visit(conn, code)
            if form.get("helped") not in ("yes", "partly", "no"):
                return RedirectResponse(f"/f/{code}#helped", 303)
            await keep_opinion(conn, seen.story.referral_id, seen.person_id, form.get("helped"))
            return RedirectResponse(f"/f/{code}?thanks=yes#helped", 303)

        return await showing.answer(request, make)


async def _say(showing: Showing, conn: Connection, code: str, form: Form) -> Response:
    seen = await showing.visit(conn, code)
    speech = showing.speech(seen)
    typed = {"words": form.get("words"), "form": brought_id(form.get("form"))}
    about = form.get("about")
    if about not in get_args(SaysThat):
        return _form(showing, speech, code, "", "about", FAULTS["about"], typed)
    whose = (seen.story.referral_id, seen.person_id)
    if len(await words_of(conn, *whose)) >= _MOST:
        return _form(showing, speech, code, about, "words", FAULTS["often"], typed)
    command = Say(typed["form"], *whose, cast(SaysThat, about), typed["words"])
    try:
        await showing.running.runner.command(command)
    except Refused as refusal:
        return _form(showing, speech, code, about, "words", refusal.detail, typed)
    return RedirectResponse(f"/f/{code}/words?about={about}&sent=yes", 303)


def _form(
    showing: Showing,
    speech: Spoken,
    code: str,
    about: str,
    field: str = "",
    fault: str = "",
    typed: dict[str, str] | None = None,
    sent: bool = False,
) -> Response:
    values: dict[str, Any] = {"about": about, "field": field, "fault": fault, "sent": sent}
    values["choices"] = [(each, speech.words(words)) for each, words in ABOUT.items()]
    typed = typed or {"words": "", "form": new_id()}
    return showing.html(
        "words.html", 422 if fault else 200, title=_TITLE, speech=speech, code=code, typed=typed, **values
    )
