"""Ask SALI in a real browser: asked by a school, answered by an officer; with and without JavaScript, on a phone."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.standing import WAYS, looked_at, standing
from tests.referrals.people import joins
from tests.support.axe import assert_accessible
from tests.support.browser import shot


@pytest.mark.parametrize("way", WAYS)
async def test_a_question_is_asked_and_answered(
    database: Callable[..., Awaitable[Any]], browser: Browser, way: str
) -> None:
    async with standing(database, browser) as it:
        sam = await joins(it.office, "Sam", ("school-user", "900001"))
        olu = await joins(it.office, "Olu", ("sali-officer", None))
        async with it.page(sam, way) as page:
            await page.goto(f"{it.url}/ask")
            await looked_at(page, way)
            await page.get_by_role("button", name="Ask a question").click()
            await looked_at(page, way)
            await page.get_by_role("button", name="Send").click()
            await expect(page.get_by_role("link", name="Write your question.")).to_be_visible()
            await looked_at(page, way)
            await page.get_by_label("Your question").fill("How do we help at playtime?")
            await page.get_by_role("button", name="Send").click()
            await expect(page.get_by_text("Keep the reference below.")).to_be_visible()
            await looked_at(page, way)
            at = page.url
        async with it.page(olu, way) as page:
            await page.goto(f"{it.url}/enquiries")
            await looked_at(page, way)
            await page.get_by_role("link", name=at.rsplit("/", 1)[1]).click()
            await looked_at(page, way)
            await page.get_by_role("button", name="See to it myself").click()
            await page.get_by_label("Your answer").fill("Give her a job to do.")
            await page.get_by_role("button", name="Send the answer").click()
            await expect(page.get_by_role("link", name="Write how many minutes")).to_be_visible()
            await looked_at(page, way)
            await expect(page.get_by_label("Your answer")).to_have_value("Give her a job to do.")
            await page.get_by_label("How long it took").fill("10")
            await page.get_by_role("button", name="Send the answer").click()
            await expect(page.get_by_text("Your answer is with the school.")).to_be_visible()
            await looked_at(page, way)
            await shot(page, f"enquiry-{way}")
        async with it.page(sam, way) as page:
            await page.goto(at)
            await expect(page.get_by_text("Give her a job to do.")).to_be_visible()
            await looked_at(page, way)


async def test_help_for_a_setting_is_asked_for(
    database: Callable[..., Awaitable[Any]], browser: Browser
) -> None:
    async with standing(database, browser) as it:
        sam = await joins(it.office, "Sam", ("school-user", "900001"), ("school-user", "900002"))
        async with it.page(sam) as page:
            await page.goto(f"{it.url}/ask/setting")
            await page.get_by_role("button", name="Send").click()
            await assert_accessible(page)
            await page.get_by_label("School or setting").select_option("900002")
            await page.get_by_label("Training for our staff").check()
            await page.get_by_label("What do you need?").fill("Training on autism.")
            await page.get_by_role("button", name="Send").click()
            await expect(page.get_by_text("Help for a whole setting")).to_be_visible()
            await assert_accessible(page)
