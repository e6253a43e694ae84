"""The pages of panels and of messages in a real browser: at a desk, without scripts, on a phone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.async_api import Browser, Page

from chassis.service import Running
from chassis.web.hosting import make_web
from services.notifications.app import build as build_notifications
from services.panels.app import make_sittings
from services.panels.domain.cases.case import case_id_of
from tests.browser.standing import WAYS, fits, gone_back, looked_at
from tests.notifications import conftest as notifications
from tests.notifications import test_pages as messages
from tests.panels import conftest as panels
from tests.panels import test_pages as cases
from tests.panels.builders import BOOK, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, at
from tests.support.browser import opened, served, shot
from tests.support.sessions import session_for

Databases = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def visiting(browser: Browser, house: Any, service: str, who: str, way: str) -> AsyncIterator[Page]:
    """A browser in which somebody has signed in at a service that listens, with its start page looked at."""
    javascript, size = WAYS[way]
    held = await session_for(house.pool, who, service)
    async with (
        served(make_web(house.running)) as url,
        opened(browser, javascript=javascript, size=size) as page,
    ):
        cookies: Any = [{"name": name, "value": value, "url": url} for name, value in held.cookies.items()]
        await page.context.add_cookies(cookies)
        await page.goto(url)
        await looked_at(page, way)
        await fits(page)
        yield page
        house.running.stopping.set()


async def goes(page: Page, path: str) -> None:
    """To another page of the same service."""
    await page.goto(urljoin(page.url, path))


async def looked_through(page: Page, way: str, *paths: str) -> None:
    for path in paths:
        await goes(page, path)
        await looked_at(page, way)
        await fits(page)


@pytest.mark.parametrize("way", WAYS)
async def test_a_co_ordinator_works_through_the_pages_of_panels(
    database: Databases, browser: Browser, way: str
) -> None:
    service = panels.build(panels.settings())
    running = Running(service, await database(service.migrations))
    await make_sittings(BOOK, running)
    house = panels.House(running)
    await house.hear(a_routed_referral(1), a_routed_referral(2, placement=cases.INCOMPLETE))
    await cases.as_(house, "tom")
    await house.step(at("2026-03-03 10:00"))
    one, two = (f"/cases/{case_id_of(a_referral_id(n))}" for n in (1, 2))
    async with visiting(browser, house, "panels", "tom", way) as page:
        await looked_through(page, way, "/sittings", "/cases?tab=incomplete", "/cases", one, two)
        await page.get_by_role("button", name="Note what arrived").click()
        await page.get_by_role("link", name="Give a date, or choose a paper that has arrived.").wait_for()
        await looked_at(page, way)
        await goes(page, f"/sittings/{THURSDAY_5_MARCH}")
        await looked_at(page, way)
        await fits(page)
        await shot(page, f"sitting-{way}")
        await page.get_by_role("button", name="Confirm").click()
        await page.get_by_text("The batch is confirmed.").wait_for()
        await looked_at(page, way)
        await house.step(at("2026-03-05 10:00"))
        await withdrawn_and_deferred(page, way, two, one)


async def withdrawn_and_deferred(page: Page, way: str, one: str, other: str) -> None:
    """Takes one case out of the queue and another off its sitting, first with what is missing in each form."""
    await goes(page, one)
    await page.get_by_role("link", name="Withdraw this case").click()
    await page.get_by_role("button", name="Withdraw this case").click()
    await page.get_by_role("link", name="Choose why the case is withdrawn.").click()
    await looked_at(page, way)
    await fits(page)
    await page.get_by_label("The child has moved away").check()
    await page.get_by_role("button", name="Withdraw this case").click()
    await page.get_by_text("The case is withdrawn.").wait_for()
    await goes(page, other)
    await page.get_by_role("link", name="Defer this case").click()
    await page.get_by_label("Why can the panel not recommend yet?").fill("It lacks the school’s view.")
    await page.get_by_role("button", name="Defer this case").click()
    await page.get_by_role("link", name="Choose what is missing.").wait_for()
    await looked_at(page, way)
    await fits(page)
    await shot(page, f"defer-{way}")
    await page.get_by_label("The school's report").check()
    await page.get_by_label("The school", exact=True).check()
    for part, typed in (("day", "20"), ("month", "3"), ("year", "2026")):
        await page.locator(f"#next_on-{part}").fill(typed)
    await page.get_by_role("button", name="Defer this case").click()
    await page.get_by_text("The case is deferred.").wait_for()
    await page.get_by_text(
        "It lacks the school’s view."
    ).first.wait_for()  # in its history, and among its deferrals
    await looked_at(page, way)
    if await gone_back(page, way):
        await page.get_by_text("That cannot be done with this case as it is now.").wait_for()
        await looked_at(page, way)


@pytest.mark.parametrize("way", WAYS)
async def test_a_manager_settles_a_held_message(database: Databases, browser: Browser, way: str) -> None:
    async def make(**given: Any) -> notifications.House:
        service = build_notifications(notifications.settings(**given))
        return notifications.House(Running(service, await database(service.migrations)))

    house, message = await messages.with_a_held_message(make)
    await messages.as_(house, "tom")
    async with visiting(browser, house, "notifications", "tom", way) as page:
        await looked_through(page, way, "/words", "/words/referral.routed/en", "/words/referral.routed/ur")
        await looked_through(page, way, "/messages", "/messages?tab=done", f"/messages/{message}")
        await page.get_by_role("button", name="Settle it").click()
        await page.get_by_role("link", name="Choose whether they were told in another way.").wait_for()
        await looked_at(page, way)
        await shot(page, f"message-{way}")
        await page.get_by_label("Yes").check()
        await page.get_by_label("How, or why not?").fill("Rang them.")
        await page.get_by_role("button", name="Settle it").click()
        await page.get_by_text("It is settled.").wait_for()
        await looked_at(page, way)
