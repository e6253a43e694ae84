"""An EHC co-ordinator completes a case, and the panel co-ordinator answers what came late, in a real browser."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from playwright.async_api import Browser

from chassis.service import Running
from schemas.directory_v1 import SettingListed
from services.panels.app import make_sittings
from services.panels.domain.commands import ConfirmSitting
from tests.browser.standing import fits, looked_at
from tests.browser.test_panels_and_messages import goes, looked_through, visiting
from tests.panels import conftest as panels
from tests.panels import test_pages as cases
from tests.panels.builders import BOOK, THURSDAY_5_MARCH, a_routed_referral, an_ask
from tests.panels.test_case_file import LACKING
from tests.panels.test_late import AFTER_LOCK, CASE_ID, adds_evidence, asks_to_withdraw
from tests.support.browser import shot

Databases = Callable[..., Awaitable[Any]]


@pytest.mark.parametrize("way", ["phone"])
async def test_a_case_is_completed_and_what_came_late_is_answered(
    database: Databases, browser: Browser, way: str
) -> None:
    service = panels.build(panels.settings())
    running = Running(service, await database(service.migrations))
    await make_sittings(BOOK, running)
    house = panels.House(running)
    await house.hear(
        a_routed_referral(1), a_routed_referral(2, placement=LACKING),
        a_routed_referral(3, placement=an_ask(request_received=date(2025, 9, 14), draft_served=None)),
        SettingListed(entry="setting:117215", urn="117215", name="Hill School", town="Ware", area="DSPL3"),
    )  # fmt: skip
    await cases.as_(house, "tom")
    await running.runner.command(ConfirmSitting(THURSDAY_5_MARCH, (CASE_ID,)))
    await house.step(AFTER_LOCK)
    await house.hear(asks_to_withdraw(), adds_evidence())
    two = cases.case_path(2)
    async with visiting(browser, house, "panels", "tom", way) as page:
        for name in ("at-risk", "to-decide"):
            await looked_through(page, way, f"/{name}")
            await shot(page, f"{name}-{way}")
        await looked_through(page, way, cases.case_path())
        await shot(page, f"late-{way}")
        await page.get_by_role("link", name="The school asks to withdraw it").click()
        await looked_at(page, way)
        await fits(page)
        await page.get_by_label("Go on with it").check()
        await page.get_by_label("The family wants it heard").check()
        await shot(page, f"raised-{way}")
        await page.get_by_role("button", name="Answer the school").click()
        await page.get_by_text("The school is answered.").wait_for()
        await goes(page, two)
        await page.get_by_role("link", name="Set out what the family asks for").click()
        await looked_at(page, way)
        await fits(page)
        await page.get_by_label("Which setting does the family name?").fill("hill")
        await page.get_by_label("No", exact=True).check()
        await shot(page, f"set-out-{way}")
        await page.get_by_role("button", name="Save").click()
        await page.get_by_text("Hill School, Ware (117215)").wait_for()
        for name in ("papers", "exception"):
            await looked_through(page, way, f"{two}/{name}")
            await shot(page, f"{name}-{way}")
        await page.get_by_role("button", name="Claim it").click()
        await page.get_by_role("link", name="Choose which exception is claimed.").wait_for()
        await looked_at(page, way)
        await goes(page, two)
        await looked_at(page, way)
        await fits(page)
        await shot(page, f"case-file-{way}")
