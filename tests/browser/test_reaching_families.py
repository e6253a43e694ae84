"""A school reaches a family; the family opens its page with the school's code, and corrects its contact."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from chassis.service import Running
from chassis.web.hosting import make_web
from services.notifications.app import build
from services.notifications.web.family import codes as sending
from tests.browser.standing import WAYS, fits, looked_at, standing
from tests.notifications import conftest as notifications
from tests.notifications.test_handed_codes import LETTERS, a_code
from tests.notifications.test_proving import Postman, a_decision
from tests.referrals.builders import form
from tests.referrals.people import joins
from tests.referrals.test_reaching import held, says
from tests.referrals.test_told import about_the_first_adult, hear
from tests.support.browser import opened, served, shot

Databases = Callable[..., Awaitable[Any]]


@pytest.mark.parametrize("way", WAYS)
async def test_a_school_sees_to_its_families_and_hands_over_a_code(
    database: Databases, browser: Browser, way: str
) -> None:
    async with standing(database, browser) as it:
        reference = await it.office.refer(form())
        about = await about_the_first_adult(it.office, reference)
        ids = about("visit.arranged")
        await hear(it.office, held(**ids), says(ids["person_id"], ids["referral_id"]))
        rowan = await joins(it.office, "Rowan", ("school-user", "900001"))
        async with it.page(rowan, way) as page:
            await page.goto(f"{it.url}/school")
            await looked_at(page, way)
            await page.get_by_role("heading", name="Families to reach").wait_for()
            await page.goto(f"{it.url}/referrals/{reference}/reaching")
            await looked_at(page, way)
            await fits(page)
            await shot(page, f"reaching-{way}")
            await page.get_by_role("button", name="I have told them").click()
            await page.get_by_role("button", name="I have checked it").click()
            await expect(page.get_by_text("Nothing waits")).to_be_visible()
            await page.goto(f"{it.url}/referrals/{reference}")
            await page.get_by_role("link", name="Give the family a code for its page").click()
            await page.get_by_role("button", name="Make a code to print").click()
            await looked_at(page, way)
            await fits(page)
            await page.get_by_label("Ines Hazelden").check()
            await page.get_by_label("How do you know them").fill("She came to the office.")
            await page.get_by_role("button", name="Make a code to print").click()
            await expect(page.get_by_role("heading", name="Your code for your private page")).to_be_visible()
            await looked_at(page, way)
            await fits(page)
            await shot(page, f"page-code-{way}")
            await page.goto(f"{it.url}/referrals/{reference}/page-codes")
            await looked_at(page, way)
            await fits(page)


@pytest.mark.parametrize("way", WAYS)
async def test_a_parent_opens_everything_with_the_schools_code_and_gives_a_new_address(
    database: Databases, browser: Browser, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Postman()
    monkeypatch.setattr(sending.Codes, "_made", lambda self, carrier: post)
    javascript, size = WAYS[way]
    it, link = await a_decision(lambda **given: a_house(database, **given))
    await it.hear(a_code())
    async with (
        served(make_web(it.running)) as url,
        opened(browser, javascript=javascript, size=size) as page,
    ):
        await page.goto(f"{url}{link}/contact")
        await page.get_by_label("The code of sixteen letters and digits").fill("not one")
        await page.get_by_role("button", name="Show me everything with this code").click()
        await looked_at(page, way)
        await fits(page)
        await shot(page, f"family-code-{way}")
        await page.get_by_label("The code of sixteen letters and digits").fill(LETTERS.lower())
        await page.get_by_role("button", name="Show me everything with this code").click()
        await page.get_by_role("link", name="Change your e-mail address or number").click()
        await page.get_by_role("button", name="Send me a code there").click()
        await looked_at(page, way)
        await fits(page)
        await page.get_by_label("A new e-mail address").check()
        await page.get_by_label("The new address or number").fill("new@families.example")
        await page.get_by_role("button", name="Send me a code there").click()
        await page.get_by_label("The code of six digits").fill("12")
        await page.get_by_role("button", name="Use it from now on").click()
        await looked_at(page, way)
        await fits(page)
        await page.get_by_label("The code of six digits").fill(post.code)
        await page.get_by_role("button", name="Use it from now on").click()
        await expect(page.get_by_text("We use the new address or number from now on.")).to_be_visible()
        await looked_at(page, way)
        await shot(page, f"family-contact-{way}")
        it.running.stopping.set()


async def a_house(database: Databases, **given: Any) -> notifications.House:
    service = build(notifications.settings(**given))
    return notifications.House(Running(service, await database(service.migrations)))
