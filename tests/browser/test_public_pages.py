"""Pages that everybody may open, and the start page, in a real browser: with and without JavaScript, on a phone."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.support.axe import assert_accessible
from tests.support.browser import DESK, PHONE, shot
from tests.support.site import Site

PAGES = {
    "start": "/",
    "directory": "/directory",
    "directory-found": "/directory?need=ASD&age=7&town=Ware",
    "directory-nobody-fits": "/directory?need=NSA&age=25",
    "directory-wrong": "/directory?age=77&town=Nowhere",
    "accessibility": "/accessibility",
    "privacy": "/privacy",
    "contact": "/contact",
    "not-found": "/nowhere",
}


@pytest.mark.parametrize("size", [DESK, PHONE])
async def test_axe_finds_nothing_wrong_with_any_public_page(site: Site, size: tuple[int, int]) -> None:
    async with site.opened(size=size) as page:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        for name, path in PAGES.items():
            await page.goto(site.url + path)
            await assert_accessible(page)
            await shot(page, f"{name}-{size[0]}")
            assert [text for text in said if "status of 4" not in text] == [], name


@pytest.mark.parametrize("size", [DESK, PHONE])
async def test_axe_finds_nothing_wrong_with_the_start_page_of_whoever_signed_in(
    site: Site, size: tuple[int, int]
) -> None:
    async with site.opened("school-user", "900001", size=size) as page:
        await page.goto(site.url)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your tasks")
        await expect(page.get_by_text("Ana Moss")).to_be_visible()
        await assert_accessible(page)
        await shot(page, f"tasks-{size[0]}")


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_family_finds_who_helps_by_need_age_and_town(site: Site, javascript: bool) -> None:
    async with site.opened(javascript=javascript, size=PHONE) as page:
        await page.goto(site.url)
        await page.get_by_role("link", name="Who can help, how to reach them").click()
        await page.get_by_label("What is it mainly about?").select_option("Autism")
        await page.get_by_label("Age in years").fill("7")
        await page.get_by_label("Town of the school or setting").select_option("Ware")
        await page.get_by_role("button", name="Search").click()
        await expect(page.get_by_role("heading", name="Communication and Autism team")).to_be_visible()
        await expect(page.get_by_role("heading", name="Deaf and Hearing Impairment team")).to_have_count(0)
        await expect(page.get_by_role("link", name="07700 900121")).to_have_attribute(
            "href", "tel:07700900121"
        )
        await page.go_back()
        await expect(page.get_by_role("heading", name="Deaf and Hearing Impairment team")).to_be_visible()


async def test_a_wrong_search_leads_to_the_field_that_is_wrong(site: Site) -> None:
    async with site.opened() as page:
        await page.goto(f"{site.url}/directory?age=77")
        await expect(page).to_have_title(re.compile("^Error: "))
        await expect(page.locator(".govuk-error-summary")).to_be_focused()
        await page.get_by_role("link", name="Enter the age in years").click()
        await expect(page.get_by_label("Age in years")).to_be_focused()


async def test_everything_is_reached_with_the_keyboard_and_the_first_stop_is_the_content(
    site: Site, page: Page
) -> None:
    await page.goto(f"{site.url}/directory")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to main content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main-content")).to_be_focused()


async def test_nothing_comes_from_another_site_and_no_font_is_loaded(site: Site, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{site.url}/directory")
    assert asked
    assert [url for url in asked if not url.startswith(site.url)] == []
    assert [url for url in asked if ".woff" in url] == []


async def test_what_is_built_is_loaded_once(site: Site, page: Page) -> None:
    await page.goto(site.url)
    loaded: list[bool] = []
    page.on(
        "requestfinished", lambda request: loaded.append("/assets/" in request.url and not request.failure)
    )
    await page.goto(f"{site.url}/privacy")
    transferred = await page.evaluate(
        "performance.getEntriesByType('resource').filter(r => r.name.includes('/assets/')).map(r => r.transferSize)"
    )
    assert transferred
    assert set(transferred) == {0}, "a page loaded anew what the browser keeps"


async def test_a_printed_page_has_no_menu_and_no_search(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/directory?need=ASD&age=7&town=Ware")
    await page.emulate_media(media="print")
    await expect(page.get_by_role("navigation", name="Menu")).to_be_hidden()
    await expect(page.get_by_role("button", name="Search")).to_be_hidden()
    await expect(page.get_by_role("heading", name="Communication and Autism team")).to_be_visible()
    await shot(page, "directory-printed")


async def test_whoever_signed_in_may_sign_out_from_every_page(site: Site) -> None:
    async with site.opened("school-user", "900001", javascript=False) as page:
        await page.goto(f"{site.url}/directory")
        await page.get_by_role("button", name="Sign out").click()
        await page.goto(site.url)
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible()


async def test_schools_that_signed_in_are_told_of_the_line_that_is_for_them(site: Site) -> None:
    async with site.opened("school-user", "900001") as page:
        await page.goto(f"{site.url}/directory")
        await expect(page.get_by_role("heading", name="Ask SALI")).to_be_visible()
