"""The plan in a real browser: siblings are heard together, the plan is accepted, and a case is moved with its cost."""

import pytest
from playwright.async_api import Browser

from chassis.service import Running
from services.panels.app import make_sittings
from services.panels.domain.cases.case import case_id_of
from tests.browser.standing import WAYS, fits, looked_at
from tests.browser.test_panels_and_messages import Databases, goes, visiting
from tests.panels import conftest as panels
from tests.panels import test_pages as cases
from tests.panels.builders import BOOK, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, an_ask
from tests.support.browser import shot


@pytest.mark.parametrize("way", [way for way in WAYS if way != "no-script"])
async def test_a_co_ordinator_accepts_the_plan_and_moves_brothers_and_sisters(
    database: Databases, browser: Browser, way: str
) -> None:
    service = panels.build(panels.settings())
    house = panels.House(Running(service, await database(service.migrations)))
    await make_sittings(BOOK, house.running)
    urgent = a_routed_referral(1, placement=an_ask(urgent=True))
    await house.hear(
        urgent, *(a_routed_referral(n, reference=f"CEXM-8MTB-53F{n % 10}") for n in range(2, 16))
    )
    family = [case_id_of(a_referral_id(n)) for n in (2, 3)]
    await house.pool.execute(
        "UPDATE placement_case SET version = version + 1, "
        'state = (state::jsonb || \'{"siblings": "family"}\')::json WHERE id = ANY($1)',
        family,
    )
    await cases.as_(house, "tom")
    async with visiting(browser, house, "panels", "tom", way) as page:
        await goes(page, "/plan")
        await looked_at(page, way)
        await fits(page)
        await page.get_by_text("How far it is proved, level by level").click()
        await fits(page)
        await shot(page, f"plan-{way}")
        await page.get_by_role("button", name="Accept what is ticked").click()
        await page.get_by_text("The plan is accepted: 15 listed.").wait_for()
        await goes(page, f"/cases/{family[0]}")
        await page.get_by_role("link", name="Move this case to another sitting").click()
        await looked_at(page, way)
        await fits(page)
        await page.get_by_label("Thursday 5 March 2026").check()
        await page.get_by_role("button", name="See what it costs").click()
        await page.get_by_text("1 brother or sister moves").wait_for()
        await page.get_by_role("button", name="Move this case").click()
        await page.get_by_role("link", name="Write why the case is moved.").wait_for()
        await looked_at(page, way)
        await fits(page)
        await shot(page, f"move-{way}")
        await page.get_by_label("Why is it moved?").fill("The family is away until March.")
        await page.get_by_label("Change it, and tell the family the new one").check()
        await page.get_by_role("button", name="Move this case").click()
        await page.get_by_text("The case is moved.").wait_for()
        await goes(page, "/plan")
        await page.get_by_text("2 cases stay where a co-ordinator put them by hand.").wait_for()
        await looked_at(page, way)
        await fits(page)
    assert set((await _sitting(house))["case_ids"]) == set(family)


async def _sitting(house: panels.House) -> dict[str, list[str]]:
    agenda = await house.get(f"/sittings/{THURSDAY_5_MARCH}")
    return {"case_ids": [case["case_id"] for case in agenda["cases"]]}
