"""Contacts that wait, and a child that has come, in a real browser."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.standing import WAYS, gone_back, looked_at, standing
from tests.referrals.builders import form
from tests.referrals.people import joins
from tests.support.browser import shot

WHY = "The family says that this is not theirs."


@pytest.mark.parametrize("way", WAYS)
async def test_contacts_of_another_school_wait_and_are_put_aside(
    database: Callable[..., Awaitable[Any]], browser: Browser, way: str
) -> None:
    async with standing(database, browser) as it:
        await it.office.refer(form())
        await it.office.refer(form(urn="900002", adults__0__email="else@families.example.org"))
        rowan = await joins(it.office, "Rowan", ("school-user", "900001"))
        async with it.page(rowan, way) as page:
            await page.goto(f"{it.url}/school")
            await looked_at(page, way)
            await page.get_by_role("link", name="Wilf Hazelden").first.click()
            await expect(page.get_by_text("else@families.example.org")).to_be_visible()
            assert "Wilf" not in await page.title()
            await looked_at(page, way)
            await shot(page, f"contacts-{way}")
            await page.get_by_label("No: put them aside").check()
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_role("link", name="Say why not")).to_be_visible()
            await looked_at(page, way)
            await page.get_by_label("Why not?").fill(WHY)
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_text("Nothing waits.")).to_be_visible()
            await looked_at(page, way)
            await page.goto(f"{it.url}/contacts")
            await expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
            await looked_at(page, way)


@pytest.mark.parametrize("way", WAYS)
async def test_a_school_says_that_a_child_has_come(
    database: Callable[..., Awaitable[Any]], browser: Browser, way: str
) -> None:
    async with standing(database, browser) as it:
        await it.office.refer(form())
        linden = await joins(it.office, "Linden", ("school-user", "900002"))
        async with it.page(linden, way) as page:
            await page.goto(f"{it.url}/school")
            await page.get_by_role("link", name="A child has come to us").click()
            await looked_at(page, way)
            await page.get_by_label("Unique Pupil Number").fill("A919400023001")
            for part, typed in (("day", "18"), ("month", "5"), ("year", "2016")):
                await page.locator(f"#born-{part}").fill(typed)
            await page.get_by_role("button", name="Record the move").click()
            await expect(page.get_by_role("link", name="No child with this number")).to_be_visible()
            await looked_at(page, way)
            await shot(page, f"arrival-{way}")
            await page.locator("#born-day").fill("17")
            await page.get_by_role("button", name="Record the move").click()
            await expect(page.get_by_text("The move is recorded.")).to_be_visible()
            await expect(page.get_by_text("Wilf Hazelden").first).to_be_visible()


@pytest.mark.parametrize("way", WAYS)
async def test_a_school_changes_contacts_after_sending(
    database: Callable[..., Awaitable[Any]], browser: Browser, way: str
) -> None:
    async with standing(database, browser) as it:
        reference = await it.office.refer(form())
        rowan = await joins(it.office, "Rowan", ("school-user", "900001"))
        async with it.page(rowan, way) as page:
            await page.goto(f"{it.url}/referrals/{reference}")
            await looked_at(page, way)
            await page.get_by_role("link", name="Change contacts, agreement or views").click()
            await looked_at(page, way)
            mail = page.get_by_label("E-mail", exact=True).first
            await expect(mail).to_have_value("ines@families.example.org")
            await mail.fill("no@@address")
            await page.get_by_label("Why do you change it?").fill("She has another address.")
            await page.get_by_role("button", name="Send the change").click()
            await expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
            await looked_at(page, way)
            await shot(page, f"change-contacts-{way}")
            await page.get_by_label("E-mail", exact=True).first.fill("new@families.example.org")
            await page.get_by_role("button", name="Send the change").click()
            await expect(page.get_by_text("new@families.example.org")).to_be_visible()
            await expect(page.get_by_text("She has another address.")).to_be_visible()
            if await gone_back(page, way):
                mail = page.get_by_label("E-mail", exact=True).first
                await expect(mail).to_have_value("new@families.example.org")
                await expect(page.get_by_role("heading", name="There is a problem")).to_have_count(0)
                await looked_at(page, way)
                await page.go_forward()
            await page.get_by_role("link", name="All support for this child").click()
            await expect(page.get_by_role("heading", name="The ladder of support")).to_be_visible()
