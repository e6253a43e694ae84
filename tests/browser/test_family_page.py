"""The families' page in a real browser, on a phone: before the code and after it, in English and in Polish."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from chassis.service import Running
from chassis.web.hosting import make_web
from schemas.family_v1 import FamilyAnswer
from services.notifications.app import build
from tests.browser.standing import fits
from tests.notifications import conftest as notifications
from tests.notifications.builders import (
    MOTHER,
    NOW,
    REFERRAL,
    accepted,
    decided,
    destination,
    details,
    listed,
    papers,
    received,
    routed,
)
from tests.notifications.builders import (
    opened as case_opened,
)
from tests.notifications.test_agreed_actions import ACTION, agreed
from tests.notifications.test_page import concluded
from tests.notifications.test_web import a_link
from tests.support.axe import assert_accessible
from tests.support.browser import opened, served, shot

Databases = Callable[..., Awaitable[Any]]
WIDE = (375, 720)
#: What a phone on a slow line may have to fetch for the page, its style included, with everything on it.
MOST_BYTES = 100_000
ROAD = (destination(), received(), routed(), accepted(), case_opened(), listed())


@asynccontextmanager
async def on_a_phone(
    database: Databases, browser: Browser, *facts: Any, javascript: bool = True, **given: Any
) -> AsyncIterator[tuple[Page, notifications.House, str]]:
    """A parent's phone, the service, and the link that they had."""
    service = build(notifications.settings(**given))
    running = Running(service, await database(service.migrations))
    house = notifications.House(running)
    await house.hear(*facts)
    link = await a_link(house)
    async with (
        served(make_web(running)) as url,
        opened(browser, javascript=javascript, size=WIDE) as page,
    ):
        yield page, house, f"{url}{link}"
        running.stopping.set()


async def proves(page: Page, house: notifications.House, link: str) -> None:
    """A person of the council has told them a code, and they write it down."""
    message = await house.pool.fetchval("SELECT id FROM message LIMIT 1")
    url = link.partition("/f/")[0]
    bearer = {"Authorization": f"Bearer {notifications.OPERATOR}"}
    path = f"{url}/api/messages/{message}/page-code"
    told = await page.request.post(path, data={"reason": "rang her"}, headers=bearer)
    await page.goto(f"{link}/code")
    await page.locator("#digits").fill((await told.json())["code"])
    await page.locator("form:has(#digits) button").click()


async def looked(page: Page, name: str) -> None:
    """Nothing that axe finds, nothing to scroll sideways; a picture, where pictures are wanted."""
    await assert_accessible(page)
    await fits(page)
    await shot(page, name)


async def test_before_the_code_a_parent_reads_where_it_is_and_no_name_of_a_team(
    database: Databases, browser: Browser
) -> None:
    async with on_a_phone(database, browser, *ROAD, details()) as (page, _, link):
        await page.goto(link)
        await looked(page, "family-link-alone")
        await expect(page.get_by_role("heading", name="Where it is now")).to_be_visible()
        await expect(page.get_by_text("primary placement panel")).to_have_count(0)
        await page.get_by_role("link", name="Show that it is you").click()
        await looked(page, "family-code")
        await page.get_by_role("button", name="Show me everything", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("Write the six digits")
        await looked(page, "family-code-wrong")


async def test_after_the_decision_the_link_alone_says_that_there_is_news(
    database: Databases, browser: Browser
) -> None:
    async with on_a_phone(database, browser, *ROAD, details(), papers(), decided()) as (page, _, link):
        await page.goto(link)
        await looked(page, "family-news")
        await expect(page.get_by_text("There is news.")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "pl"])
async def test_after_the_code_everything_stands_there_in_the_readers_language(
    database: Databases, browser: Browser, language: str
) -> None:
    facts = (*ROAD, details(language=language), papers("A smaller class helps.\n\nIt is near."), decided())
    more = (concluded(), agreed(ACTION))
    async with on_a_phone(database, browser, *facts, *more, draft_translations=True) as (page, house, link):
        await page.goto(f"{link}/words?about=worried")
        await looked(page, f"family-words-{language}")
        await page.locator("#words").fill("He does not sleep.")
        await page.locator("button").click()
        await looked(page, f"family-words-sent-{language}")
        said = await house.pool.fetchval("SELECT id FROM family_words")
        answer = FamilyAnswer(
            words_id=said, referral_id=REFERRAL, person_id=MOTHER, words="We meet on Monday.", answered_at=NOW
        )
        await house.hear(answer)
        await proves(page, house, link)
        await looked(page, f"family-everything-{language}")
        for words in ("It is near.", "Ten minutes of reading", "We meet on Monday.", "He does not sleep."):
            await expect(page.get_by_text(words)).to_be_visible()
        for path in ("choices", "contact"):
            await page.goto(f"{link}/{path}")
            await looked(page, f"family-{path}-{language}")


async def test_the_page_with_everything_is_light(database: Databases, browser: Browser) -> None:
    steps = [listed(sits_on=date(2026, 4, n)) for n in range(1, 29)]
    facts = (
        *ROAD,
        *steps,
        details(),
        papers("Words. " * 2000),
        decided(),
        concluded(),
        agreed(*([ACTION] * 20)),
    )
    async with on_a_phone(database, browser, *facts, javascript=False) as (page, house, link):
        await proves(page, house, link)
        whole = await (await page.request.get(link)).body()
        style = await (await page.request.get(f"{link.partition('/f/')[0]}/f/family.css")).body()
        assert len(whole) + len(style) < MOST_BYTES
        for more in (b"<script", b"<img", b"<iframe", b"url(", b"@import", b"@font-face"):
            assert more not in whole + style, "nothing else is fetched"
