"""Documents that a family takes with it: made when asked for, for whoever had a code, and each one recorded."""

from typing import Any, get_args

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from chassis.storage import Connection
from chassis.typesetting import NotSet, Typesetter
from chassis.web.problems import Problem
from services.notifications import documents, storage
from services.notifications.documents import House, Kind
from services.notifications.languages import Spoken
from services.notifications.web.family.page import page_of
from services.notifications.web.family.proof import Proofs
from services.notifications.web.family.showing import PRIVATE, Showing, Unknown

OPEN_PATHS = ("/f/{code}/papers/{name}",)
#: By the name that the file has.
NAMES: dict[str, Kind] = {f"{kind}.pdf": kind for kind in get_args(Kind)}


def add(routes: APIRouter, showing: Showing, proofs: Proofs) -> None:
    """Adds the documents."""
    setter = Typesetter(documents.TEMPLATES)

    @routes.api_route("/f/{code}/papers/{name}", methods=["GET", "HEAD"])
    async def paper(code: str, name: str, request: Request) -> Response:
        """One document; whoever has not shown that the page is theirs is asked for a code first."""
        asked: list[tuple[Kind, dict[str, Any], Spoken]] = []

        async def make(conn: Connection) -> Response:
            seen = await showing.visit(conn, code)
            if not await proofs.holds(conn, request, seen):
                return RedirectResponse(f"/f/{code}/code", 303)
            shown = await page_of(conn, seen, True, showing.today)
            kind = NAMES.get(name)
            if kind is None or kind not in documents.offered(shown):
                raise Unknown
            if request.method == "GET":
                await storage.record_view(conn, seen, kind, True)
            speech = showing.speech(seen)
            data = documents.document(kind, shown, speech, speech.language, _house(showing), showing.today)
            asked.append((kind, data, speech))
            return Response()

        answer = await showing.answer(request, make)
        return await _set(showing, setter, *asked[0]) if asked else answer

    async def _set(
        showing: Showing, setter: Typesetter, kind: Kind, data: dict[str, Any], speech: Spoken
    ) -> Response:
        """Without a connection to the database, since it may take its turn behind others."""
        try:
            made = await setter.typeset("family", data, showing.running.clock.now())
        except (NotSet, Problem):  # it cannot be set, or many wait for theirs
            return showing.unavailable(speech)
        headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{kind}.pdf"'}
        return Response(made, 200, headers, "application/pdf")


def _house(showing: Showing) -> House:
    settings: Any = showing.running.settings
    return House(settings.sender_name, settings.enquiries, settings.sendiass)
