"""A child's page, search, records that look alike and a move in a real browser."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from services.referrals.domain.commands import AcceptReferral, StepReferral
from tests.browser.standing import WAYS, looked_at, standing
from tests.referrals.builders import book, form, referral_id, upn_of
from tests.referrals.people import joins
from tests.support.axe import assert_accessible
from tests.support.browser import shot


@pytest.mark.parametrize("way", WAYS)
async def test_a_child_is_found_and_its_ladder_shown(
    database: Callable[..., Awaitable[Any]], browser: Browser, way: str
) -> None:
    async with standing(database, browser) as it:
        reference = await it.office.refer(form(child__upn=upn_of(1)))
        row = await it.office.pool.fetchrow(
            "SELECT id, child_id FROM referral WHERE reference = $1", reference
        )
        assert row is not None
        run = it.office.running.runner.command
        await run(AcceptReferral(row["id"], by="t"))
        await run(StepReferral(row["id"], referral_id(7), row["child_id"], "up", "outreach", "More.", by="t"))
        mo = await joins(it.office, "Mo", ("service-manager", None))
        async with it.page(mo, way) as page:
            await page.goto(f"{it.url}/search")
            await looked_at(page, way)
            await page.get_by_role("button", name="Search").click()
            await looked_at(page, way)
            await page.locator("#q").fill("nobody at all")
            await page.get_by_role("button", name="Search").click()
            await expect(page.get_by_text("Nobody among the children you may see.")).to_be_visible()
            await looked_at(page, way)
            await page.locator("#q").fill("hazeldon")
            await page.get_by_role("button", name="Search").click()
            await expect(page.get_by_role("heading", name="1 child found")).to_be_visible()
            assert "hazeldon" not in page.url
            await looked_at(page, way)
            await page.get_by_role("link", name="Wilf Hazelden").click()
            await expect(page.get_by_role("heading", name="The ladder of support")).to_be_visible()
            await expect(page.locator(".fp-rung--now")).to_contain_text("SEN support in school")
            await expect(page.locator(".fp-rung--asked")).to_contain_text("Outreach from a special school")
            assert "Wilf" not in await page.title()
            await looked_at(page, way)
            await shot(page, f"child-{way}")


async def test_two_records_are_compared_merged_and_separated(
    database: Callable[..., Awaitable[Any]], browser: Browser
) -> None:
    async with standing(database, browser) as it:
        await it.office.refer(form(child__upn=upn_of(1)))
        await it.office.refer(form(child__upn=..., child__no_upn_reason="not-yet-assigned"))
        olu = await joins(it.office, "Olu", ("sali-officer", None))
        async with it.page(olu) as page:
            await page.goto(f"{it.url}/duplicates")
            await assert_accessible(page)
            await page.get_by_role("link", name="Wilf Hazelden").click()
            await assert_accessible(page)
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_role("link", name="Choose what these two records are.")).to_be_visible()
            await assert_accessible(page)
            await page.get_by_label("One child: merge them").check()
            await page.get_by_label("How do you know?").fill("The school told us by telephone.")
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_role("heading", name="Other records of this child")).to_be_visible()
            await assert_accessible(page)
            await page.get_by_role("link", name="Compare the two records, or undo this").click()
            await assert_accessible(page)
            await page.get_by_label("How do you know?").fill("They are cousins after all.")
            await page.get_by_role("button", name="Undo the merge").click()
            await expect(page.get_by_text("They are two records again")).to_be_visible()
            await page.goto(f"{it.url}/duplicates")
            await expect(page.get_by_role("link", name="Wilf Hazelden")).to_be_visible()


async def test_a_school_says_that_the_child_goes_elsewhere(
    database: Callable[..., Awaitable[Any]], browser: Browser
) -> None:
    async with standing(database, browser) as it:
        await it.office.refer(form(child__upn=upn_of(1)))
        sam = await joins(it.office, "Sam", ("school-user", "900001"))
        async with it.page(sam, "phone") as page:
            await page.goto(f"{it.url}/children/{book().ids.child('', upn_of(1))}")
            await page.get_by_role("link", name="The child goes to another school").click()
            await assert_accessible(page)
            await page.get_by_role("button", name="Move the child").click()
            await assert_accessible(page)
            await page.locator("#urn").fill("900101")
            for part, value in (("day", "9"), ("month", "3"), ("year", "2026")):
                await page.locator(f"#on-{part}").fill(value)
            await page.get_by_role("button", name="Move the child").click()
            await expect(page.get_by_text("from 9 March 2026 on")).to_be_visible()
            await assert_accessible(page)
