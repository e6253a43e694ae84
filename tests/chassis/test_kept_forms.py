"""What somebody typed whose session ended meanwhile: handed back in the page that says so, and sent again."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from chassis.service import Running
from chassis.web.forms import CSRF_FIELD
from chassis.web.hosting import make_web
from chassis.web.people import SIGNED_IN_AGAIN
from deploy.local.sign_in import Account, start_provider
from tests.chassis.test_signing_in import URL, Database, Shop
from tests.support.sessions import session_for, sign_in

PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
WORDS = 'Robin says "no" <often>.\r\nAnd then?'


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    with start_provider([Account("sub-s1", "Sam Okafor", "baker")]) as provider:
        yield Shop(await database(), provider)


def fields_of(page: httpx2.Response) -> list[tuple[str, str]]:
    """The hidden fields of the form that hands something back."""
    form = re.search(r'<form method="post" action="/bread.*?</form>', page.text, re.DOTALL)
    assert form is not None, page.text
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form[0])
    return [(html.unescape(name), html.unescape(value)) for name, value in found]


async def test_what_is_typed_after_the_session_ended_is_handed_back_and_sent_again(shop: Shop) -> None:
    held = await session_for(shop.pool, "s1", "bakery")
    browser = shop.browser(held)
    await shop.pool.execute("DELETE FROM staff_session")
    typed = {"csrf": held.csrf, "name": WORDS, "kind": ["rye", "oat"], "empty": ""}
    lost = await browser.post("/bread?back=check", data=typed, headers=PAGE)
    assert lost.status_code == 401
    assert fields_of(lost) == [("name", WORDS), ("kind", "rye"), ("kind", "oat"), ("empty", "")]
    assert "data-answers" not in lost.text, "loaded again, it must bring the words again"
    assert f'href="/sign-in?to={SIGNED_IN_AGAIN}"' in lost.text

    back = await sign_in(browser, "sub-s1", SIGNED_IN_AGAIN)
    assert back.headers["location"] == SIGNED_IN_AGAIN
    assert "You are signed in again" in (await browser.get(SIGNED_IN_AGAIN, headers=PAGE)).text

    again = await browser.post("/bread", data=pairs(fields_of(lost)), headers=PAGE)
    assert again.status_code == 403, "without the token of the new session nothing is done"
    assert "You are signed in as Sam Okafor" in again.text
    sent = await browser.post("/bread", data=pairs(fields_of(again)), headers=PAGE)
    assert sent.json()["name"] == WORDS.replace("\r\n", "\n")
    assert sent.json()["kinds"] == ["rye", "oat"]


def pairs(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    return {name: [value for each, value in fields if each == name] for name, _ in fields}


async def test_a_page_that_was_opened_before_signing_in_anew_loses_nothing(shop: Shop) -> None:
    before = await session_for(shop.pool, "s1", "bakery")
    browser = shop.browser(await session_for(shop.pool, "s1", "bakery"))
    answer = await browser.post("/bread", data={"csrf": before.csrf, "name": WORDS}, headers=PAGE)
    assert answer.status_code == 403
    fields = dict(fields_of(answer))
    assert fields["name"] == WORDS
    assert fields[CSRF_FIELD] != before.csrf


async def test_the_words_beside_a_file_are_handed_back_and_the_file_is_not_read(shop: Shop) -> None:
    browser = shop.browser()
    files: Any = {"name": (None, "A report"), "loaf": ("a.pdf", b"%PDF" * 100_000)}
    answer = await browser.post("/bread", files=files, headers=PAGE)
    assert fields_of(answer) == [("name", "A report")]
    assert 'enctype="multipart/form-data"' in answer.text
    assert "choose it again" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "text/html"},
        {"Accept": "text/html", "Sec-Fetch-Site": "cross-site"},
        {"Accept": "text/html", "Origin": "http://evil.example"},
        {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_what_another_site_or_a_program_posts_is_not_handed_back(
    shop: Shop,
    headers: dict[str, str],
) -> None:
    answer = await shop.browser().post("/bread", data={"name": "put in by another"}, headers=headers)
    assert answer.status_code == 401
    assert "put in by another" not in answer.text
    browser = shop.browser(await session_for(shop.pool, "s1", "bakery"))
    answer = await browser.post("/bread", data={"name": "put in by another"}, headers=headers)
    assert answer.status_code == 403
    assert "put in by another" not in answer.text


async def test_a_form_with_nothing_typed_is_only_told_to_sign_in(shop: Shop) -> None:
    answer = await shop.browser().post("/bread", data={"csrf": "x"}, headers=PAGE)
    assert answer.status_code == 401
    assert "You need to sign in" in answer.text


BOUNDARY = {"Content-Type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"name="),
        (BOUNDARY, b'--x\r\nContent-Disposition: form-data; name="'),
    ],
)
async def test_of_nobody_no_more_is_read_than_one_writes_where_files_are_taken_too(
    shop: Shop, kind: dict[str, str], begins: bytes
) -> None:
    read = 0

    async def much() -> AsyncIterator[bytes]:
        nonlocal read
        yield begins
        for _ in range(100):
            read += 100_000
            yield b"a" * 99_997 + b"&b="

    service = replace(shop.service, uploads=("/bread",))
    transport = httpx2.ASGITransport(app=make_web(Running(service, shop.pool), "web"))
    async with httpx2.AsyncClient(transport=transport, base_url=URL) as browser:
        answer = await browser.post("/bread", content=much(), headers=PAGE | kind)
    assert answer.status_code == 401
    assert "You need to sign in" in answer.text
    assert read <= 400_000


async def test_a_file_alone_without_the_token_of_a_session_is_refused_as_any_form_is(shop: Shop) -> None:
    browser = shop.browser(await session_for(shop.pool, "s1", "bakery"))
    answer = await browser.post("/bread", files={"loaf": ("a.pdf", b"%PDF")}, headers=PAGE)
    assert answer.status_code == 403
    assert "You cannot do this" in answer.text


async def test_whoever_is_not_signed_in_is_not_told_that_they_are(shop: Shop) -> None:
    answer = await shop.browser().get(SIGNED_IN_AGAIN, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?to={SIGNED_IN_AGAIN}")
