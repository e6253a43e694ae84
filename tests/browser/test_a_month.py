"""A month of a panel in a real browser: from the empty queue to signed minutes; what was deferred comes back."""

import io

import pypdf
from playwright.async_api import Browser, Page

from chassis.service import Running
from schemas.staff_v1 import StaffDetails, StaffGrant
from services.panels.app import make_sittings
from services.panels.domain.cases.case import case_id_of
from tests.browser.standing import fits, looked_at
from tests.browser.test_days_of_panels import recommends
from tests.browser.test_panels_and_messages import Databases, goes, visiting
from tests.panels import conftest as panels
from tests.panels.builders import BOOK, MONDAY, a_referral_id, a_routed_referral, an_ask, at
from tests.panels.test_pages import as_
from tests.support.browser import shot

SITTING = "/sittings/placement-2026-02-10"
REFERENCES = ("4HW9-ZB6N-XCEB", "CEXM-8MTB-53F9", "CEXM-8MTB-53F2")
LACKING = an_ask(request_received=None, draft_served=None)
CASES = [f"/cases/{case_id_of(a_referral_id(n))}" for n in (1, 2, 3)]


async def people(house: panels.House) -> None:
    """Co-ordinators, an officer, and a panel: its chair, a psychologist and a head."""
    for name in ("tom", "ehc", "officer", "cora"):
        await as_(house, name)
    for name in ("pia", "hal"):
        grant = StaffGrant(role="panel-member", from_day=MONDAY.date())
        told = {"subject": f"idp|{name}", "name": name.title(), "email": f"{name}@x.example", "active": True}
        await house.hear(StaffDetails(staff_id=name, grants=(grant,), **told))


async def typed_day(page: Page, name: str, day: int, month: int, year: int) -> None:
    for part, typed in (("day", day), ("month", month), ("year", year)):
        await page.locator(f"#{name}-{part}").fill(str(typed))


async def taken(page: Page, link: str) -> str:
    """The words of a PDF that is downloaded by this link."""
    async with page.expect_download() as download:
        await page.get_by_role("link", name=link).click()
    content = (await (await download.value).path()).read_bytes()
    return "\n".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(content)).pages)


async def planned(page: Page, count: int) -> None:
    await goes(page, "/plan")
    await page.get_by_role("button", name="Accept what is ticked").click()
    await page.get_by_text(f"The plan is accepted: {count} listed.").wait_for()


async def the_first_is_completed(page: Page) -> None:
    await goes(page, "/cases?tab=incomplete")
    await page.get_by_role("link", name=REFERENCES[0]).click()
    await page.get_by_text("This case is incomplete. It lacks:").wait_for()
    await typed_day(page, "request_received", 15, 12, 2025)
    await typed_day(page, "draft_served", 28, 1, 2026)
    await page.get_by_role("button", name="Note what arrived").click()
    await page.get_by_text("This case is incomplete.").wait_for(state="detached")
    await looked_at(page, "phone")
    await fits(page)


async def seated(page: Page) -> None:
    await goes(page, f"{SITTING}/members")
    for seat, name in (
        ("Chair", "Cora"),
        ("Educational psychologist, 1", "Pia"),
        ("Headteacher, 1", "Hal"),
    ):
        await page.get_by_label(seat, exact=True).select_option(name)
    await page.get_by_role("button", name="Save the members").click()
    await page.get_by_text("The members are kept.").wait_for()


async def the_day(page: Page) -> None:
    """Who is there; then one case after the other, hands on the keyboard."""
    await goes(page, f"{SITTING}/day")
    for member in ("Cora, Chair", "Pia, Educational psychologist", "Hal, Headteacher"):
        await page.get_by_role("group", name=member).get_by_label("There", exact=True).check()
    await page.get_by_role("button", name="Record who is there").click()
    await page.get_by_text("Who is there is recorded.").wait_for()
    await page.get_by_role("button", name="Go on with case 1").press("Enter")
    await page.get_by_text("case 1 of 3, 0 done").wait_for()
    await recommends(page, "She needs a small class.")
    await page.get_by_text("case 2 of 3, 1 done").wait_for()
    await page.get_by_role("link", name="Defer this case").press("Enter")
    await page.get_by_label("Why can the panel not recommend yet?").fill("Nobody has asked the family.")
    await page.get_by_label("The family's views").check()
    await page.get_by_label("The family", exact=True).check()
    await typed_day(page, "next_on", 24, 2, 2026)
    await page.get_by_role("button", name="Defer this case").click()
    await page.get_by_text("The case is deferred.").wait_for()
    await page.get_by_role("button", name="Go on with case 3").press("Enter")
    await page.get_by_text("case 3 of 3, 2 done").wait_for()
    await recommends(page, "He needs help with speech every day.")
    await page.get_by_text("That was the last one.").wait_for()
    await looked_at(page, "desk")
    await shot(page, "month-day-done")


async def signed(page: Page, sitting: str) -> None:
    await goes(page, f"{sitting}/day")
    await page.get_by_role("button", name="Sign this sitting off").click()
    await page.get_by_role("button", name="Sign off").click()
    await page.get_by_text("The sitting is signed off.").wait_for()


async def test_a_month_from_the_empty_queue_to_signed_minutes_and_back_for_what_was_deferred(
    database: Databases, browser: Browser
) -> None:
    service = panels.build(panels.settings())
    house = panels.House(Running(service, await database(service.migrations)))
    await make_sittings(BOOK, house.running)
    await people(house)
    async with visiting(browser, house, "panels", "ehc", "phone") as page:
        await goes(page, "/cases")
        await page.get_by_text("There are none.").wait_for()
        asked = (LACKING, an_ask(), an_ask())
        await house.hear(
            *(a_routed_referral(n + 1, reference=REFERENCES[n], placement=ask) for n, ask in enumerate(asked))
        )
        await the_first_is_completed(page)
    async with visiting(browser, house, "panels", "tom", "desk") as page:
        await planned(page, 3)
        await seated(page)
        await house.step(at("2026-02-03 17:01"))
        await goes(page, f"{SITTING}/pack")
        pack = await taken(page, "Pack for Cora (PDF)")
        assert all(reference in pack for reference in REFERENCES)
        await house.step(at("2026-02-10 10:00"))
        await the_day(page)
    async with visiting(browser, house, "panels", "cora", "desk") as page:
        await signed(page, SITTING)
        await goes(page, SITTING)
        minutes = await taken(page, "minutes (PDF)")
        assert "Cora" in minutes
        assert all(reference in minutes for reference in REFERENCES)
    async with visiting(browser, house, "panels", "officer", "phone") as page:
        await goes(page, "/decisions")
        for box in await page.locator(".govuk-checkboxes__input").all():
            await box.check()
        await page.get_by_role("button", name="Issue as recommended").click()
        await page.get_by_text("2 decisions are issued.").wait_for()
    async with visiting(browser, house, "panels", "tom", "desk") as page:
        await comes_back(page, house)


async def comes_back(page: Page, house: panels.House) -> None:
    """What was missing arrives; the plan has the case for the next sitting that can hear it, and there it is heard."""
    await house.step(at("2026-02-12 09:00"))
    (second,) = [path for path in CASES if (await house.get(path))["state"] == "deferred"]
    await goes(page, second)
    await page.get_by_label("The family's views").check()
    await page.get_by_role("button", name="Note what arrived").click()
    await planned(page, 1)
    again = (await house.get(second))["sits_on"]
    assert again >= "2026-02-19"
    await house.step(at(f"{again} 10:00"))
    await goes(page, f"/sittings/placement-{again}/day")
    await page.get_by_role("button", name="Go on with case 1").press("Enter")
    await page.get_by_text("case 1 of 1, 0 done").wait_for()
    await recommends(page, "Now the family was asked.")
    await page.get_by_text("That was the last one.").wait_for()
    assert (await house.get(second))["state"] == "heard"
