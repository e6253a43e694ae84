"""One Chromium for all tests here, and a fresh page for each."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.support.browser import browser_or_not_tried, opened
from tests.support.site import Databases, Site, open_site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever is tried in a browser takes its seconds."""
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The Chromium of this machine. Skips, or fails in CI, where there is none."""
    async with browser_or_not_tried() as found:
        yield found


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page with JavaScript, as wide as a desk."""
    async with opened(browser) as page:
        yield page


@pytest.fixture
async def site(database: Databases, browser: Browser) -> AsyncIterator[Site]:
    """The referrals service on a port of this machine, over a database of its own."""
    async with open_site(database, browser) as site:
        yield site
