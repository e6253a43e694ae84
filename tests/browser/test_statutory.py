"""An EHC co-ordinator enters a statutory referral in a real browser, on a phone."""

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Browser, expect

from tests.browser.standing import fits, gone_back, looked_at, standing
from tests.referrals.builders import PLACEMENT, form
from tests.referrals.people import joins
from tests.support.browser import shot

WAY = "phone"  # its pages are those of the form, which is tried in every way


async def test_a_statutory_referral_is_begun_for_any_child_and_for_one_who_is_known(
    database: Callable[..., Awaitable[Any]], browser: Browser
) -> None:
    async with standing(database, browser) as it:
        await it.office.refer(form(asks_for="placement", placement=PLACEMENT))
        child = await it.office.pool.fetchval("SELECT state ->> 'child_id' FROM referral")
        ehc = await joins(it.office, "Ines", ("ehc-coordinator", None))
        async with it.page(ehc, WAY) as page:
            await page.goto(f"{it.url}/statutory")
            await expect(page.get_by_text("There are none.")).to_be_visible()
            await looked_at(page, WAY)
            await fits(page)
            await page.get_by_label("URN of the school or setting").fill("123456")
            await page.get_by_role("button", name="Start").click()
            await page.get_by_role(
                "link", name="Enter the URN of a school or setting in the register"
            ).click()
            await expect(page.get_by_label("URN of the school or setting")).to_be_focused()
            await looked_at(page, WAY)
            await fits(page)
            await page.get_by_label("URN of the school or setting").fill("900001")
            await page.get_by_role("button", name="Start").click()
            await page.wait_for_url("**/you")
            await looked_at(page, WAY)
            await fits(page)
            assert await gone_back(page, WAY)
            await expect(page.get_by_role("link", name="No name yet", exact=True)).to_be_visible()
            await shot(page, "statutory")
            await looked_at(page, WAY)
            await page.goto(f"{it.url}/statutory?child={child}")
            await expect(page.get_by_text("with all that is known already")).to_be_visible()
            await looked_at(page, WAY)
            await fits(page)
