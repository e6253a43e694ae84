"""People and roles, tokens, restricted cases and the record of reads in a real browser: on a phone, without scripts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from chassis.clock import SteppedClock
from chassis.service import Running
from chassis.web.hosting import make_web
from services.referrals.app import build
from services.referrals.domain.staff.restricted import BreakGlass, RestrictReferral
from tests.referrals.builders import form
from tests.referrals.conftest import Office, settings
from tests.referrals.everybody import signs_in
from tests.support.axe import assert_accessible
from tests.support.browser import DESK, PHONE, opened, served, shot

WAYS = {"desk": (True, DESK), "no-script": (False, DESK), "phone": (True, PHONE)}


@dataclass
class Place:
    """The service at an address, and one referral in it."""

    office: Office
    url: str
    browser: Browser
    reference: str
    referral_id: str

    async def enter(self, page: Page, name: str) -> None:
        """The browser of ``page`` is signed in as one of everybody."""
        held = (await signs_in(self.office, name)).held
        cookies: Any = [{"name": n, "value": v, "url": self.url} for n, v in held.cookies.items()]
        await page.context.add_cookies(cookies)

    async def restrict(self) -> None:
        """The case opens to the manager alone, and the team has broken the glass."""
        run = self.office.running.runner.command
        await signs_in(self.office, "manager")
        await run(
            RestrictReferral(self.referral_id, frozenset({"manager"}), "A colleague's child.", "manager")
        )
        await run(BreakGlass(self.referral_id, "The mother is on the telephone.", "team"))


@pytest.fixture
async def place(database: Callable[..., Awaitable[Any]], browser: Browser) -> AsyncIterator[Place]:
    service = build(settings())
    running = Running(service, await database(service.migrations))
    assert isinstance(running.clock, SteppedClock)
    office = Office(running)
    reference = await office.refer(form())
    id = await running.pool.fetchval("SELECT id FROM referral WHERE reference = $1", reference)
    async with served(make_web(running)) as url:
        yield Place(office, url, browser, reference, id)


PAGES = {
    "manager": (
        "/staff",
        "/staff?left=true",
        "/staff/new",
        "/staff/new?role=team-member",
        "/staff/new?role=send-officer",
        "/staff/new?role=chair",
        "/staff/team",
        "/staff/team/role?role=outreach-coordinator",
        "/staff/team/end-role?role=team-member&scope=communication-autism",
        "/staff/team/details",
        "/staff/team/leave",
        "/staff/team/cover",
        "/restricted",
        "/restricted/{0}",
        "/restricted/glass",
        "/access-log",
        "/access-log/{0}?of=child",
    ),
    "headteacher": ("/staff", "/staff/new?role=school-user", "/tokens", "/tokens/new", "/glass/{0}"),
    "administrator": ("/staff/new?role=administrator", "/tokens/new"),
}


@pytest.mark.parametrize("way", ["desk", "phone"])
async def test_axe_finds_nothing_on_any_page(place: Place, way: str) -> None:
    await signs_in(place.office, "team")
    await place.restrict()
    javascript, size = WAYS[way]
    for name, paths in PAGES.items():
        async with opened(place.browser, javascript=javascript, size=size) as page:
            await place.enter(page, name)
            for path in paths:
                answer = await page.goto(place.url + path.format(place.reference))
                assert answer is not None
                assert answer.status == 200, path
                await assert_accessible(page)
                await shot(page, f"staff-{way}{path.split('?')[0].replace('/', '-')}".replace("{0}", "x"))


@pytest.mark.parametrize("path", ["/staff/new?role=team-member", "/staff/team/leave", "/staff/team/cover"])
async def test_axe_finds_nothing_on_a_form_that_comes_back(place: Place, path: str) -> None:
    async with opened(place.browser, size=PHONE) as page:
        await place.enter(page, "manager")
        await signs_in(place.office, "team")
        await page.goto(place.url + path)
        await page.locator("main button[type=submit]").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await assert_accessible(page)
        await page.locator(".govuk-error-summary a").first.click()
        assert await page.evaluate("document.activeElement.tagName") in ("INPUT", "SELECT", "TEXTAREA")


@pytest.mark.parametrize("way", WAYS)
async def test_somebody_starts_and_leaves(place: Place, way: str) -> None:
    javascript, size = WAYS[way]
    async with opened(place.browser, javascript=javascript, size=size) as page:
        await place.enter(page, "manager")
        await page.goto(f"{place.url}/staff")
        await page.get_by_role("button", name="Somebody starts").click()
        await page.get_by_label("Member of an advisory team").check()
        await page.get_by_role("button", name="Continue").click()
        await page.get_by_label("Name", exact=True).fill("Noor Castell")
        await page.get_by_label("Work e-mail address").fill("noor@council.example")
        await page.get_by_label("Account").fill("idp|noor")
        await page.locator("input[name=scope]").first.check()
        await page.get_by_role("button", name="Let them start").click()
        await expect(page.get_by_role("heading", name="Noor Castell")).to_be_visible()
        await page.get_by_role("link", name="They leave").click()
        await page.get_by_label("At once").check()
        await page.get_by_role("button", name="Confirm that they leave").click()
        await expect(page.get_by_role("heading", name="People and roles")).to_be_visible()
        await expect(page.get_by_role("link", name="Noor Castell")).to_have_count(0)
        await page.go_back()
        await page.reload()
        assert "Noor" in await page.content()


async def test_a_headteacher_makes_a_token_and_a_reload_shows_it_no_more(place: Place) -> None:
    async with opened(place.browser, javascript=False) as page:
        await place.enter(page, "headteacher")
        await page.goto(f"{place.url}/tokens/new")
        await page.get_by_label("Which system will use it?").fill("Arbor")
        await page.get_by_label("Sending referrals").check()
        await page.get_by_role("button", name="Make the token").click()
        await expect(page.get_by_text("fp_")).to_be_visible()
        await assert_accessible_without_scripts(page)
        await page.reload()
        await expect(page.get_by_text("shown only once")).to_be_visible()
        assert await place.office.pool.fetchval("SELECT count(*) FROM api_token") == 1


async def assert_accessible_without_scripts(page: Page) -> None:
    """What can be said without running axe: one heading of the first level, and every field has a label."""
    assert await page.locator("h1").count() == 1


async def test_a_restricted_case_asks_for_a_reason_and_opens(place: Place) -> None:
    await place.restrict()
    async with opened(place.browser, size=PHONE) as page:
        await place.enter(page, "headteacher")
        await page.goto(f"{place.url}/referrals/{place.reference}")
        await expect(page.get_by_role("heading", name="This case is restricted")).to_be_visible()
        await page.get_by_label("Why do you have to see it now?").fill("The family is in my office.")
        await page.get_by_role("button", name="Open it for me").click()
        await expect(page.get_by_text("Wilf").first).to_be_visible()
