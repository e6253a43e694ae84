"""One Chromium for all tests here, and a fresh page for each."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.support.browser import browser_of_this_machine, no_browser, opened


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The Chromium of this machine. Skips, or fails in CI, where there is none."""
    async with browser_of_this_machine() as found:
        if found is None:
            no_browser()
        assert found is not None
        yield found


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page with JavaScript, as wide as a desk."""
    async with opened(browser) as page:
        yield page
