"""What every page of a family is made with: the templates, the headers that keep it private, and who may ask."""

import math
import re
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chassis.calendar import london_date
from chassis.database import OUTAGES
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.problems import Problem
from services.notifications import html_mail, languages, storage
from services.notifications.domain.adviser import Adviser, adviser
from services.notifications.domain.phrases import Phrase, Value
from services.notifications.languages import Spoken
from services.notifications.storage import Visit
from services.notifications.web.family.guesses import Guesses

_ENGLISH = Spoken()
_WHOLE = Markup('class="whole"')
TITLES = ("This page cannot be found", "Please wait a few minutes", "Please try again in a few minutes")
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

    def html(
        self,
        template: str,
        status: int = 200,
        *,
        title: str | Phrase,
        speech: Spoken = _ENGLISH,
        **values: object,
    ) -> Response:
        """A page in its layout, in the language of ``speech``."""
        settings: Any = self.running.settings
        language, independent = speech.language, adviser(settings.sendiass)

        def say(phrase: Phrase) -> str:
            return phrase.said(speech)

        def t(words: str, **places: Value) -> str:
            kept = {
                n: languages.isolated(v, language) if isinstance(v, str) else v for n, v in places.items()
            }
            return Phrase(words, kept).said(speech)

        known = {
            "service": settings.sender_name,
            "enquiries": settings.enquiries,
            "sendiass": independent.name,
            "reach": _links(independent),
            "title": say(title) if isinstance(title, Phrase) else t(title),
            "faulty": status == 422,
            "language": language,
            "direction": languages.direction(language),
            "english": Markup(' lang="en" dir="ltr"') if language != languages.ENGLISH else "",
            "plain": speech.day,
            "say": say,
            "t": t,
            "whole": lambda words, reference: html_mail.whole(words, reference, _WHOLE),
            "on": lambda at: speech.day(london_date(at)),
        }
        text = self._jinja.get_template(template).render(**known, **values)
        return Response(text, status, PRIVATE, "text/html; charset=utf-8")

    def speech(self, seen: Visit) -> Spoken:
        """In which language somebody reads the page: as in their messages, as far as it is translated."""
        settings: Any = self.running.settings
        return languages.spoken([seen.language], settings.draft_translations)

    def speech_of(self, request: Request) -> Spoken:
        """In which language a page for nobody in particular is: as the browser asks."""
        settings: Any = self.running.settings
        asked = request.headers.get("accept-language", "")[:200].lower().split(",")
        return languages.spoken([each.strip()[:2] for each in asked], settings.draft_translations)

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
        speech = self.speech_of(request)
        try:
            self.guesses.check_remembered(request)
            async with self.running.pool.acquire(timeout=5) as conn:
                return await self._counted(conn, request, make)
        except Unknown:
            return self.html("not-found.html", 404, title=TITLES[0], speech=speech)
        except Problem as problem:
            if problem.status != 429:
                raise
            minutes = str(math.ceil(int((problem.headers or {}).get("Retry-After", "60")) / 60))
            answer = self.html("too-often.html", 429, title=TITLES[1], speech=speech, minutes=minutes)
            answer.headers.update(problem.headers)
            return answer
        except OUTAGES:
            return self.unavailable(speech)

    async def _counted(
        self, conn: Connection, request: Request, make: Callable[[Connection], Awaitable[Response]]
    ) -> Response:
        await self.guesses.check(conn, request)
        try:
            return await make(conn)
        except Unknown:
            await self.guesses.wrong(conn, request)
            raise

    def unavailable(self, speech: Spoken) -> Response:
        """That it cannot be shown just now."""
        return self.html("unavailable.html", 503, title=TITLES[2], speech=speech)


def _links(who: Adviser) -> Markup:
    """How to reach them, each way as a link: on a telephone a touch rings up."""
    ways = [Markup('<a href="{}" dir="ltr">{}</a>').format(link, way) for way, link in who.ways]
    return Markup(", ").join(ways)
