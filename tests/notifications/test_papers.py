"""Documents that a family takes with it: tagged PDF, after a code only, each one recorded."""

from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from chassis.typesetting import Typesetter
from chassis.typesetting.printable import printable
from chassis.typesetting.setter import pdf
from schemas.personal_v1 import Agreed
from services.notifications.documents import TEMPLATES, document, offered
from services.notifications.documents import House as Writers
from services.notifications.domain.background import Actions, Reasons
from services.notifications.domain.phrases import ENGLISH
from tests.notifications.builders import (
    CASE,
    NOW,
    REFERRAL,
    decided,
    details,
    opened,
    papers,
    received,
    routed,
)
from tests.notifications.conftest import House
from tests.notifications.test_page import a_page, concluded
from tests.notifications.test_proving import told
from tests.notifications.test_web import a_link, browser
from tests.support.reading import Document

Houses = Callable[..., Awaitable[House]]
WRITERS = Writers("SEND service", "Questions? Ask the school.", "SENDIASS, 01632 960301")
REASONS = [Reasons(case_id=CASE, referral_id=REFERRAL, reasons="Because #of_ *this*.\n\nAnd <that>.")]
AGREED = Actions(
    referral_id=REFERRAL, actions=(Agreed(what="Read together", who="Class teacher", by=date(2026, 5, 1)),)
)


def test_the_decision_is_there_to_take_once_it_is_told_and_actions_once_there_are_some() -> None:
    assert offered(a_page(received(), routed())) == ("story",)
    assert offered(a_page(received(), routed(), decided())) == ("decision", "story")
    assert offered(a_page(received(), concluded(), agreed=AGREED)) == ("agreed", "story")


def test_each_document_can_be_read_aloud_and_has_what_the_page_has() -> None:
    shown = a_page(received(), routed(), concluded(), opened(), decided(), reasons=REASONS, agreed=AGREED)
    for kind, words in {
        "decision": [
            "The council agreed to a place in a special school.",
            "Because #of_ *this*.",
            "SENDIASS advises you free of charge, and is independent of the council. 01632 960301",
        ],
        "agreed": ["Read together", "Class teacher", "1 May 2026", "1 June 2026"],
        "story": ["The referral arrived", "Read together", "Because #of_ *this*."],
    }.items():
        data = document(kind, shown, ENGLISH, "en", WRITERS, NOW.date())  # type: ignore[arg-type]
        made = Document(pdf(TEMPLATES / "family.typ", printable(data), NOW))
        assert made.title == data["title"]
        assert made.language.startswith("en")
        for each in words:
            assert each in " ".join(made.text.split()), (kind, each)


async def test_a_document_is_taken_after_a_code_and_each_taking_is_recorded(house: Houses) -> None:
    it = await house(public_url="http://here")
    await it.hear(received(), routed(), details(), papers("A smaller class."), decided())
    link = await a_link(it)
    path = f"{link}/papers/decision.pdf"
    async with browser(it) as family:
        assert "papers/" not in (await family.get(link)).text
        first = await family.get(path)
        assert (first.status_code, first.headers["location"]) == (303, f"{link}/code")
        await family.post(f"{link}/code", data={"digits": await told(it, family)})
        assert path in (await family.get(link)).text
        taken = await family.get(path)
        assert (taken.status_code, taken.headers["content-type"]) == (200, "application/pdf")
        assert taken.headers["cache-control"] == "no-store"
        assert "A smaller class." in Document(taken.content).text
        for unknown in ("agreed.pdf", "x.pdf", "decision"):
            assert (await family.get(f"{link}/papers/{unknown}")).status_code == 404
        assert (await family.head(path)).status_code == 200
    views = await it.pool.fetch("SELECT what FROM page_view WHERE proved ORDER BY id")
    assert [view["what"] for view in views] == ["page", "decision"]


async def test_where_many_documents_are_asked_for_a_family_reads_that_it_may_try_again(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Typesetter, "MOST", 0)
    it = await house(public_url="http://here")
    await it.hear(received(), routed(), details(), papers("A smaller class."), decided())
    link = await a_link(it)
    async with browser(it) as family:
        await family.post(f"{link}/code", data={"digits": await told(it, family)})
        answer = await family.get(f"{link}/papers/decision.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "Please try again in a few minutes" in answer.text
