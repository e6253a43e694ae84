"""Filling in the referral form as a school does, for tests of its pages over a real database."""

import re
from collections.abc import Awaitable, Callable
from html import unescape
from typing import Any

from services.referrals.domain import asking
from tests.referrals.builders import NOW, form
from tests.referrals.signed_in import Browser, Site

PDF = b"%PDF-1.7\n" + b"A report. " * 2000
Sites = Callable[..., Awaitable[Site]]


async def started(who: Browser, urn: str | None = None) -> str:
    """Begins a form; answers its path."""
    answer = await who.post("/refer", {"urn": urn} if urn else {})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"]).rsplit("/", 1)[0]


def typed(page: asking.Page, answers: Any) -> dict[str, Any]:
    """What somebody types into a page for these answers."""
    fields: dict[str, Any] = {}
    for question in page.questions:
        value = asking.shown(question, asking.value_at(answers, question.path))
        if question.kind == "date":
            fields |= {f"{question.name}-{part}": value[part] for part in value}
        else:
            fields[question.name] = value
    return fields


async def filled(who: Browser, draft: str, **changes: Any) -> None:
    """Fills in every page of a form."""
    answers = form(child__looked_after=False, **changes)
    saves = 0
    for page in asking.applying(answers, NOW.date()):
        entries = answers.get(page.parts[0], []) if page.entry else [answers]
        for number, each in enumerate(entries):
            if page.slug == "evidence":
                continue
            path = f"{draft}/{page.slug}" + (f"/{number}" if page.entry else "")
            answer = await who.post(path, {**typed(page, each), "seen": saves})
            assert answer.status_code == 303, (path, errors(answer.text))
            saves += 1


def errors(page: str) -> list[str]:
    """The sentences of the error summary."""
    summary = re.search(r'govuk-error-summary__list">(.*?)</ul>', page, re.S)
    said = re.findall(r"<li>(.*?)</li>", summary[1], re.S) if summary else []
    return [unescape(re.sub("<.*?>", "", each)).strip() for each in said]


async def referrals(it: Site) -> int:
    return int(await it.pool.fetchval("SELECT count(*) FROM referral"))
