"""Where journeys are walked: the services, those who carry messages, and browsers for whoever works or waits there."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from time import monotonic
from typing import Any

import httpx2
from playwright.async_api import Browser, Page, expect

from deploy.demo.clock import TownClock
from deploy.local.notify import Kind, Notification, NotifyServer
from deploy.local.services import Town
from tests.support.browser import opened
from tests.support.forms import Form, a_form
from tests.support.mail import Mail, MailSink

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LARKSPUR = "900001"
SECONDS = 60.0
_numbers = count(1)


@dataclass
class Place:
    """The services, the mail server, and a browser for everybody who works there; why nothing is scanned, if so.

    ``notify`` takes texts and letters, where these go out.
    """

    town: Town
    sink: MailSink
    browser: Browser
    unscanned: list[str] = field(default_factory=list)
    notify: NotifyServer = field(default_factory=NotifyServer)

    @asynccontextmanager
    async def at_work(
        self, name: str, scripts: bool = False, service: str = "referrals"
    ) -> AsyncIterator[Page]:
        """A browser in which this person of the demo's list has signed in at the provider."""
        url = self.town.services[service].url
        async with opened(self.browser, javascript=scripts) as page:
            await page.goto(f"{url}/sign-in")
            await page.get_by_role("button", name="Sign in").click()
            await page.get_by_role("button", name=name).click()
            await page.wait_for_url(f"{url}/**")
            yield page

    def form(self, **changes: Any) -> Form:
        """A form of Larkspur Primary, for another child each time."""
        return a_form(next(_numbers), MONDAY.date(), urn=LARKSPUR, **changes)

    def refer(self, form: Form) -> str:
        """A referral by a school's program; its reference."""
        headers = self.town.headers("school")
        taken = httpx2.post(
            f"{self.town.referrals.url}/api/referrals", json=form, headers=headers, timeout=30
        )
        assert taken.status_code == 202, taken.text
        return str(taken.json()["reference"])

    async def open(self, page: Page, reference: str) -> None:
        """The page of a referral."""
        await page.goto(f"{self.town.referrals.url}/referrals/{reference}")

    async def told(self, reference: str, *facts: str) -> str:
        """Waits until the family has these mails about a referral, each once and no other; the link of the last."""
        mails: list[Mail] = []
        end = monotonic() + SECONDS
        while len(mails) < len(facts):
            assert monotonic() < end, f"the family has {[mail.fact for mail in mails]} only"
            await asyncio.sleep(0.02)
            mails = [mail for mail in self.sink.mails if mail.reference == reference]
        assert Counter(mail.fact for mail in mails) == Counter(facts)
        return next(word for word in mails[-1].body.split() if "/f/" in word)

    async def sent(self, reference: str, kind: Kind = "sms", number: int = 1) -> Notification:
        """The text (or letter) about a referral that came as this ``number``, once it is there."""
        end = monotonic() + SECONDS
        while True:
            found = [one for one in self.notify.sent if one.kind == kind and reference in one.words["body"]]
            if len(found) >= number:
                return found[number - 1]
            assert monotonic() < end, f"only {len(found)} of {number} came by {kind}"
            await asyncio.sleep(0.05)

    async def mail_to(self, address: str, reference: str, fact: str) -> Mail:
        """The one mail that told this address of this fact of a referral, once it is there."""
        asked, end = (address, reference, fact), monotonic() + SECONDS
        while True:
            found = [m for m in self.sink.mails if (m.recipient, m.reference, m.fact) == asked]
            if found:
                [mail] = found
                return mail
            assert monotonic() < end, f"nothing came to {address}"
            await asyncio.sleep(0.05)

    async def moves_on_to(self, moment: datetime) -> None:
        """All business clocks stand at this moment, and what falls due by then is done."""
        async with httpx2.AsyncClient(timeout=60) as client:
            clock = TownClock(self.town, client, MONDAY)
            await clock.step(moment)
            await clock.idle()

    def became(self, one: Notification, status: str) -> None:
        """GOV.UK Notify says by callback what became of this one."""
        one.status = status
        url = f"{self.town.notifications.url}/api/receipts/notify"
        assert self.notify.call_back(one, url, self.town.tokens["notify"]) == [204]


async def accept(page: Page) -> None:
    """The team takes on the referral whose page is open."""
    await page.get_by_role("link", name="Take the referral on").click()
    await page.get_by_role("button", name="Take it on").click()
    await expect(page.get_by_role("alert")).to_contain_text("You have taken the referral on.")
