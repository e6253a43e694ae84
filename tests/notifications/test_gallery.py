"""The gallery of words: every template as a family would get it, and a test to whoever looks."""

from collections.abc import Awaitable, Callable

import pytest

from deploy.local.notify import KEY, TEMPLATES, NotifyServer
from services.notifications import notes
from services.notifications.templates import shipped
from services.notifications.web.words import trying
from tests.notifications.conftest import House
from tests.notifications.test_pages import HERE, as_
from tests.notifications.test_smtp import Mailbox, a_server

Houses = Callable[..., Awaitable[House]]
ONE = "/words/referral.routed/en"


async def test_every_template_in_every_language_has_a_page_that_can_be_opened(house: Houses) -> None:
    editor = await as_(await house(public_url=HERE), "tom")
    assert 'href="/words"' in (await editor.get("/")).text
    every = shipped(drafts=True).all
    lists = {
        it: (await editor.get(f"/words?language={it}")).text for it in {words.language for words in every}
    }
    for words in every:
        assert f"/words/{words.telling.code}/{words.language}" in lists[words.language]
    for path in (ONE, "/words/referral.routed/pl", "/words/referral.routed/ur", "/words/case.moved/en"):
        assert (await editor.get(path)).status_code == 200
    assert (await editor.get("/words/referral.routed/fr")).status_code == 404
    assert (await editor.get("/words?language=xx")).status_code == 200


async def test_a_page_says_who_gets_it_when_in_how_many_parts_and_whether_it_is_plain(house: Houses) -> None:
    editor = await as_(await house(public_url=HERE), "tom")
    page = (await editor.get(ONE)).text
    for words in (
        "Your referral ABCD-EFGH-JKM4: we have it",
        "Everybody whose permission to be told is recorded",
        "A rule chose who has the referral now. (referral.routed.v1)",
        "e-mail, then text message, then letter",
        "It is sent in 1 part:",
        "No: there is none at this step",
        "Yes: no sentence is longer than 25 words",
    ):
        assert words in page
    assert "why is moved" in (await editor.get("/words/case.moved/en")).text
    assert "At any hour: it is urgent" in (await editor.get("/words/visit.moved/pl")).text


async def test_a_draft_says_that_it_awaits_a_translator_and_urdu_runs_from_the_right(house: Houses) -> None:
    it = await house(public_url=HERE)
    editor = await as_(it, "tom")
    polish = (await editor.get("/words/referral.routed/pl")).text
    assert "awaits a translator" in polish
    assert "Until then families get this message in English." in polish
    urdu = (await editor.get("/words/referral.routed/ur")).text
    assert 'lang="ur" dir="rtl"' in urdu
    assert "A team took it on" in (await editor.get("/words?language=ur")).text, "what it lacks is named"


async def test_what_follows_no_fact_is_shown_and_a_small_step_with_its_line(house: Houses) -> None:
    editor = await as_(await house(public_url=HERE), "tom")
    every = (await editor.get("/words")).text
    for code in notes.SAMPLES:
        assert (await editor.get(f"/words/{code}/en")).status_code == 200
        assert f"/words/{code}/en" in every
    together = (await editor.get("/words/messages.together/pl")).text
    assert "awaits a translator" in together
    assert "Text message" in together
    mail = (await editor.get("/words/messages.together/en/mail")).text
    assert mail.count("<li ") == 2
    accepted = (await editor.get("/words/referral.accepted/en")).text
    assert "In one message with other small steps" in accepted
    assert (await editor.get("/words/messages.together/ur")).status_code == 404


async def test_the_mail_is_shown_as_a_mail_program_would_and_may_fetch_nothing(house: Houses) -> None:
    editor = await as_(await house(public_url=HERE), "tom")
    mail = await editor.get(f"{ONE}/mail")
    assert mail.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert '<html lang="en" dir="ltr">' in mail.text


async def test_a_test_goes_to_the_editor_is_recorded_and_is_no_message_to_a_family(house: Houses) -> None:
    box = Mailbox()
    async with a_server(box) as port:
        it = await house(public_url=HERE, channel="smtp", smtp_port=port, smtp_tls="off")
        editor = await as_(it, "tom")
        done = await editor.post("/words/referral.routed/ur", to="tom@council.example")
    assert done.status_code == 303
    (mail,) = box.mails
    assert mail["To"] == "tom@council.example"
    assert mail["Subject"].startswith("Test: ")
    assert mail["X-Fingerpost-Fact"] == "words.tried"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert f"{HERE}/f/" in body.get_content()
    rows = await it.pool.fetch("SELECT who, what, subject FROM access_log")
    assert [tuple(row) for row in rows] == [("staff:tom", "words-tried", "referral.routed.ur")]
    assert await it.pool.fetchval("SELECT count(*) FROM message") == 0
    assert await it.said() == []
    everything = "".join(str(row) for row in await it.pool.fetch("SELECT * FROM access_log"))
    assert "council.example" not in everything


async def test_a_test_may_go_as_a_text_message_where_the_house_sends_them(house: Houses) -> None:
    with NotifyServer() as notify:
        options = {"channel": "smtp", "text_by": "notify", "notify_url": notify.url, "notify_key": KEY}
        it = await house(public_url=HERE, notify_text_template=TEMPLATES["sms"], **options)
        editor = await as_(it, "tom")
        assert "e-mail address or mobile number" in (await editor.get(ONE)).text
        assert (await editor.post(ONE, to="07700 900123")).status_code == 303
        wrong = await editor.post(ONE, to="01992 555 000")
        assert "or your mobile number" in wrong.text
    (sent,) = notify.sent
    assert (sent.kind, sent.to) == ("sms", "+447700900123")
    assert "Referral ABCD-EFGH-JKM4: we have it" in str(sent.words)
    assert await it.pool.fetchval("SELECT count(*) FROM message") == 0


@pytest.mark.parametrize("to", ["", "tom", "07700 900123", "tom@", "tom@x.example, max@x.example"])
async def test_a_wrong_address_is_answered_beside_its_field(house: Houses, to: str) -> None:
    editor = await as_(await house(public_url=HERE), "tom")
    wrong = await editor.post(ONE, to=to)
    assert wrong.status_code == 422
    assert "Write your e-mail address" in wrong.text
    assert 'href="#to"' in wrong.text


async def test_nobody_sends_tests_without_end(house: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "MOST_IN_AN_HOUR", 2)
    editor = await as_(await house(public_url=HERE), "tom")
    sent = [(await editor.post(ONE, to="tom@council.example")).status_code for _ in range(3)]
    assert sent == [303, 303, 422]


async def test_a_server_that_takes_nothing_is_said(house: Houses) -> None:
    box = Mailbox()
    box.at_rcpt["tom@council.example"] = "550 nobody here"
    async with a_server(box) as port:
        it = await house(public_url=HERE, channel="smtp", smtp_port=port, smtp_tls="off")
        refused = await (await as_(it, "tom")).post(ONE, to="tom@council.example")
    assert refused.status_code == 422
    assert "The provider did not take it" in refused.text


@pytest.mark.parametrize("role", ["school-user", "ehc-coordinator", "panel-coordinator", "administrator"])
async def test_the_words_are_for_service_managers(house: Houses, role: str) -> None:
    other = await as_(await house(public_url=HERE), "ada", role)
    for path in ("/words", ONE, f"{ONE}/mail"):
        assert (await other.get(path)).status_code == 403
    assert (await other.post(ONE, to="ada@x.example")).status_code == 403
