"""The gallery of words: every template in every language as a family would get it, with what the checks say of it.

For the council's editors. A test goes to whoever is signed in, with sample data; it is no message to a family.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from fastapi import APIRouter, Depends, Request, Response

from chassis.ids import new_id
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.forms import Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from chassis.web.start import Task
from services.notifications import front_matter, html_mail, languages, samples, wording
from services.notifications.channels import Failed, Letter, RetryLater
from services.notifications.domain.plain_words import Finding
from services.notifications.domain.segments import Segments, segments
from services.notifications.sender import make_channel
from services.notifications.templates import Templates, Words
from services.notifications.web.desk import Desk
from services.notifications.web.messages import SAYS

Seeing = Annotated[Person, Depends(signed_in("words:see"))]
Trying = Annotated[Person, Depends(signed_in("words:try"))]
#: A mail fetches nothing and runs nothing; its style stands in it, since mail programs drop style sheets.
_OF_MAILS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_TRIED = "words-tried"
_MOST_IN_AN_HOUR = 20
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Shown:
    """One template with its sample, as each channel would say it, and what is not plain about it."""

    words: Words
    title: str
    subject: str
    body: str
    html: str
    text: str | None
    segments: Segments | None
    findings: Sequence[Finding]

    @property
    def path(self) -> str:
        """Where it is shown."""
        return f"/words/{self.words.telling.code}/{self.words.language}"


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
        return _one(desk, request, person, _found(code, language))

    @routes.get("/words/{code}/{language}/mail")
    async def mail(person: Seeing, code: str, language: str) -> Response:
        """The e-mail as a mail program shows it."""
        return Response(_shown(desk, _found(code, language)).html, 200, _OF_MAILS, "text/html; charset=utf-8")

    @routes.post("/words/{code}/{language}")
    async def try_it(request: Request, person: Trying, code: str, language: str, form: Posted) -> Response:
        """Sends it to the address that the editor gives as their own; the address is not kept."""
        words, to = _found(code, language), form.get("to")[:320]
        fault = await _tried(desk, person, words, to)
        if fault:
            return _one(desk, request, person, words, [fault], to)
        return desk.look.redirect(_shown(desk, words).path, "The test is on its way to you.")

    return routes


@cache
def _templates() -> Templates:
    """All of them, also what no translator has read yet: here it is looked at, not sent to families."""
    return Templates(drafts=True)


def _found(code: str, language: str) -> Words:
    for words in _templates().all:
        if (words.telling.code, words.language) == (code, language):
            return words
    raise Problem(404, "unknown-template", "There is no such message in this language.")


def _shown(desk: Desk, words: Words) -> Shown:
    """With the address of this council's own pages, since its length counts in a text message."""
    link = f"{_settings(desk).public_url}/f/{samples.LINK.rpartition('/')[2]}"
    templates, code = _templates(), words.telling.code
    given = samples.fields(words.head.event, words.language) | {"link": link}
    subject, body = templates.write(code, words.language, given)
    text = words.text.render(given).strip() if words.text else None
    plain = words.language == languages.ENGLISH
    return Shown(
        words=words,
        title=SAYS.get(code, code),
        subject=subject,
        body=body,
        html=html_mail.html(subject, body, words.language, link, str(given["reference"])),
        text=text,
        segments=segments(text) if text else None,
        findings=wording.looked_through(wording.of_template(words, templates)) if plain else (),
    )


def _list(desk: Desk, request: Request, person: Person, language: str) -> Response:
    known = sorted({words.language for words in _templates().all}, key=lambda one: (one != "en", one))
    chosen = language if language in known else languages.ENGLISH
    shown = [_shown(desk, words) for words in _templates().all if words.language == chosen]
    there = {one.words.telling.code for one in shown}
    lacking = [SAYS.get(one.code, one.code) for one in _templates().tellings if one.code not in there]
    return desk.look.page(
        "words/list.html",
        request,
        person=person,
        language=chosen,
        parts=[(one, languages.name(one)) for one in known],
        rows=shown,
        lacking=lacking,
    )


def _one(
    desk: Desk, request: Request, person: Person, words: Words, faults: Sequence[Fault] = (), to: str = ""
) -> Response:
    shown = _shown(desk, words)
    return desk.look.page(
        "words/one.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        shown=shown,
        facts=list(_facts(words)),
        language=languages.name(words.language),
        direction=languages.direction(words.language),
        others=[(one.language, languages.name(one.language)) for one in _of_code(words.telling.code)],
        drafts_are_sent=_settings(desk).draft_translations,
        to=to,
    )


def _of_code(code: str) -> list[Words]:
    return [words for words in _templates().all if words.telling.code == code]


def _facts(words: Words) -> Iterator[tuple[str, str]]:
    """Who gets it, when and how: as the English file says for all languages."""
    english = _found(words.telling.code, languages.ENGLISH)
    telling, event = english.telling, english.head.event
    yield "Who gets it", front_matter.AUDIENCES[telling.audience]
    yield "When", f"{_first_sentence(event.__doc__ or '')} ({telling.on})"
    if telling.when:
        yield "Only where", "; ".join(_condition(name, telling.when[name]) for name in sorted(telling.when))
    yield "By which way", ", then ".join(_WAYS[channel] for channel in telling.channels)
    yield "Worth hearing for", f"{telling.useful_days} days"
    yield "At what hour", "At any hour: it is urgent" if telling.urgent else "By day"
    yield "Together with others", "Yes, it is a small step" if telling.digest else "No"
    yield "Speaks of a right of appeal", "Yes" if english.head.rights else "No: there is none at this step"


_WAYS: Mapping[str, str] = {"email": "e-mail", "text": "text message", "letter": "letter"}


def _first_sentence(doc: str) -> str:
    return re.split(r"(?<=\.)\s", doc.strip())[0].replace("`", "")


def _condition(name: str, values: frozenset[str]) -> str:
    return f"{name.replace('_', ' ')} is {' or '.join(sorted(values))}"


async def _tried(desk: Desk, person: Person, words: Words, to: str) -> Fault | None:
    """Sends a test, and writes down who did; answers what is wrong, if anything is."""
    try:
        address = validate_email(to, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return Fault(
            field="to", code="bad-address", message="Write your e-mail address, such as you@council.example."
        )
    async with desk.running.pool.acquire() as conn, conn.transaction():
        if await _tries(conn, person) >= _MOST_IN_AN_HOUR:
            message = f"You sent {_MOST_IN_AN_HOUR} tests within an hour. Try again later."
            return Fault(field="to", code="too-often", message=message)
        await record_read(conn, person, _TRIED, f"{words.telling.code}.{words.language}")
    if not await _sent(desk, words, address):
        return Fault(field="to", code="not-sent", message="The mail server did not take it. Try again later.")
    return None


async def _tries(conn: Connection, person: Person) -> int:
    found: int = await conn.fetchval(
        "SELECT count(*) FROM access_log WHERE who = $1 AND what = $2 AND at > now() - interval '1 hour'",
        person.who,
        _TRIED,
    )
    return found


async def _sent(desk: Desk, words: Words, to: str) -> bool:
    settings = _settings(desk)
    shown = _shown(desk, words)
    letter = Letter(
        message_id=new_id(),  # of no message to a family, so that nothing that is counted there knows it
        fact="words.tried",
        reference="",
        to=to,
        subject=f"Test: {shown.subject}",
        body=shown.body,
        until=monotonic() + _SECONDS,
        html=shown.html,
    )
    channel = make_channel(settings)
    try:
        return not isinstance(await channel.send(letter), Failed | RetryLater)
    finally:
        await channel.close()


def _settings(desk: Desk) -> Any:
    return desk.running.settings
