"""The page "What if?" on a phone: its form, what it answers, and what it says of a mistake."""

import pytest
from playwright.async_api import Browser

from chassis.service import Running
from tests.browser.standing import fits, looked_at
from tests.browser.test_panels_and_messages import Databases, goes, visiting
from tests.panels import conftest as panels
from tests.panels import test_pages as pages
from tests.support.browser import shot


async def test_a_service_manager_tries_other_panels(
    database: Databases, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pages.ROLES, "mona", "service-manager")
    service = panels.build(panels.settings())
    house = panels.House(Running(service, await database(service.migrations)))
    await pages.as_(house, "mona")
    async with visiting(browser, house, "panels", "mona", "phone") as page:
        await goes(page, "/what-if")
        await looked_at(page, "phone")
        await fits(page)
        await page.get_by_label("And the present panels with other numbers").fill("1, many")
        await page.get_by_role("button", name="Try it", exact=True).click()
        await page.get_by_role("link", name="Write sittings a month as numbers").click()
        await looked_at(page, "phone")
        await page.get_by_label("And the present panels with other numbers").fill("1, 1-8, 12")
        await page.get_by_label("2 years").check()
        await page.get_by_role("button", name="Try it", exact=True).click()
        await page.get_by_role("heading", name="What came of it").wait_for()
        await page.get_by_text("The same as a table: cases that wait").click()
        await looked_at(page, "phone")
        await fits(page)
        await shot(page, "what-if-phone")
        await page.set_viewport_size({"width": 1280, "height": 900})
        await shot(page, "what-if-desk")
