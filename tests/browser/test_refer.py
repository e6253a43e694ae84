"""The referral form in a real browser: filled in from the first page to the last, with and without JavaScript."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from services.referrals.domain import asking
from services.referrals.scanning import Scanner
from services.referrals.vault import Vault
from tests.referrals.builders import NOW, form
from tests.referrals.conftest import RINGS
from tests.referrals.referring import PDF
from tests.referrals.signed_in import Site, site
from tests.support.axe import assert_accessible
from tests.support.browser import DESK, PHONE, opened, served, shot
from tests.support.clamd import EICAR, fake_clamd
from tests.support.filling import fill, save, walk, walk_page

WAYS = {"desk": (True, DESK), "no-script": (False, DESK), "phone": (True, PHONE)}


@dataclass
class School:
    """A SENCo's browser at the service."""

    it: Site
    page: Page
    url: str

    async def begins(self) -> str:
        """Begins a form; answers its address."""
        await self.page.goto(f"{self.url}/refer")
        await self.page.get_by_role("button", name="Start a new referral").click()
        await self.page.wait_for_url("**/you")
        return self.page.url.rsplit("/", 1)[0]

    async def continues(self) -> None:
        """Presses the main button of a page."""
        await save(self.page)


@pytest.fixture
def schools(database: Callable[..., Awaitable[Any]], browser: Browser, tmp_path: Path) -> Callable[..., Any]:
    """Opens a SENCo's browser."""

    @asynccontextmanager
    async def open(way: str = "desk", who: str = "senco") -> AsyncIterator[School]:
        it = await site(database, evidence_store=(tmp_path / "e").as_uri(), evidence_mb=1, keyrings=RINGS)
        javascript, size = WAYS[way]
        async with served(it.web) as url, opened(browser, javascript=javascript, size=size) as page:
            await signed_in(it, page, url, who)
            yield School(it, page, url)

    return open


async def signed_in(it: Site, page: Page, url: str, who: str) -> None:
    """Gives a browser the session of somebody."""
    cookies = (await it.held(who)).cookies
    given: Any = [{"name": name, "value": value, "url": url} for name, value in cookies.items()]
    await page.context.add_cookies(given)


async def looked_at(page: Page, name: str) -> None:
    """axe finds nothing, and there is a picture for whoever wants one."""
    await assert_accessible(page)
    await shot(page, f"refer-{name}")


WHOLE = form(
    child__looked_after=True,
    child__born="2009-12-01",
    care={"social_worker": "Ade Thorne", "not_to_be_told": ["Perry Hazelden"]},
    views={"parents_say": "We are glad of help.", "child_says": "I like art.", "young_person_asked": True},
)


@pytest.mark.parametrize("way", WAYS)
async def test_a_senco_refers_from_the_first_page_to_the_reference(schools: Any, way: str) -> None:
    async with schools(way) as school:
        page = school.page
        await school.begins()
        await walk(page, WHOLE, NOW.date(), looked_at if way != "no-script" else None)
        await expect(page.get_by_text("Before you can send this")).to_have_count(0)
        if way != "no-script":
            await assert_accessible(page)
            await shot(page, f"refer-check-{way}")
        await page.get_by_role("button", name="Send the referral").click()
        await page.wait_for_url("**/sent")
        reference = await school.it.pool.fetchval("SELECT reference FROM referral")
        await expect(page.get_by_text(reference)).to_be_visible()
        if way != "no-script":
            await assert_accessible(page)
            await shot(page, f"refer-sent-{way}")


@pytest.mark.parametrize("way", ["desk", "phone"])
async def test_every_page_says_what_is_missing_and_stays_accessible(schools: Any, way: str) -> None:
    async with schools(way) as school:
        page, draft = school.page, await school.begins()
        await assert_accessible(page)
        for slug in (
            "you",
            "child",
            "upn",
            "needs",
            "provision",
            "looked-after",
            "asks-for",
            "words",
            "agreement",
        ):
            await page.goto(f"{draft}/{slug}")
            for box in await page.locator("main input[type=text], main input[type=email]").all():
                await box.fill("")
            await school.continues()
            await expect(page.get_by_role("alert")).to_be_visible()
            await assert_accessible(page)
            link = page.locator(".govuk-error-summary a").first
            target = await link.get_attribute("href")
            assert await page.locator(f"{target}").count() == 1, f"{slug}: {target} leads nowhere"
        for slug in ("tried/0", "contacts/0", "evidence/0"):
            await page.goto(f"{draft}/{slug}")
            await school.continues()
            await expect(page.get_by_role("alert")).to_be_visible()
            await assert_accessible(page)
        for path in ("", "/check", "/delete", "/contacts"):
            await page.goto(f"{draft}{path}")
            await assert_accessible(page)
        await page.goto(f"{school.url}/refer")
        await assert_accessible(page)


async def test_the_back_button_neither_loses_nor_doubles_anything(schools: Any) -> None:
    async with schools() as school:
        page = school.page
        await school.begins()
        await page.fill("#referrer-email", "senco@larkspur.example.org")
        await school.continues()
        await page.wait_for_url("**/child")
        await fill(page, asking.BY_SLUG["child"], WHOLE)
        await school.continues()
        await page.wait_for_url("**/upn")
        await page.go_back()
        await expect(page.locator("#child-given-name")).to_have_value("Wilf")
        await page.fill("#child-given-name", "Wilfred")
        await school.continues()
        await page.wait_for_url("**/upn")
        await fill(page, asking.BY_SLUG["upn"], WHOLE)
        await school.continues()
        rest = asking.applying(WHOLE, NOW.date())[3:]
        assert rest[0].slug == "needs"
        for on in rest:
            await walk_page(page, on, WHOLE)
        await page.get_by_role("button", name="Send the referral").click()
        await page.wait_for_url("**/sent")
        await page.go_back()
        await page.reload()
        await page.wait_for_url("**/sent")
        assert await school.it.pool.fetchval("SELECT count(*) FROM referral") == 1
        names = await school.it.pool.fetchval(
            "SELECT state -> 'details' ->> 'given_name' FROM person WHERE born IS NOT NULL"
        )
        assert names == "Wilfred"


async def test_a_double_click_on_send_makes_one_referral(schools: Any) -> None:
    async with schools("no-script") as school:
        await school.begins()
        await walk(school.page, WHOLE, NOW.date())
        await school.page.get_by_role("button", name="Send the referral").dblclick()
        await school.page.wait_for_url("**/sent")
        assert await school.it.pool.fetchval("SELECT count(*) FROM referral") == 1


async def test_a_colleague_s_save_is_shown_beside_one_s_own(schools: Any, browser: Browser) -> None:
    async with schools() as school:
        draft = await school.begins()
        await school.page.goto(f"{draft}/words")
        async with opened(browser) as other:
            await signed_in(school.it, other, school.url, "colleague")
            await other.goto(f"{draft}/words")
            await other.fill("#narrative", "What the colleague saw.")
            await other.get_by_role("button", name="Save and continue").click()
            await other.wait_for_url("**/tried")
        await school.page.fill("#narrative", "What I saw.")
        await school.continues()
        await expect(school.page.get_by_text("Sorrel Finch saved this page")).to_be_visible()
        await expect(school.page.get_by_text("What the colleague saw.")).to_be_visible()
        await expect(school.page.locator("#narrative")).to_have_value("What I saw.")
        await assert_accessible(school.page)
        await shot(school.page, "refer-colleague")
        await school.continues()
        await school.page.wait_for_url("**/tried")


@pytest.mark.parametrize("infected", [False, True])
async def test_a_file_goes_into_quarantine_and_out_again_or_not(
    schools: Any, tmp_path: Path, infected: bool
) -> None:
    async with schools() as school:
        page, draft = school.page, await school.begins()
        await page.goto(f"{draft}/evidence/0")
        await page.select_option("#kind", "report")
        await page.fill("#title", "Speech report")
        content = PDF + (EICAR if infected else b"")
        await page.set_input_files(
            "#file", {"name": "Speech report.pdf", "mimeType": "application/pdf", "buffer": content}
        )
        await school.continues()
        await page.wait_for_url("**/evidence")
        await expect(page.get_by_text("being checked for viruses")).to_be_visible()
        await assert_accessible(page)
        given: Any = school.it.running.settings
        vault = Vault.at(given.evidence_store, school.it.running.seals)
        async with fake_clamd() as clamd:
            await Scanner(school.it.running, vault, clamd.address).once()
        await page.reload()
        await assert_accessible(page)
        await shot(page, f"refer-evidence-{'infected' if infected else 'clean'}")
        if infected:
            await expect(page.get_by_text("A virus was found in it")).to_be_visible()
            return
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="Open the file").click()
        download = await downloading.value
        assert download.suggested_filename == "Speech report.pdf"
        assert Path(await download.path()).read_bytes() == PDF  # noqa: ASYNC240 (a small file of this test)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.pdf", b"", "The file is empty"),
        ("virus.exe", b"MZ", "must be a PDF"),
        ("renamed.pdf", b"MZ\x90\0" + bytes(20_000), "not what its name says"),
        ("huge.pdf", PDF * 60, "must not be larger than 1 MB"),
    ],
)
async def test_a_file_that_is_not_taken_is_explained(
    schools: Any, name: str, content: bytes, words: str
) -> None:
    async with schools() as school:
        page, draft = school.page, await school.begins()
        await page.goto(f"{draft}/evidence/0")
        await page.fill("#title", "Speech report")
        await page.set_input_files("#file", {"name": name, "mimeType": "application/pdf", "buffer": content})
        await school.continues()
        await expect(page.get_by_role("alert")).to_contain_text(words)
        await expect(page.locator("#title")).to_have_value("Speech report")
        await assert_accessible(page)


@pytest.mark.parametrize("way", WAYS)
async def test_a_page_that_is_typed_while_the_session_ends_is_not_lost(schools: Any, way: str) -> None:
    async with schools(way) as school:
        page, draft = school.page, await school.begins()
        await page.goto(f"{draft}/words")
        await page.get_by_role("textbox").first.fill("Robin finds changes of plan very hard.")
        await school.it.pool.execute("DELETE FROM staff_session")
        await school.continues()
        await expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
        assert "changes of plan" not in str(await school.it.pool.fetch("SELECT * FROM draft"))
        await signed_in(school.it, page, school.url, "senco")
        for _ in range(2):
            await page.get_by_role("button", name="Go on with what I wrote").click()
        await page.wait_for_url(f"{draft}/*")
        await page.goto(f"{draft}/words")
        await expect(page.get_by_role("textbox").first).to_have_value(
            "Robin finds changes of plan very hard."
        )
