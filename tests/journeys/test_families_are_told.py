"""What families get, walked in a browser: by real SMTP and GOV.UK Notify's stand-in, from a message to its page."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from deploy.demo import staff
from deploy.local import Stack
from deploy.local.notify import Notification, NotifyServer
from deploy.local.services import Town, start_services
from deploy.local.sign_in import start_provider
from tests.journeys.place import MONDAY, Place, accept
from tests.support.axe import assert_accessible
from tests.support.browser import PHONE, browser_or_not_tried, opened
from tests.support.mail import MailSink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
#: Kept for drama by Ofcom, each as people write it, and as it is dialled.
WRITTEN, DIALLED = "0044 7700 900123", "+447700900123"


@pytest.fixture(scope="module")
def running(stack: Stack) -> Iterator[tuple[Town, MailSink, NotifyServer]]:
    with (
        MailSink() as sink,
        NotifyServer() as notify,
        start_provider(staff.accounts()) as provider,
        start_services(
            stack,
            prefix=f"told{uuid4().hex[:8]}.",
            clock_start=MONDAY,
            smtp=sink.address,
            sign_in=provider,
            env={
                "notifications": {
                    **notify.settings("sms", "letter"),
                    "NOTIFICATIONS_DRAFT_TRANSLATIONS": "true",
                }
            },
        ) as town,
    ):
        staff.appoint(town)
        yield town, sink, notify


@pytest.fixture(scope="module")
async def place(running: tuple[Town, MailSink, NotifyServer]) -> AsyncIterator[Place]:
    town, sink, notify = running
    async with browser_or_not_tried() as browser:
        yield Place(town, sink, browser, notify=notify)


async def shows_that_it_is_her(place: Place, page: Page) -> None:
    """From the page that the link alone opens to all of it, by a code that comes as a text."""
    before = len(place.notify.sent)
    await page.get_by_role("link", name="Show that it is you").first.click()
    await page.get_by_role("button", name="Send it as a text to your phone").click()
    await expect(page.get_by_role("status")).to_contain_text("We have sent you a code.")
    [text] = place.notify.wait_for(before + 1, 30)[before:]
    assert text.to == DIALLED
    digits = re.search(r"[0-9]{6}", text.words["body"])
    assert digits is not None
    await assert_accessible(page)
    await page.get_by_label("The code of six digits").fill(digits[0])
    await page.get_by_role("button", name="Show me everything", exact=True).click()
    await expect(page.get_by_role("link", name="Show that it is you")).to_have_count(0)


async def test_from_the_mail_through_its_link_and_a_code_to_a_choice_that_the_next_message_honours(
    place: Place,
) -> None:
    form = place.form()
    form["adults"][0] |= {"phone": WRITTEN, "language": "en"}
    reference = place.refer(form)
    link = await place.told(reference, "referral.routed")
    async with opened(place.browser, size=PHONE) as page:
        await page.goto(link)
        await expect(page.get_by_text("Communication and Autism")).to_have_count(0)
        await shows_that_it_is_her(place, page)
        await expect(page.get_by_text("Communication and Autism").first).to_be_visible()
        await page.get_by_role("link", name="choose how and how often").click()
        await page.get_by_label("Text message").check()
        await page.get_by_label("In which language?").select_option("pl")
        await page.get_by_role("button", name="Keep these choices").click()
        await expect(page.get_by_role("status")).to_contain_text("Zapisaliśmy te ustawienia.")
        await assert_accessible(page)
    async with place.at_work("Joan Ferrers") as team:
        await place.open(team, reference)
        await accept(team)
    text = await place.sent(reference, number=2)  # the first was the code
    assert (text.to, text.words["body"].split()[0]) == (DIALLED, "Wniosek")
    place.became(text, "delivered")
    await place.told(reference, "referral.routed")


async def test_a_wrong_number_is_followed_by_a_mail_which_staff_and_the_school_can_see(place: Place) -> None:
    form = place.form()
    form["adults"][0] |= {"phone": "07700 900999", "channel": "text"}
    reference = place.refer(form)
    text = await place.sent(reference)
    place.became(text, "permanent-failure")
    await place.told(reference, "referral.routed")
    [mail] = [mail for mail in place.sink.mails if mail.reference == reference]
    assert mail.message_id == text.reference, "it is the same message"
    async with place.at_work("Vera Holt", service="notifications") as manager:
        await manager.goto(f"{place.town.notifications.url}/messages?reference={reference}")
        await manager.get_by_role("link", name="We have it, and who deals with it").click()
        tries = manager.get_by_role("listitem").filter(has_text="By ")
        await expect(tries).to_have_text(
            [re.compile("^By text message on .*: came back$"), re.compile("^By e-mail on .*: sent$")]
        )
    async with place.at_work("Sam Okafor") as school:
        await place.open(school, reference)
        told = school.get_by_role("listitem").filter(has_text="We have it, and who deals with it")
        await expect(told).to_contain_text("The mother, told")


async def test_a_parent_without_an_address_for_mails_and_a_number_gets_letters(place: Place) -> None:
    form = place.form()
    parent = form["adults"][0]
    del parent["email"]
    parent["address"] = "7 Bell Row, Ware, ZZ1 1ZZ"
    reference = place.refer(form)
    letter = await place.sent(reference, "letter")
    name = f"{parent['given_name']} {parent['family_name']}"
    assert letter.to.splitlines() == [name, "7 Bell Row", "Ware", "ZZ1 1ZZ"]
    assert form["child"]["given_name"] not in letter.words["body"]
    await opens_its_page(place, letter, reference)


async def opens_its_page(place: Place, letter: Notification, reference: str) -> None:
    async with opened(place.browser, size=PHONE) as page:
        await page.goto(next(word for word in letter.words["body"].split() if "/f/" in word))
        await expect(page.get_by_text(reference).first).to_be_visible()


async def test_a_young_person_without_an_address_whose_number_is_wrong_gets_a_letter(place: Place) -> None:
    form = place.form()
    form["child"] |= {
        "born": "2008-05-04",
        "phone": "07700 900998",
        "address": "3 Mill Lane, Hitchin, SG5 1AA",
    }
    form["adults"][0]["may_be_told"] = False
    reference = place.refer(form)
    place.became(await place.sent(reference), "permanent-failure")
    letter = await place.sent(reference, "letter")
    name = f"{form['child']['given_name']} {form['child']['family_name']}"
    assert letter.to.splitlines() == [name, "3 Mill Lane", "Hitchin", "SG5 1AA"]
    await opens_its_page(place, letter, reference)


async def test_a_young_person_is_told_from_the_end_of_compulsory_school_age_on(place: Place) -> None:
    form = place.form()
    own = "rowan@family.example"
    form["child"] |= {"born": "2010-01-20", "email": own}
    reference = place.refer(form)
    await place.told(reference, "referral.routed")
    await place.moves_on_to(datetime(2026, 6, 29, 9, tzinfo=UTC))
    async with place.at_work("Joan Ferrers") as team:
        await place.open(team, reference)
        await accept(team)
    mail = await place.mail_to(own, reference, "referral.accepted")
    async with opened(place.browser, size=PHONE) as page:
        await page.goto(next(word for word in mail.body.split() if "/f/" in word))
        await expect(page.get_by_text(reference).first).to_be_visible()
