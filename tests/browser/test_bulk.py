"""Lists of referrals in a real browser: uploaded, looked through, confirmed and followed; with and without scripts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from services.referrals.domain.bulk.open_cases import LAYOUT
from tests.browser.standing import WAYS, Standing, looked_at, standing
from tests.referrals.lists import as_csv, as_workbook, cells, child, names, worked_off
from tests.referrals.people import joins
from tests.referrals.test_open_cases import CASE
from tests.support.browser import shot

SCHOOL = ("school-user", "900001")


@pytest.fixture
async def here(database: Callable[..., Awaitable[Any]], browser: Browser) -> AsyncIterator[Standing]:
    async with standing(database, browser) as found:
        yield found


def file(content: bytes, name: str = "list.csv") -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


@pytest.mark.parametrize("way", WAYS)
async def test_a_list_is_uploaded_looked_through_and_sent(here: Standing, way: str) -> None:
    me = await joins(here.office, "Rowan Elder", SCHOOL)
    earlier = await here.office.refer(child(1))
    rows = [cells(child(1)), cells(child(2)), {**cells(child(3)), "Agreed": "perhaps"}]
    async with here.page(me, way) as page:
        await page.goto(f"{here.url}/bulk")
        await looked_at(page, way)
        await page.get_by_role("button", name="Upload").click()
        await expect(page.get_by_role("alert")).to_contain_text("Choose a file")
        await looked_at(page, way)
        await page.set_input_files("#file", file(as_workbook(rows, names()), "list.xlsx"))
        await page.get_by_role("button", name="Upload").click()
        await expect(page.get_by_role("heading", name="Look the list through")).to_be_visible()
        await expect(page.get_by_text(earlier)).to_be_visible()
        await expect(page.get_by_role("heading", name="Row 4")).to_be_visible()
        await looked_at(page, way)
        await shot(page, f"bulk-preview-{way}")
        await page.get_by_label("Row 2").check()
        await page.get_by_role("button", name="Send the referrals").click()
        await expect(page.get_by_role("heading", name="The list is under way")).to_be_visible()
        await looked_at(page, way)
        await worked_off(here.office)
        await page.get_by_role("link", name="See what came of it").click()
        await expect(page.get_by_role("heading", name="The list is done")).to_be_visible()
        await expect(page.get_by_role("link", name="-")).to_have_count(2)
        await looked_at(page, way)
        await shot(page, f"bulk-done-{way}")
        await page.go_back()
        await page.reload()
        await expect(page.get_by_role("heading", name="The list is done")).to_be_visible()
    assert await here.office.pool.fetchval("SELECT count(*) FROM referral") == 3


async def test_the_counts_follow_the_worker(here: Standing) -> None:
    me = await joins(here.office, "Rowan Elder", SCHOOL)
    async with here.page(me) as page:
        await page.goto(f"{here.url}/bulk")
        await page.set_input_files("#file", file(as_csv([cells(child(n)) for n in range(3)], names())))
        await page.get_by_role("button", name="Upload").click()
        await page.get_by_role("button", name="Send the referrals").click()
        waiting = page.locator("[data-live]").first
        await expect(waiting).to_have_text("3")
        await worked_off(here.office)
        await expect(waiting).to_have_text("0", timeout=20_000)


async def test_without_scripts_the_page_loads_itself_again(here: Standing) -> None:
    me = await joins(here.office, "Rowan Elder", SCHOOL)
    async with here.page(me, "no-script") as page:
        await page.goto(f"{here.url}/bulk")
        await page.set_input_files("#file", file(as_csv([cells(child(1))], names())))
        await page.get_by_role("button", name="Upload").click()
        await page.get_by_role("button", name="Send the referrals").click()
        await worked_off(here.office)
        await expect(page.get_by_role("heading", name="The list is done")).to_be_visible(timeout=20_000)


@pytest.mark.parametrize("way", WAYS)
async def test_open_cases_are_brought_in(here: Standing, way: str) -> None:
    manager = await joins(here.office, "Mo Ash", ("service-manager", None))
    async with here.page(manager, way) as page:
        await page.goto(f"{here.url}/open-cases")
        await looked_at(page, way)
        case = {**CASE, "Held by": ""}
        await page.set_input_files("#file", file(as_csv([case, {**case, "UPN": "?"}], names(LAYOUT.columns))))
        await page.get_by_role("button", name="Upload").click()
        await looked_at(page, way)
        async with page.expect_navigation():
            await page.get_by_role("button", name="Send the cases").click()
        await worked_off(here.office)
        await page.reload()
        await expect(page.get_by_role("heading", name="The list is done")).to_be_visible()
        await looked_at(page, way)
    assert await here.office.pool.fetchval("SELECT count(*) FROM referral") == 1
