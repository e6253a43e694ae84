"""What every page of a family is made with: the templates, the headers that keep it private, and who may ask."""

import re
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chassis.calendar import london_date
from chassis.database import OUTAGES
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.problems import Problem
from services.notifications import storage
from services.notifications.domain.phrases import Phrase
from services.notifications.languages import Spoken
from services.notifications.storage import Visit
from services.notifications.web.family.guesses import Guesses

FOLDER = Path(__file__).parents[2] / "pages" / "family"
_CODE = re.compile(r"[A-Za-z0-9_-]{22}")
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
}


class Unknown(Exception):
    """Nobody was given this link, or it has ended: which of the two is not said."""


class Showing:
    """What each page is made from."""

    def __init__(self, running: Running) -> None:
        self.running, self.guesses = running, Guesses(running)
        self._jinja = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def html(self, template: str, status: int = 200, **values: object) -> Response:
        """A page in its layout."""
        settings: Any = self.running.settings
        speech = Spoken()

        def say(phrase: Phrase) -> str:
            return phrase.said(speech)

        known = {
            "service": settings.sender_name,
            "enquiries": settings.enquiries,
            "sendiass": settings.sendiass,
            "plain": speech.day,
            "say": say,
            "on": lambda at: speech.day(london_date(at)),
        }
        text = self._jinja.get_template(template).render(**known, **values)
        return Response(text, status, PRIVATE, "text/html; charset=utf-8")

    @property
    def today(self) -> date:
        """The day in London, of business time."""
        return london_date(self.running.clock.now())

    async def visit(self, conn: Connection, code: str) -> Visit:
        """What a link opens. Raises Unknown where it opens nothing, whatever the reason."""
        seen = None
        if _CODE.fullmatch(code):
            seen = await storage.visit(conn, code, self.running.clock.now())
        if seen is None:
            raise Unknown
        return seen

    async def answer(self, request: Request, make: Callable[[Connection], Awaitable[Response]]) -> Response:
        """The page that ``make`` makes of a connection, or the kind words for why there is none."""
        try:
            await self.guesses.check(request)
            async with self.running.pool.acquire(timeout=5) as conn:
                return await make(conn)
        except Unknown:
            await self.guesses.wrong(request)
            return self.html("not-found.html", 404, title="This page cannot be found")
        except Problem as problem:
            if problem.status != 429:
                raise
            values = {"title": "Please wait a few minutes", "detail": problem.detail}
            answer = self.html("too-often.html", 429, **values)
            answer.headers.update(problem.headers)
            return answer
        except OUTAGES:
            return self.html("unavailable.html", 503, title="Please try again in a few minutes")
