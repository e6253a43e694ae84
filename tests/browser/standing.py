"""The referrals service where people look at it: its address, and browsers in which somebody has signed in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Page

from chassis.service import Running
from chassis.web.hosting import make_web
from services.referrals.app import build
from tests.referrals.conftest import Office, settings
from tests.referrals.people import Colleague
from tests.support.axe import assert_accessible
from tests.support.browser import DESK, PHONE, opened, served

#: With JavaScript at a desk, without it, and on a phone.
WAYS = {"desk": (True, DESK), "no-script": (False, DESK), "phone": (True, PHONE)}


@dataclass
class Standing:
    """A service that listens."""

    office: Office
    url: str
    browser: Browser

    @asynccontextmanager
    async def page(self, person: Colleague, way: str = "desk") -> AsyncIterator[Page]:
        """A browser of its own in which this person has signed in."""
        javascript, size = WAYS[way]
        async with opened(self.browser, javascript=javascript, size=size) as page:
            cookies: Any = [
                {"name": name, "value": value, "url": self.url} for name, value in person.held.cookies.items()
            ]
            await page.context.add_cookies(cookies)
            yield page


async def looked_at(page: Page, way: str) -> None:
    """Asserts that axe finds nothing; it cannot run in a page whose scripts are off."""
    if WAYS[way][0]:
        await assert_accessible(page)


async def fits(page: Page) -> None:
    """Asserts that nothing has to be scrolled sideways."""
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url}: {wide} px too wide"


async def gone_back(page: Page, way: str) -> bool:
    """Goes back to a form that came back with what was wrong, and answers True.

    Without scripts a browser asks first whether it may send the form once more: nothing is tried there.
    """
    if WAYS[way][0]:
        await page.go_back()
    return WAYS[way][0]


@asynccontextmanager
async def standing(database: Callable[..., Awaitable[Any]], browser: Browser) -> AsyncIterator[Standing]:
    """The service over a fresh database."""
    service = build(settings())
    running = Running(service, await database(service.migrations))
    async with served(make_web(running)) as url:
        yield Standing(Office(running), url, browser)
        running.stopping.set()
