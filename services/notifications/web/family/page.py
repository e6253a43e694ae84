"""The page itself: the whole story of a referral, for whoever holds the link."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.storage import Connection
from services.notifications import documents, storage
from services.notifications.domain import page
from services.notifications.domain.background import entry_of
from services.notifications.domain.phrases import say
from services.notifications.storage import Visit
from services.notifications.storage.said import words_of
from services.notifications.web.family.proof import Proofs
from services.notifications.web.family.saying import ABOUT
from services.notifications.web.family.showing import FOLDER, Showing, Unknown

OPEN_PATHS = ("/f/family.css", "/f", "/f/", "/f/{code}", "/f/{code}/{rest:path}")


def add(routes: APIRouter, showing: Showing, proofs: Proofs) -> None:
    """Adds the page and its style."""
    css = (FOLDER / "family.css").read_bytes()

    @routes.api_route("/f/family.css", methods=["GET", "HEAD"])
    async def style() -> Response:
        return Response(css, 200, {"Cache-Control": "public, max-age=3600"}, "text/css; charset=utf-8")

    @routes.api_route("/f/{code}", methods=["GET", "HEAD"])
    async def family(code: str, request: Request, thanks: str = "") -> Response:
        """The whole story. Looking changes nothing but the record of views, and a HEAD not even that."""

        async def make(conn: Connection) -> Response:
            seen = await showing.visit(conn, code)
            proved = await proofs.holds(conn, request, seen)
            shown = await page_of(conn, seen, proved, showing.today)
            if request.method == "GET":
                await storage.record_view(conn, seen, "page", proved)
            values: dict[str, Any] = {"page": shown, "code": code, "about": ABOUT, "thanks": bool(thanks)}
            values["papers"] = documents.offered(shown)
            title = say("Your referral {reference}", reference=shown.reference)
            return showing.html("page.html", title=title, speech=showing.speech(seen), **values)

        return await showing.answer(request, make)

    @routes.api_route("/f", methods=["GET", "HEAD"])
    @routes.api_route("/f/", methods=["GET", "HEAD"])
    @routes.api_route("/f/{code}/{rest:path}", methods=["GET", "HEAD"])
    async def nowhere(request: Request) -> Response:
        """A link that was cut or added to on the way: the kind words, as for any that leads nowhere."""

        async def make(_: Connection) -> Response:
            raise Unknown

        return await showing.answer(request, make)


async def page_of(conn: Connection, seen: Visit, proved: bool, today: date) -> page.Page:
    """The page of whoever holds the link, as it is today; whole where they have ``proved`` that it is theirs."""
    said = await words_of(conn, seen.story.referral_id, seen.person_id)
    named = [fact.text("panel") or fact.text("destination") for fact in seen.story.facts]
    directory = await storage.directory(conn, [entry_of(name) for name in named if name])
    if not proved:
        return page.withheld(seen.story, directory, seen.person_id, said, today)
    return page.page(seen.story, directory, seen.reasons, seen.person_id, said, today, seen.agreed)
