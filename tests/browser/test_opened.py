"""The page that a test gets has nothing of the tests before it."""

import pytest
from playwright.async_api import Browser, Page

from tests.support.browser import DESK, PHONE, opened
from tests.support.site import Site

PRINTED = "matchMedia('print').matches"


async def width(page: Page) -> int:
    found: int = await page.evaluate("innerWidth")
    return found


async def test_a_page_is_used_again_and_is_as_it_was_when_it_was_new(browser: Browser, site: Site) -> None:
    async with opened(browser, size=PHONE) as before:
        await before.goto(site.url)
        await before.context.add_cookies([{"name": "session", "value": "one's", "url": site.url}])
        await before.evaluate("document.cookie = 'mine=1'; sessionStorage.setItem('draft', '1')")
        await before.emulate_media(media="print")
        assert await before.evaluate(PRINTED)
    async with opened(browser) as page:
        assert page is before
        assert (page.url, await page.context.cookies()) == ("about:blank", [])
        assert await width(page) == DESK[0]
        assert not await page.evaluate(PRINTED)
        await page.goto(site.url)
        assert await page.evaluate("document.cookie") == ""


async def test_of_two_at_once_each_has_its_own(browser: Browser, site: Site) -> None:
    async with opened(browser) as one, opened(browser, size=PHONE) as other:
        assert one.context is not other.context
        assert (await width(one), await width(other)) == (DESK[0], PHONE[0])


async def test_scripts_run_only_where_they_are_wanted(browser: Browser, site: Site) -> None:
    for javascript in (True, False, True):
        async with opened(browser, javascript=javascript) as page:
            await page.goto(site.url)
            enabled = await page.locator("body.js-enabled").count()
            assert bool(enabled) is javascript


async def test_a_page_in_which_a_test_failed_is_not_used_again(browser: Browser) -> None:
    with pytest.raises(ZeroDivisionError):
        async with opened(browser) as failed:
            _ = 1 / 0
    assert failed.is_closed()
    async with opened(browser) as page:
        assert page is not failed
