"""A real Chromium for tests of pages: the machine's own, else playwright's, else Debian's package.

    async def test_the_directory_is_found(page: Page, site: Site) -> None:
        await page.goto(f"{site}/directory")
        await assert_accessible(page)

``page`` has JavaScript on and the width of a desk; `opened` makes pages of other kinds. Where no Chromium can be
had the tests are skipped with one line that says so; with CI=true they fail instead.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

#: What Chromium is called on Linux and macOS.
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
#: Where screenshots go; none are taken where it is not set.
SHOTS = "SCREENSHOTS"
DESK, PHONE = (1280, 900), (320, 640)


def chromium() -> str | None:
    """The path of a Chromium on this machine, or None."""
    given = os.environ.get("CHROMIUM")
    found = [given] if given else [shutil.which(name) for name in _NAMES]
    if _MAC.exists():
        found.append(str(_MAC))
    return next((path for path in found if path), None)


def _fetched() -> bool:
    """Whether playwright could fetch its own."""
    command = [sys.executable, "-m", "playwright", "install", "chromium-headless-shell"]
    return subprocess.run(command, capture_output=True, timeout=240, check=False).returncode == 0


def _installed() -> str | None:
    """Debian's package, where we may install it."""
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    subprocess.run(["apt-get", "update"], capture_output=True, timeout=120, check=False)
    command = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    subprocess.run(command, capture_output=True, timeout=280, check=False)
    return chromium()


def no_browser() -> None:
    """Ends a test that needs a browser where there is none. Fails in CI."""
    why = "no Chromium here, so pages were not tried in a browser: install chromium, or set CHROMIUM to its path"
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


@asynccontextmanager
async def browser_of_this_machine() -> AsyncIterator[Browser | None]:
    """A headless Chromium, or None where none can be had."""
    path = chromium()
    if path is None and not await asyncio.to_thread(_fetched):
        path = await asyncio.to_thread(_installed)
        if path is None:
            yield None
            return
    args = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=args)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def opened(
    browser: Browser, *, javascript: bool = True, size: tuple[int, int] = DESK, **given: Any
) -> AsyncIterator[Page]:
    """A page in a context of its own: its own cookies, nothing kept."""
    context = await browser.new_context(
        java_script_enabled=javascript,
        viewport={"width": size[0], "height": size[1]},
        locale="en-GB",
        timezone_id="Europe/London",
        **given,
    )
    context.set_default_timeout(15_000)
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def shot(page: Page, name: str) -> None:
    """A picture of the whole page, where the environment names a folder for them."""
    folder = os.environ.get(SHOTS)
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """An application on a free port of this machine; its address, without a slash at the end."""
    listening = socket.create_server(("127.0.0.1", 0))  # connections wait here until the server takes them
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server._serve([listening]))
    port = listening.getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
