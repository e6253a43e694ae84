"""The register of schools, its import, and the rules of routing in a real browser: on a phone, and without scripts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from services.referrals.domain.book import Book
from services.referrals.register_imports import importing
from tests.browser.standing import WAYS, Standing, looked_at, standing
from tests.referrals.people import joins
from tests.support.extract import school, write

OURS = {"LA (code)": "919", "Town": "Hitchin", "EstablishmentStatus (name)": "Open", "CloseDate": ""}


@pytest.fixture
async def place(database: Callable[..., Awaitable[Any]], browser: Browser) -> AsyncIterator[Standing]:
    async with standing(database, browser) as found:
        running = found.office.running
        book: Book = running.service.book  # type: ignore[attr-defined]
        worker = asyncio.ensure_future(importing(book)(running))
        yield found
        running.stopping.set()
        await worker


async def fits(page: Page) -> None:
    """Nothing sticks out at the side."""
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("way", WAYS)
async def test_a_setting_is_added_found_and_closed(place: Standing, way: str) -> None:
    manager = await joins(place.office, "Mara Quill", ("service-manager", None))
    async with place.page(manager, way) as page:
        await page.goto(f"{place.url}/")
        await page.get_by_role("link", name="Register of schools").first.click()
        await looked_at(page, way)
        await page.get_by_role("link", name="Add a setting").click()
        await page.get_by_role("button", name="Keep it").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await looked_at(page, way)
        await page.get_by_label("Name", exact=True).fill("Wren House")
        await page.get_by_label("Early years setting").check()
        await page.get_by_label("Town", exact=True).fill("Ware")
        await page.get_by_role("button", name="Keep it").click()
        await expect(page.get_by_role("heading", name="Wren House")).to_be_visible()
        await looked_at(page, way)
        await page.get_by_role("link", name="close it").click()
        await looked_at(page, way)
        await page.get_by_role("button", name="Close it").click()
        await expect(page.get_by_text("Closed by Mara Quill")).to_be_visible()
        await page.goto(f"{place.url}/register?q=wren+house")
        await expect(page.get_by_role("heading", name="1 school or setting found")).to_be_visible()
        await looked_at(page, way)
        await fits(page)


@pytest.mark.parametrize("way", WAYS)
async def test_an_extract_is_sent_and_its_result_is_shown(place: Standing, way: str, tmp_path: Path) -> None:
    manager = await joins(place.office, "Mara Quill", ("service-manager", None))
    rows = [school(1, **OURS), school(2, **{**OURS, "Town": "Ickleford"}), school(3, **{**OURS, "URN": "x"})]
    file = write(tmp_path / "edubasealldata.csv", rows)
    async with place.page(manager, way) as page:
        await page.goto(f"{place.url}/register/import")
        await looked_at(page, way)
        await page.get_by_role("button", name="Import it").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await looked_at(page, way)
        await page.get_by_label("The extract, unpacked").set_input_files(file)
        await page.get_by_role("button", name="Import it").click()
        again = page.get_by_role("link", name="See how far it is now")
        for _ in range(100):
            if not await again.count():
                break
            await looked_at(page, way)
            await again.click()
            await asyncio.sleep(0.2)
        await expect(page.get_by_role("heading", name="The extract was imported")).to_be_visible()
        await expect(page.get_by_text("Row 4: the URN is not six digits")).to_be_visible()
        await looked_at(page, way)
        await fits(page)
        await page.goto(f"{place.url}/register")
        await expect(page.get_by_text("by Mara Quill")).to_be_visible()
        await looked_at(page, way)


@pytest.mark.parametrize("way", WAYS)
async def test_the_rules_are_read_and_tried(place: Standing, way: str) -> None:
    member = await joins(place.office, "Juniper Ash", ("team-member", "communication-autism"))
    async with place.page(member, way) as page:
        await page.goto(f"{place.url}/routing")
        await looked_at(page, way)
        await fits(page)
        await page.get_by_label("Number (URN) of the school or setting").fill("900401")
        await page.get_by_label("What is asked for").select_option("outreach")
        await page.get_by_label("Main need").select_option("MLD")
        await page.get_by_role("button", name="Show where it would go").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await looked_at(page, way)
        born = page.get_by_role("group", name="Date of birth of such a child")
        for part, value in (("Day", "5"), ("Month", "3"), ("Year", "2016")):
            await born.get_by_label(part).fill(value)
        await page.get_by_role("button", name="Show where it would go").click()
        await expect(page.locator("#outcome")).to_contain_text("learning, no EHCP; rule outreach-2025-09")
        await looked_at(page, way)
        await fits(page)
