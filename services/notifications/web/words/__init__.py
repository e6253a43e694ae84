"""The gallery of words: every template in every language as a family would get it, with what the checks say of it.

For the council's editors. A test goes to whoever is signed in, with sample data; it is no message to a family.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from chassis.web.forms import Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault
from chassis.web.start import Task
from schemas.envelope import REGISTRY
from services.notifications import front_matter, languages, notes
from services.notifications.domain.fact import Timed
from services.notifications.templates import Words
from services.notifications.web.desk import Desk
from services.notifications.web.messages import SAYS
from services.notifications.web.words.shown import Shown, found, looked_up, templates
from services.notifications.web.words.trying import by_text, tried

Seeing = Annotated[Person, Depends(signed_in("words:see"))]
Trying = Annotated[Person, Depends(signed_in("words:try"))]
#: A mail fetches nothing and runs nothing; its style stands in it, since mail programs drop style sheets.
_OF_MAILS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def task() -> Task:
    """The entry of the start page."""
    does = "What families are told, word by word, in every language and channel; and a test to yourself."
    return Task("Words", "/words", does, "words:see", "Words")


def router(desk: Desk) -> APIRouter:
    """The routes of the gallery."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/words")
    async def listed(request: Request, person: Seeing, language: str = languages.ENGLISH) -> Response:
        """Every template of a language, and those that it lacks."""
        return _list(desk, request, person, language)

    @routes.get("/words/{code}/{language}")
    async def one(request: Request, person: Seeing, code: str, language: str) -> Response:
        """One template in one language, for every channel."""
        return _one(desk, request, person, _shown(desk, code, language))

    @routes.get("/words/{code}/{language}/mail")
    async def mail(person: Seeing, code: str, language: str) -> Response:
        """The e-mail as a mail program shows it."""
        return Response(_shown(desk, code, language).html, 200, _OF_MAILS, "text/html; charset=utf-8")

    @routes.post("/words/{code}/{language}")
    async def try_it(request: Request, person: Trying, code: str, language: str, form: Posted) -> Response:
        """Sends it to the address that the editor gives as their own; the address is not kept."""
        each, to = _shown(desk, code, language), form.get("to")[:320]
        fault = await tried(desk, person, each, to)
        if fault:
            return _one(desk, request, person, each, [fault], to)
        return desk.look.redirect(each.path, "The test is on its way to you.")

    return routes


def _shown(desk: Desk, code: str, language: str) -> Shown:
    return looked_up(code, language, desk.running.settings.public_url)


def _list(desk: Desk, request: Request, person: Person, language: str) -> Response:
    known = sorted({words.language for words in templates().all}, key=lambda one: (one != "en", one))
    chosen = language if language in known else languages.ENGLISH
    codes = [words.telling.code for words in templates().all if words.language == chosen]
    codes += [code for code in notes.SAMPLES if chosen in (languages.ENGLISH, *notes.translated(code))]
    rows = [_shown(desk, code, chosen) for code in codes]
    there = {one.code for one in rows}
    lacking = [SAYS.get(one.code, one.code) for one in templates().tellings if one.code not in there]
    return desk.look.page(
        "words/list.html",
        request,
        person=person,
        language=chosen,
        parts=[(one, languages.name(one)) for one in known],
        rows=rows,
        lacking=lacking,
    )


def _one(
    desk: Desk, request: Request, person: Person, each: Shown, faults: Sequence[Fault] = (), to: str = ""
) -> Response:
    settings = _settings(desk)
    return desk.look.page(
        "words/one.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        shown=each,
        facts=list(_facts(each.words)) if each.words else [],
        language=languages.name(each.language),
        direction=languages.direction(each.language),
        others=[(one, languages.name(one)) for one in _languages_of(each.code)],
        drafts_are_sent=settings.draft_translations,
        by_text=by_text(desk, each),
        to=to,
    )


def _languages_of(code: str) -> list[str]:
    if code in notes.SAMPLES:
        return [languages.ENGLISH, *notes.translated(code)]
    return [words.language for words in templates().all if words.telling.code == code]


def _facts(words: Words) -> Iterator[tuple[str, str]]:
    """Who gets it, when and how: as the English file says for all languages."""
    english = found(words.telling.code, languages.ENGLISH)
    telling, event = english.telling, english.head.event
    yield "Who gets it", front_matter.AUDIENCES[telling.audience]
    events = [event, *(REGISTRY[name] for name in sorted(telling.also))]
    for each in events:
        yield "When", f"{_first_sentence(each.__doc__ or '')} ({each.type})"
    if telling.timed:
        yield "How long before or after", _by_time(telling.timed)
    if telling.when:
        yield "Only where", "; ".join(_condition(name, telling.when[name]) for name in sorted(telling.when))
    yield "By which way", ", then ".join(_WAYS[channel] for channel in telling.channels)
    then = "then nobody is told any more" if telling.lapses else "then a person decides"
    yield "Worth hearing for", f"{telling.useful_days} days, {then}"
    if telling.again_days is not None:
        yield "They hear again", f"Within {telling.again_days} days, also if nothing has happened"
    yield "At what hour", "At any hour: it is urgent" if telling.urgent else "By day"
    yield "Together with others", "Yes, it is a small step" if telling.digest else "No"
    yield "Speaks of a right of appeal", "Yes" if english.head.rights else "No: there is none at this step"


_WAYS: Mapping[str, str] = {"email": "e-mail", "text": "text message", "letter": "letter"}


def _by_time(timed: Timed) -> str:
    """In words for an editor."""
    fields = " or ".join(name.replace("_", " ") for name in timed.fields)
    return {
        "remind": f"{timed.days} days before the day ({fields})",
        "missed": f"{timed.days} days after the day ({fields}), if nothing came of it",
        "waits": f"Once they heard nothing for {timed.days} days",
    }[timed.does]


def _first_sentence(doc: str) -> str:
    return re.split(r"(?<=\.)\s", doc.strip())[0].replace("`", "")


def _condition(name: str, values: frozenset[str]) -> str:
    return f"{name.replace('_', ' ')} is {' or '.join(sorted(values))}"


def _settings(desk: Desk) -> Any:
    return desk.running.settings
