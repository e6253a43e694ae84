"""Whole journeys by real pages: signing in at a provider, three services, Kafka, and what the family gets by mail.

Each is walked with scripts and without.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from playwright.async_api import Page, expect

from deploy.demo import staff
from deploy.local import Stack
from deploy.local.clamav import clamd_beside
from deploy.local.services import Town, start_services
from deploy.local.sign_in import start_provider
from tests.journeys.place import MONDAY, SECONDS, Place, accept
from tests.support.browser import browser_or_not_tried, opened
from tests.support.filling import save, walk
from tests.support.forms import Form
from tests.support.mail import MailSink
from tests.support.missing import not_tried

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PDF = b"%PDF-1.7\n" + b"What the speech therapist saw. " * 2000


@pytest.fixture(scope="module")
def running(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Town, MailSink, list[str]]]:
    folder, said = tmp_path_factory.mktemp("journeys"), list[str]()
    with (
        MailSink() as sink,
        clamd_beside(folder / "clamd", said.append) as clamd,
        start_provider(staff.accounts()) as provider,
        start_services(
            stack,
            prefix=f"walk{uuid4().hex[:8]}.",
            clock_start=MONDAY,
            smtp=sink.address,
            sign_in=provider,
            clamd=clamd,
        ) as town,
    ):
        staff.appoint(town)
        yield town, sink, said


@pytest.fixture(scope="module")
async def place(running: tuple[Town, MailSink, list[str]]) -> AsyncIterator[Place]:
    town, sink, unscanned = running
    async with browser_or_not_tried() as browser:
        yield Place(town, sink, browser, unscanned)


both_ways = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-script"])


@both_ways
async def test_a_senco_refers_by_form_with_evidence_and_the_family_reads_of_it(
    place: Place, scripts: bool
) -> None:
    form = place.form()
    form["child"]["looked_after"] = False  # the pages ask
    async with place.at_work("Sam Okafor", scripts) as school:
        reference = await refers(place, school, form)
    link = await place.told(reference, "referral.routed")
    async with opened(place.browser, javascript=scripts) as family:
        await family.goto(link)
        await expect(family.get_by_text(reference).first).to_be_visible()
        await expect(family.get_by_text("Communication and Autism")).to_have_count(0)  # a code shows the name
    async with place.at_work("Joan Ferrers", scripts) as team:
        await place.open(team, reference)
        assert await opens_the_evidence(place, team) == PDF


async def refers(place: Place, page: Page, form: Form) -> str:
    """Evidence first, then page after page, and sent; the reference."""
    await page.goto(f"{place.town.referrals.url}/refer")
    await page.get_by_role("button", name="Start a new referral").click()
    await page.wait_for_url("**/you")
    draft = page.url.rsplit("/", 1)[0]
    await page.goto(f"{draft}/evidence/0")
    await page.select_option("#kind", "report")
    await page.fill("#title", "Speech report")
    file: Any = {"name": "Speech report.pdf", "mimeType": "application/pdf", "buffer": PDF}
    await page.set_input_files("#file", file)
    await save(page)
    await page.wait_for_url("**/evidence")
    await page.goto(f"{draft}/you")
    await walk(page, form, MONDAY.date())
    await page.get_by_role("button", name="Send the referral").click()
    await page.wait_for_url("**/sent")
    return await page.locator(".govuk-panel strong").inner_text()


async def opens_the_evidence(place: Place, page: Page) -> bytes:
    """The file, once the scanner has looked at it. Where there can be none, that is said."""
    end = monotonic() + SECONDS
    while not await page.get_by_role("link", name="Speech report").count():
        if place.unscanned:
            not_tried(place.unscanned[0])
        assert monotonic() < end, "the file is in quarantine still"
        await page.reload()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Speech report").click()
    return Path(await (await downloading.value).path()).read_bytes()  # noqa: ASYNC240 (a small file)


@both_ways
async def test_a_return_with_advice_is_amended_and_accepted_and_the_family_hears_each_step_once(
    place: Place, scripts: bool
) -> None:
    reference = place.refer(place.form())
    async with (
        place.at_work("Joan Ferrers", scripts) as team,
        place.at_work("Sam Okafor", scripts) as school,
    ):
        await place.open(team, reference)
        await team.get_by_role("link", name="Return it with advice").click()
        await team.get_by_label("Because more evidence of what has been tried is needed").check()
        await team.get_by_label("Your advice").fill("Try a visual timetable for six weeks.")
        await team.get_by_role("button", name="Return it").click()
        await expect(team.get_by_role("alert")).to_contain_text("back with the school")

        await place.open(school, reference)
        await expect(school.get_by_text("Try a visual timetable for six weeks.").first).to_be_visible()
        await school.get_by_role("link", name="Change the referral").click()
        await school.get_by_label("What is it about?").fill("It helps a little by now.")
        await school.get_by_label("Why do you change it?").fill("The advice was put into practice.")
        await school.get_by_role("button", name="Send the change").click()
        await expect(school.get_by_role("alert")).to_contain_text("The change has been sent.")

        await team.goto(f"{place.town.referrals.url}/queue")
        await place.open(team, reference)
        await expect(team.get_by_text("It helps a little by now.")).to_be_visible()
        await accept(team)
    await place.told(reference, "referral.routed", "referral.returned", "referral.accepted")


@both_ways
async def test_outreach_steps_up_to_the_panel_which_has_everything_that_is_known(
    place: Place, scripts: bool
) -> None:
    form = place.form(asks_for="outreach")
    reference = place.refer(form)
    async with place.at_work("Alan Pryce", scripts) as outreach:
        await place.open(outreach, reference)
        await accept(outreach)
        await outreach.get_by_role("link", name="Step up or down").click()
        await outreach.get_by_label("Up: more support than this team gives").check()
        await outreach.get_by_label("Specialist provision, by a panel").check()
        await outreach.get_by_label("Why?", exact=True).fill("Outreach alone does not meet the need.")
        await outreach.get_by_label("A special school", exact=True).check()
        await outreach.get_by_role("button", name="Send it on").click()
        await expect(outreach.get_by_role("alert")).to_contain_text("The referral goes on")
        following = await linked(outreach, reference)
    case = at_the_panel(place, following)
    child = form["child"]
    assert case["child"] == {"given_name": child["given_name"], "family_name": child["family_name"]}
    assert (case["narrative"], case["need"]) == (form["narrative"], child["primary_need"])
    assert (case["provision"], case["school"]["name"]) == ("special-school", "Larkspur Primary School")
    await place.told(reference, "referral.routed", "referral.accepted", "referral.stepped")
    await place.told(following, "referral.routed")


async def linked(page: Page, reference: str) -> str:
    """The reference of the referral that this one goes on as."""
    links = await page.locator("main .govuk-inset-text a").all_inner_texts()
    return next(each for each in links if each != reference)


def at_the_panel(place: Place, reference: str) -> dict[str, Any]:
    """The case of a referral, once the panels service knows everything of it."""
    url, headers, end = place.town.panels.url, place.town.headers("officer"), monotonic() + SECONDS
    while monotonic() < end:
        cases = httpx2.get(f"{url}/api/cases?limit=200", headers=headers, timeout=30).json()["cases"]
        for case in cases:
            if case["reference"] == reference:
                whole = httpx2.get(f"{url}/api/cases/{case['case_id']}", headers=headers, timeout=30).json()
                if whole["child"] and whole["narrative"] and whole["school"]:
                    return dict(whole)
    raise AssertionError(f"panels has no case for {reference} with everything known")


@both_ways
async def test_of_two_members_at_once_the_second_is_told_and_nothing_is_overwritten(
    place: Place, scripts: bool
) -> None:
    reference = place.refer(place.form())
    async with (
        place.at_work("Joan Ferrers", scripts) as joan,
        place.at_work("Piotr Lange", scripts) as piotr,
    ):
        await place.open(piotr, reference)
        await piotr.get_by_role("link", name="Return it with advice").click()
        await piotr.get_by_label("With advice to put in place first").check()
        await piotr.get_by_label("Your advice").fill("My careful advice.")
        await place.open(joan, reference)
        await accept(joan)
        await piotr.get_by_role("button", name="Return it").click()
        await expect(piotr.get_by_role("alert")).to_contain_text("Joan Ferrers")
        await expect(piotr.get_by_label("Your advice")).to_have_value("My careful advice.")
        await place.open(joan, reference)
        await expect(joan.get_by_text("My careful advice.")).to_have_count(0)
    await place.told(reference, "referral.routed", "referral.accepted")
