"""What looks at every page finds what is planted: else nobody would notice that it had stopped to look."""

from urllib.parse import quote

from playwright.async_api import Page

from tests.support.axe import findings

_SOUND = '<!DOCTYPE html><html lang="en"><title>A page</title><main><h1>A page</h1>{}</main></html>'


async def test_planted_faults_are_found_by_their_rules(page: Page) -> None:
    faults = '<img src="data:,"><input><p style="color: #aaa; background: #fff">Too pale.</p>'
    await page.goto(f"data:text/html,{quote(_SOUND.format(faults))}")
    assert {one.partition(":")[0] for one in await findings(page)} == {"image-alt", "label", "color-contrast"}


async def test_nothing_is_found_in_a_sound_page(page: Page) -> None:
    await page.goto(f"data:text/html,{quote(_SOUND.format('<p>Well.</p>'))}")
    assert await findings(page) == []
