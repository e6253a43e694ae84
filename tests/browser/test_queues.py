"""Queues, a referral's page and a school's page in a real browser: with and without JavaScript, on a phone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from chassis.clock import SteppedClock
from chassis.service import Running
from chassis.web.hosting import make_web
from services.referrals.app import build
from services.referrals.domain.commands import (
    AcceptReferral,
    AgreedAction,
    ArrangeVisit,
    AskForInformation,
    ConcludeReferral,
)
from tests.referrals.builders import TODAY, form, upn_of
from tests.referrals.conftest import Office, settings
from tests.referrals.people import Colleague, joins
from tests.support.axe import assert_accessible
from tests.support.browser import DESK, PHONE, opened, served, shot

TEAM = "communication-autism"
ACTS = ("accept", "assign", "ask", "return", "step", "close")
WAYS = {"desk": (True, DESK), "no-script": (False, DESK), "phone": (True, PHONE)}
#: axe is a script itself: without scripts it cannot look, and the pages are the same.
SCRIPTED = ("desk", "phone")
AFTER_TODAY = TODAY + timedelta(days=7)


@dataclass
class Place:
    """The service where people look at it: its address, and two of a team and a SENCo who work there."""

    office: Office
    url: str
    browser: Browser
    ada: Colleague
    bo: Colleague
    sam: Colleague

    @asynccontextmanager
    async def page(self, person: Colleague, way: str = "desk") -> AsyncIterator[Page]:
        """A browser of its own in which this person has signed in."""
        javascript, size = WAYS[way]
        async with opened(self.browser, javascript=javascript, size=size) as page:
            cookies: Any = [
                {"name": name, "value": value, "url": self.url} for name, value in person.held.cookies.items()
            ]
            await page.context.add_cookies(cookies)
            yield page

    async def refer(self, number: int = 1) -> list[str]:
        """Referrals to the team; their references."""
        return [await self.office.refer(form(child__upn=upn_of(n))) for n in range(number)]

    async def do(self, kind: Any, reference: str, *given: Any) -> None:
        """Something is done by a program."""
        id = await self.office.pool.fetchval("SELECT id FROM referral WHERE reference = $1", reference)
        await self.office.running.runner.command(kind(id, *given, by="a program"))


@pytest.fixture
async def place(database: Callable[..., Awaitable[Any]], browser: Browser) -> AsyncIterator[Place]:
    """The service with a team and a school."""
    service = build(settings())
    running = Running(service, await database(service.migrations))
    office = Office(running)
    people = [
        await joins(office, "Ada", ("team-member", TEAM)),
        await joins(office, "Bo", ("team-member", TEAM)),
        await joins(office, "Sam", ("school-user", "900001"), ("headteacher", "900001")),
    ]
    async with served(make_web(running)) as url:
        yield Place(office, url, browser, *people)
        running.stopping.set()


@pytest.mark.parametrize("way", SCRIPTED)
async def test_axe_finds_nothing_wrong_with_a_queue(place: Place, way: str) -> None:
    async with place.page(place.ada, way) as page:
        await page.goto(f"{place.url}/queue")
        await expect(page.get_by_text("Nothing new")).to_be_visible()
        await assert_accessible(page)
        await place.refer(3)
        for query in ("", "?tab=overdue", "?q=larkspur&need=ASD", "?tab=completed&sort=newest"):
            await page.goto(f"{place.url}/queue{query}")
            await assert_accessible(page)
        await page.goto(f"{place.url}/queue")
        await shot(page, f"queue-{way}")
        await page.get_by_role("button", name="Give", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("Choose at least one referral.")
        await assert_accessible(page)


@pytest.mark.parametrize("way", SCRIPTED)
async def test_axe_finds_nothing_wrong_with_a_referral_and_each_of_its_forms(place: Place, way: str) -> None:
    (reference,) = await place.refer()
    async with place.page(place.ada, way) as page:
        await page.goto(f"{place.url}/referrals/{reference}")
        await assert_accessible(page)
        await shot(page, f"referral-{way}")
        for act in ACTS:
            await page.goto(f"{place.url}/referrals/{reference}/{act}")
            await assert_accessible(page)
            await shot(page, f"{act}-{way}")
        await page.goto(f"{place.url}/referrals/{reference}/return")
        await page.get_by_role("button", name="Return it").click()
        await expect(page.get_by_role("alert")).to_contain_text("Choose why it goes back to the school.")
        await assert_accessible(page)
        await shot(page, f"return-wrong-{way}")


async def test_axe_finds_nothing_wrong_with_the_forms_of_later_steps(place: Place) -> None:
    (reference,) = await place.refer()
    await place.do(AcceptReferral, reference)
    await place.do(ArrangeVisit, reference, "v1", "outreach-visit", AFTER_TODAY, "Ada meets Ms Reed")
    async with place.page(place.ada) as page:
        for act in ("visit", "visit-done", "outcome"):
            await page.goto(f"{place.url}/referrals/{reference}/{act}")
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
            await assert_accessible(page)
        action = AgreedAction("A timetable", "The class teacher", AFTER_TODAY)
        review = TODAY + timedelta(days=60)
        await place.do(ConcludeReferral, reference, "strategies-agreed", review, "Go on.", (action,))
        for act in ("review", "reopen", ""):
            await page.goto(f"{place.url}/referrals/{reference}/{act}".rstrip("/"))
            await assert_accessible(page)
        await shot(page, "referral-concluded")


@pytest.mark.parametrize("way", SCRIPTED)
async def test_axe_finds_nothing_wrong_with_a_school_s_page_and_forms(place: Place, way: str) -> None:
    refs = await place.refer(3)
    await place.do(AskForInformation, refs[0], "Which class?", AFTER_TODAY)
    clock = place.office.running.clock
    assert isinstance(clock, SteppedClock)
    async with place.page(place.sam, way) as page:
        await page.goto(f"{place.url}/school")
        await expect(page.get_by_role("link", name="Answer the question").first).to_be_visible()
        await assert_accessible(page)
        await shot(page, f"school-{way}")
        for act in ("answer", "amend", "withdraw"):
            await page.goto(f"{place.url}/referrals/{refs[0]}/{act}")
            await assert_accessible(page)
        clock._now += timedelta(days=9)
        await page.goto(f"{place.url}/school")
        await expect(page.get_by_role("heading", name="Left unanswered")).to_be_visible()
        await assert_accessible(page)


@pytest.mark.parametrize("way", WAYS)
async def test_a_referral_is_returned_with_advice_amended_answered_and_accepted(
    place: Place, way: str
) -> None:
    (reference,) = await place.refer()
    async with place.page(place.ada, way) as team, place.page(place.sam, way) as school:
        await team.goto(f"{place.url}/queue")
        await team.get_by_role("link", name=reference).click()
        await team.get_by_role("link", name="Return it with advice").click()
        await team.get_by_label("Because more evidence of what has been tried is needed").check()
        await team.get_by_label("Your advice").fill("Try a visual timetable for six weeks.")
        await team.get_by_role("button", name="Return it").click()
        await expect(team.get_by_role("alert")).to_contain_text("The referral is back with the school")
        await expect(team.get_by_text("The clock stands still since")).to_be_visible()
        if way in SCRIPTED:
            await assert_accessible(team)

        await school.goto(f"{place.url}/school")
        await school.get_by_role("link", name="Read the advice and answer").first.click()
        await expect(school.get_by_text("Try a visual timetable for six weeks.")).to_be_visible()
        await school.goto(f"{place.url}/referrals/{reference}/amend")
        await school.get_by_label("What is it about?").fill("It helps a little by now.")
        await school.get_by_label("Why do you change it?").fill("New events.")
        await school.get_by_role("button", name="Send the change").click()
        await expect(school.get_by_role("alert")).to_contain_text("The change has been sent.")

        await team.goto(f"{place.url}/referrals/{reference}")
        await expect(team.get_by_text("It helps a little by now.")).to_be_visible()
        if await team.get_by_role("link", name="Take the referral on").count() == 0:
            await school.goto(f"{place.url}/referrals/{reference}/answer")
            await school.get_by_label("Your answer").fill("We did.")
            await school.get_by_role("button", name="Send the answer").click()
            await team.reload()
        await team.get_by_role("link", name="Take the referral on").click()
        await team.get_by_role("button", name="Take it on").click()
        await expect(team.get_by_role("alert")).to_contain_text("You have taken the referral on.")


@pytest.mark.parametrize("way", WAYS)
async def test_of_two_at_once_the_second_is_told_and_loses_nothing(place: Place, way: str) -> None:
    (reference,) = await place.refer()
    async with place.page(place.ada, way) as ada, place.page(place.bo, way) as bo:
        await bo.goto(f"{place.url}/referrals/{reference}/return")
        await bo.get_by_label("With advice to put in place first").check()
        await bo.get_by_label("Your advice").fill("My careful advice.")
        await ada.goto(f"{place.url}/referrals/{reference}/accept")
        await ada.get_by_role("button", name="Take it on").click()
        await expect(ada.get_by_role("alert")).to_contain_text("You have taken the referral on.")
        await bo.get_by_role("button", name="Return it").click()
        await expect(bo.get_by_role("alert")).to_contain_text("Ada, 4 March 2026")
        await expect(bo.get_by_label("Your advice")).to_have_value("My careful advice.")
        await expect(bo.get_by_label("With advice to put in place first")).to_be_checked()
        if way in SCRIPTED:
            await assert_accessible(bo)
        await shot(bo, f"conflict-{way}")
        await bo.get_by_role("button", name="Return it").click()
        await expect(bo.get_by_role("alert")).to_contain_text("The referral is back with the school")


async def test_the_back_button_neither_breaks_nor_doubles_anything(place: Place) -> None:
    (reference,) = await place.refer()
    async with place.page(place.ada, "no-script") as page:
        await page.goto(f"{place.url}/referrals/{reference}/accept")
        await page.get_by_role("button", name="Take it on").click()
        await expect(page.get_by_role("alert")).to_contain_text("You have taken the referral on.")
        await page.go_back()
        await expect(page.get_by_text("That cannot be done with this referral as it is now.")).to_be_visible()
        said = await place.office.said()
        assert said.count("referral.accepted.v1") == 1


@pytest.mark.parametrize("way", WAYS)
async def test_many_are_given_at_once(place: Place, way: str) -> None:
    refs = await place.refer(3)
    async with place.page(place.ada, way) as page:
        await page.goto(f"{place.url}/queue?tab=unassigned")
        for reference in refs[:2]:
            await page.get_by_label(f"Choose {reference}").check()
        await page.get_by_label("Give the chosen referrals to").select_option(place.bo.id)
        await page.get_by_role("button", name="Give", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("2 referrals given.")
        await expect(page.get_by_role("link", name="Unassigned")).to_contain_text("1")


async def test_counts_follow_what_happens_while_the_page_is_open(place: Place) -> None:
    async with place.page(place.ada) as page:
        await page.goto(f"{place.url}/queue")
        new = page.locator('[data-live="queue"][data-count="new"]')
        await expect(new).to_have_text("0")
        await place.refer(2)
        await expect(new).to_have_text("2")
