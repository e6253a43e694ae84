"""E-mails as a mail program shows them: axe over the HTML, from left to right and from right to left, on a phone."""

import pytest
from playwright.async_api import Browser

from tests.notifications.test_html_mail import TEMPLATES, mail
from tests.support.axe import assert_accessible
from tests.support.browser import PHONE, opened, shot


@pytest.mark.parametrize("language", ["en", "ur"])
async def test_a_mail_is_accessible_on_a_phone_in_its_direction(browser: Browser, language: str) -> None:
    words = next(
        one for one in TEMPLATES.all if (one.telling.code, one.language) == ("referral.routed", language)
    )
    async with opened(browser, size=PHONE) as page:
        await page.set_content(mail(words)[2])
        await shot(page, f"mail-{language}")
        await assert_accessible(page)
        heading = await page.locator("h1").evaluate("e => getComputedStyle(e).direction")
        assert heading == ("rtl" if language == "ur" else "ltr")
