"""An agreed case comes to its place in a real browser: with scripts, without, on a phone; and the school answers."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.async_api import Browser, Page

from chassis.service import Running
from services.panels.app import make_sittings
from tests.browser.standing import WAYS, fits, looked_at
from tests.browser.test_panels_and_messages import goes, looked_through, visiting
from tests.panels import conftest as panels
from tests.panels import test_pages as cases
from tests.panels.builders import BOOK, at
from tests.panels.placing import OAK
from tests.panels.test_placing_pages import NEEDS, PAGE, agreed
from tests.support.browser import shot

Databases = Callable[..., Awaitable[Any]]


async def typed_day(page: Page, name: str, day: str, month: str, year: str) -> None:
    for part, typed in (("day", day), ("month", month), ("year", year)):
        await page.locator(f"#{name}-{part}").fill(typed)


async def checked(page: Page, way: str, name: str) -> None:
    """The page as it stands is accessible and fits; a picture of it."""
    await looked_at(page, way)
    await fits(page)
    await shot(page, f"placing-{name}-{way}")


async def places_counted(page: Page, way: str) -> None:
    await goes(page, f"/places/{OAK}?kind=special-school")
    await page.get_by_label("How many places are there?").fill("")
    await page.get_by_role("button", name="Save the places").click()
    await page.get_by_role("link", name="Write how many places there are, as a number.").wait_for()
    await checked(page, way, "setting-wrong")
    await page.get_by_label("How many places are there?").fill("1")
    await page.get_by_role("button", name="Save the places").click()
    await page.get_by_text("The places are saved.").wait_for()
    await checked(page, way, "places")


async def school_asked(page: Page, way: str) -> str:
    """Asks the school; answers its link."""
    await goes(page, PAGE)
    await checked(page, way, "awaiting")
    await page.get_by_role("link", name="Ask a school").click()
    await page.get_by_role("button", name="Ask this school").click()
    await page.get_by_role("link", name="Choose the school to ask.").wait_for()
    await checked(page, way, "consult-wrong")
    await page.get_by_label("Oak School").check()
    await page.get_by_role("button", name="Ask this school").click()
    link = await page.locator(".govuk-inset-text p", has_text="/consultations/").inner_text()
    await checked(page, way, "letter")
    return link.strip()


async def school_answers(page: Page, way: str, link: str) -> None:
    await page.goto(link)
    assert NEEDS not in await page.content()
    await checked(page, way, "school-cover")
    await page.get_by_role("button", name="Read the request").click()
    await page.get_by_text(NEEDS).wait_for()
    await checked(page, way, "school-request")
    await page.get_by_role("button", name="Send the answer").click()
    await page.get_by_role("link", name="Write why the school can or cannot meet the needs.").wait_for()
    await checked(page, way, "school-wrong")
    await page.get_by_label("Yes, the school can meet the needs").check()
    await page.get_by_label("Why?").fill("A small class is free.")
    await page.get_by_label("Your name, and what you do at the school").fill("Ms Oak, head teacher")
    await page.get_by_role("button", name="Send the answer").click()
    await page.get_by_text("Your answer has arrived", exact=True).wait_for()
    await checked(page, way, "school-done")


async def offered_and_taken(page: Page, way: str) -> None:
    await page.get_by_role("link", name="Offer a place").click()
    await page.get_by_label("Oak School").check()
    await typed_day(page, "starts_on", "13", "4", "2026")
    await checked(page, way, "offer")
    await page.get_by_role("button", name="Offer a place").click()
    await page.get_by_text("The place is kept and offered.").wait_for()
    await page.get_by_role("link", name="The family takes the place").click()
    await page.get_by_label("A parent or carer").check()
    await page.get_by_role("button", name="The family takes the place").click()
    await page.get_by_role("link", name="Settle the first day").click()
    await checked(page, way, "confirm")
    await page.get_by_role("button", name="Settle the first day").click()
    await page.get_by_text("The first day is settled, and the family is told.").wait_for()


@pytest.mark.parametrize("way", WAYS)
async def test_an_agreed_case_comes_to_its_place(database: Databases, browser: Browser, way: str) -> None:
    service = panels.build(panels.settings())
    running = Running(service, await database(service.migrations))
    await make_sittings(BOOK, running)
    house = panels.House(running)
    await agreed(house)
    await cases.as_(house, "tom")
    async with visiting(browser, house, "panels", "tom", way) as page:
        await looked_through(page, way, "/placements", "/places?school=oak", f"/places/{OAK}")
        await places_counted(page, way)
        link = await school_asked(page, way)
        home = page.url
        await school_answers(page, way, link)
        await page.goto(urljoin(home, PAGE))
        await page.get_by_text("A small class is free.").wait_for()
        await checked(page, way, "answered")
        await offered_and_taken(page, way)
        await house.step(at("2026-04-13 08:00"))
        await goes(page, PAGE)
        await page.get_by_text("Has the child started? Please say so.", exact=True).wait_for()
        await page.get_by_role("link", name="The child has started").click()
        await page.get_by_role("button", name="The child has started").click()
        await page.get_by_text("It is noted that the child is there.").wait_for()
        await checked(page, way, "started")
