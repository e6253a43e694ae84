"""axe-core over a page as the browser shows it: WCAG 2.0, 2.1 and 2.2, levels A and AA."""

from typing import Any
from weakref import WeakKeyDictionary

from playwright.async_api import CDPSession, Page

from deploy.assets import modules

_AXE = modules() / "axe-core/axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
#: No rule with these tags asks for the style sheets, and what axe passed need not leave the browser: with both a page
#: cost a fifth more.
_RUN = """tags => axe.run(document, {
    runOnly: {type: 'tag', values: tags}, preload: {assets: ['media']}, resultTypes: ['violations']
}).then(found => found.violations)"""
#: To each page, the way past playwright, which wraps what it evaluates: Chromium then compiles axe anew each time.
_WAYS: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()


async def findings(page: Page) -> list[str]:
    """What axe finds wrong: the rule, what it says, the places."""
    await page.wait_for_load_state()  # a click returns while the next page is still on its way
    if page not in _WAYS:
        _WAYS[page] = await page.context.new_cdp_session(page)
    await _WAYS[page].send("Runtime.evaluate", {"expression": f"{_AXE.read_text(encoding='utf-8')}; void 0"})
    violations: list[dict[str, Any]] = await page.evaluate(_RUN, _TAGS)
    return [
        f"{rule['id']}: {rule['help']} at {[node['target'] for node in rule['nodes']]}" for rule in violations
    ]


async def assert_accessible(page: Page) -> None:
    """Asserts that axe finds nothing, and that nothing runs off the side of the page."""
    assert await findings(page) == [], page.url
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"the page is {wide} px wider than the window"
