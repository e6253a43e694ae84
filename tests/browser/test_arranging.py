"""Sittings by hand in a real browser: an extra one, its members, one that is cancelled; the month at a glance."""

import pytest
from playwright.async_api import Browser, Page

from chassis.service import Running
from services.panels.app import make_sittings
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.commands import ConfirmSitting
from services.panels.panel_files import read_book
from tests.browser.standing import WAYS, fits, looked_at
from tests.browser.test_panels_and_messages import Databases, goes, looked_through, visiting
from tests.panels import conftest as panels
from tests.panels import test_pages as cases
from tests.panels.builders import BOOK, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, at
from tests.panels.test_arranged import a_member
from tests.panels.test_homes import ALTERNATIVES, a_request_for_funding
from tests.support.browser import shot

SITTING = f"/sittings/{THURSDAY_5_MARCH}"


@pytest.mark.parametrize("way", WAYS)
async def test_a_cancelled_sitting_and_the_extra_one_that_hears_its_cases(
    database: Databases, browser: Browser, way: str
) -> None:
    service = panels.build(panels.settings())
    running = Running(service, await database(service.migrations))
    await make_sittings(BOOK, running)
    house = panels.House(running)
    await house.hear(*(a_routed_referral(n) for n in range(1, 8)))
    await cases.as_(house, "tom")
    for name, role in (("carol", "chair"), ("henry", "panel-member"), ("erin", "panel-member")):
        await a_member(house, name, role)
    ids = tuple(case_id_of(a_referral_id(n)) for n in range(1, 8))
    await running.runner.command(ConfirmSitting(THURSDAY_5_MARCH, ids, ()))
    async with visiting(browser, house, "panels", "tom", way) as page:
        await goes(page, "/month?month=2026-03")
        await shot(page, f"filled-{way}")
        await looked_through(
            page, way, "/month?month=2026-03", f"{SITTING}/move", f"/cases/{ids[0]}/together"
        )
        await members_named(page, way)
        await cancelled(page, way)
        await added(page, way)
        await goes(page, "/month?month=2026-03")
        await page.get_by_text("was cancelled and does not take place").wait_for()
        await looked_at(page, way)
        await fits(page)
        await shot(page, f"month-{way}")
    assert {case["state"] for case in (await house.get("/cases"))["cases"]} == {"queued"}


async def members_named(page: Page, way: str) -> None:
    """The chair and one more take their seats."""
    await goes(page, f"{SITTING}/members")
    await page.get_by_label("Chair", exact=True).select_option("Carol")
    await page.get_by_label("Headteacher, 1", exact=True).select_option("Henry")
    await page.get_by_role("button", name="Save the members").click()
    await page.get_by_text("The members are kept.").wait_for()
    await page.get_by_text("For a quorum it still lacks").wait_for()
    await page.get_by_role("button", name="Stands aside", exact=True).click()
    await page.get_by_role("link", name="Choose who stands aside.").wait_for()
    await looked_at(page, way)
    await fits(page)
    await shot(page, f"members-{way}")


async def cancelled(page: Page, way: str) -> None:
    """First with what is missing in the form, then done."""
    await goes(page, SITTING)
    await page.get_by_role("link", name="Cancel this sitting").click()
    await page.get_by_role("button", name="Cancel this sitting").click()
    await page.get_by_role("link", name="Choose why the sitting is cancelled.").wait_for()
    await looked_at(page, way)
    await fits(page)
    await shot(page, f"cancel-{way}")
    await page.get_by_label("There is no room for it").check()
    await page.get_by_label("In your words").fill("The hall is flooded.")
    await page.get_by_role("button", name="Cancel this sitting").click()
    await page.get_by_text("The sitting is cancelled.").wait_for()
    await page.get_by_text("The hall is flooded.").wait_for()
    await looked_at(page, way)


async def added(page: Page, way: str) -> None:
    """An extra sitting on the day after."""
    await goes(page, "/sittings/extra")
    for part, typed in (("day", "6"), ("month", "3"), ("year", "2026")):
        await page.locator(f"#sits_on-{part}").fill(typed)
    await page.get_by_role("button", name="Add the sitting").click()
    await page.get_by_role("link", name="Write why there is an extra sitting.").wait_for()
    await looked_at(page, way)
    await fits(page)
    await shot(page, f"extra-{way}")
    await page.get_by_label("Why is there an extra sitting?").fill("For those of the cancelled one.")
    await page.get_by_role("button", name="Add the sitting").click()
    await page.get_by_text("There is an extra sitting.").wait_for()


async def test_funds_and_cases_that_no_panel_hears_fit_on_a_phone(
    database: Databases, browser: Browser
) -> None:
    service = panels.build(panels.settings(folder=ALTERNATIVES / "local-high-needs-funding"))
    running = Running(service, await database(service.migrations))
    book = read_book(ALTERNATIVES / "local-high-needs-funding")
    await make_sittings(book, running)
    house = panels.House(running)
    await house.hear(a_request_for_funding(), a_request_for_funding(2, area="DSPL1", destination="elsewhere"))
    await cases.as_(house, "tom")
    case_id = case_id_of(a_referral_id(1))
    sitting_id = "high-needs-dspl7-2026-03-09"
    await house.post(f"/cases/{case_id}/complete", {"papers_complete": True})
    await house.post(f"/cases/{case_id}/amount", {"amount": 9000})
    await house.post(f"/sittings/{sitting_id}/confirm", {"case_ids": [case_id]})
    await house.step(at("2026-03-09 14:00"))
    async with visiting(browser, house, "panels", "tom", "phone") as page:
        await looked_through(page, "phone", "/cases/no-panel", f"/cases/{case_id}/funding")
        await page.get_by_role("button", name="Record the recommendation").click()
        await page.get_by_role("link", name="Choose what the panel recommends.").wait_for()
        await looked_at(page, "phone")
        await fits(page)
        await shot(page, "funding-phone")
        await page.get_by_label("Agreed: funding and support").check()
        await page.get_by_label("How much is agreed?").fill("6000")
        await page.get_by_label("Reasons").fill("It is needed.")
        await page.get_by_role("button", name="Record the recommendation").click()
        await page.get_by_text("Recommended: funding and support, £6,000 of £9,000.").wait_for()
        await house.post(f"/cases/{case_id}/decision", {}, role="officer")
        await looked_through(page, "phone", "/funds?year=2025-26")
        await shot(page, "funds-phone")
