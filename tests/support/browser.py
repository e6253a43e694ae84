"""A real Chromium for tests of pages: the machine's own, else playwright's, else Debian's package.

The one that is made without windows is taken before the whole browser: the same engine, for a third of the work.

    async def test_the_directory_is_found(page: Page, site: Site) -> None:
        await page.goto(f"{site}/directory")
        await assert_accessible(page)

``page`` has JavaScript on and the width of a desk; `opened` makes pages of other kinds. Where no Chromium can be
had the tests are skipped with one line that says so; with CI=true they fail instead.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import uvicorn
from playwright.async_api import Browser, Page, async_playwright, expect

from deploy.assets import build
from deploy.local.debian import found, installed
from tests.support.missing import not_tried

#: Debian's packages. To the whole browser each page is a window of its own, with all that belongs to one.
_WITHOUT_WINDOWS, _WHOLE = "chromium-headless-shell", "chromium"
#: What Chromium is called on Linux, and where it is on macOS.
_NAMES = (_WITHOUT_WINDOWS, _WHOLE, "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
#: Where screenshots go; none are taken where it is not set.
SHOTS = "SCREENSHOTS"
#: How long a browser may take to show something, beside other tests on a busy machine.
_MILLISECONDS = 30_000
expect.set_options(timeout=_MILLISECONDS)
DESK, PHONE = (1280, 900), (320, 640)
NONE_HERE = (
    "No Chromium here, so no page was tried in a browser: install chromium, or set CHROMIUM to its path."
)


def chromium() -> str | None:
    """The path of the Chromium that was named, or of one on this machine, or None."""
    return os.environ.get("CHROMIUM") or found(_NAMES) or (str(_MAC) if _MAC.exists() else None)


def _fetched() -> bool:
    """Whether playwright has its own, or could fetch it."""
    print("Fetching a Chromium for the tests of pages …", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium-headless-shell"]
    try:
        return subprocess.run(command, capture_output=True, timeout=240, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def installed_chromium() -> str | None:
    """The path of Debian's, installed now; not every release has the one without windows."""
    say = "Installing Chromium from Debian's packages, for the tests of pages …"
    return installed(_WITHOUT_WINDOWS, _NAMES, say) or installed(_WHOLE, _NAMES, say)


def lighter(path: str) -> str:
    """The one without windows where ``path`` is Debian's whole browser and the other can be had too, else ``path``."""
    if path != found((_WHOLE,)) or os.environ.get("CHROMIUM"):
        return path
    say = "Installing Chromium without windows from Debian's packages: a page costs it a third of the work …"
    return installed(_WITHOUT_WINDOWS, (_WITHOUT_WINDOWS,), say, needed=False) or path


@asynccontextmanager
async def browser_of_this_machine() -> AsyncIterator[Browser | None]:
    """A headless Chromium, or None where none can be had."""
    path = chromium()
    if path is None and not await asyncio.to_thread(_fetched):
        path = await asyncio.to_thread(installed_chromium)
        if path is None:
            yield None
            return
    path = path and await asyncio.to_thread(lighter, path)
    args = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=args)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def browser_or_not_tried() -> AsyncIterator[Browser]:
    """The same, with the pages' assets built; where there is none the test is skipped, or fails in CI."""
    await asyncio.to_thread(build)  # nothing happens where `make` has done so
    async with browser_of_this_machine() as found:
        if found is None:
            not_tried(NONE_HERE)
        yield found


#: Of each browser, the pages that nobody uses just now, and whether scripts run in them.
_FREE: WeakKeyDictionary[Browser, list[tuple[bool, Page]]] = WeakKeyDictionary()


@asynccontextmanager
async def opened(
    browser: Browser, *, javascript: bool = True, size: tuple[int, int] = DESK
) -> AsyncIterator[Page]:
    """A page in a context of its own, without a cookie.

    Whoever comes later gets the same one, where no test failed in it: a new one begins a new process, in which
    Chromium reads and compiles anew what it knew already, axe above all.
    """
    free = _FREE.setdefault(browser, [])
    kept = next((each for each in reversed(free) if each[0] is javascript), None)
    if kept:
        free.remove(kept)
    page = kept[1] if kept else await _new(browser, javascript)
    try:
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        yield page
        await _leave(page)
    except BaseException:
        await page.context.close()
        raise
    free.append((javascript, page))


async def _new(browser: Browser, javascript: bool) -> Page:
    context = await browser.new_context(
        java_script_enabled=javascript, locale="en-GB", timezone_id="Europe/London"
    )
    context.set_default_timeout(_MILLISECONDS)
    return await context.new_page()


async def _leave(page: Page) -> None:
    """As it was when it was new. The blank page is gone to from inside: the browser would begin a process for it."""
    await page.evaluate("location.replace('about:blank')")
    await page.wait_for_url("about:blank")
    await page.emulate_media(media="null")
    await page.context.clear_cookies()


async def shot(page: Page, name: str) -> None:
    """A picture of the whole page, where the environment names a folder for them."""
    folder = os.environ.get(SHOTS)
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """An application on a free port of this machine; its address, without a slash at the end."""
    # Named as TCP: only then asyncio sends each part of an answer at once. Else what it writes second, the body,
    # waits for the client to acknowledge the first, and the client takes 40 ms over that.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()  # connections wait here until the server takes them
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server._serve([listening]))
    port = listening.getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
