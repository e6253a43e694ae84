"""Signing in, out, and where one is signed in, in a real browser with a real provider, and by axe."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import pytest
from fastapi import APIRouter, Depends, Request, Response
from playwright.async_api import Browser, Page, expect
from starlette.types import Receive, Scope, Send

from chassis.handlers import Handlers
from chassis.service import Running, Service
from chassis.settings import ServiceSettings
from chassis.web.forms import Posted
from chassis.web.hosting import make_web
from chassis.web.look import Look
from chassis.web.people import Person, signed_in
from deploy.local.sign_in import Account, SignInProvider, start_provider
from tests.chassis.test_people import KIM, SAM, Staff, policy
from tests.support.axe import assert_accessible, findings
from tests.support.browser import DESK, PHONE, opened, served, shot

Anybody = Annotated[Person, Depends(signed_in(None))]
Database = Callable[..., Awaitable[asyncpg.Pool]]
KINDS = [(True, DESK), (False, PHONE)]


@pytest.fixture(scope="module")
def provider() -> Iterator[SignInProvider]:
    accounts = [Account("sub-s1", "Sam Okafor", "baker"), Account("sub-x", "A stranger")]
    with start_provider(accounts) as running:
        yield running


@pytest.fixture
async def pool(database: Database) -> asyncpg.Pool:
    return await database()


@pytest.fixture
async def site(pool: asyncpg.Pool, provider: SignInProvider, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a service with people; its public address is known only once it listens."""
    held: dict[str, Any] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await held["app"](scope, receive, send)

    async with served(app) as url:
        held["app"] = make_web(Running(_service(url, provider, tmp_path), pool), "web")
        yield url


def _service(url: str, provider: SignInProvider, folder: Path) -> Service:
    known = {name.removeprefix("BAKERY_").lower(): v for name, v in provider.settings("bakery").items()}
    given = {"profile": "test", "database": "postgresql://x@y/z", "kafka": ["127.0.0.1:9"], "public_url": url}
    return Service(
        name="bakery",
        settings=ServiceSettings.model_validate(given | known),
        handlers=Handlers(),
        repositories=(),
        hears=(),
        says=(),
        migrations=Path("none"),
        router=lambda running: _notes(running, folder),
        staff=lambda _: Staff(SAM, KIM),
        policy=policy,
    )


NOTE = """{% extends "layout.html" %}
{% block title %}Note{% endblock %}
{% block content %}
<h1 class="govuk-heading-l">Note</h1>
{% if words %}<p class="govuk-body">{{ person.name }} wrote: {{ words }}</p>{% endif %}
<form method="post" novalidate>
  {{ csrf_field() }}
  {{ govukTextarea({"name": "words", "id": "words", "label": {"text": "Words"}}) }}
  {{ govukButton({"text": "Save"}) }}
</form>
{% endblock %}"""


def _notes(running: Running, folder: Path) -> APIRouter:
    """A page to write on."""
    (folder / "note.html").write_text(NOTE, encoding="utf-8")
    look, routes = Look.of(running, folder), APIRouter()

    @routes.get("/note")
    async def note(request: Request, person: Anybody) -> Response:
        return look.page("note.html", request, person=person)

    @routes.post("/note")
    async def save(request: Request, person: Anybody, form: Posted) -> Response:
        return look.page("note.html", request, person=person, words=form.get("words"))

    return routes


async def choose(page: Page, site: str, who: str, to: str = "/sessions") -> None:
    """Signs in as one of the provider's list."""
    await page.goto(f"{site}/sign-in?to={to}")
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name=who).click()


@pytest.mark.parametrize(("javascript", "size"), KINDS)
async def test_one_signs_in_sees_where_and_signs_out(
    browser: Browser, site: str, javascript: bool, size: tuple[int, int]
) -> None:
    async with opened(browser, javascript=javascript, size=size) as page:
        await page.goto(f"{site}/sessions")
        await expect(page, "whoever has not signed in is sent to").to_have_url(
            f"{site}/sign-in?to=%2Fsessions"
        )
        await assert_accessible_anyway(page, javascript)
        await shot(page, f"sign-in-{size[0]}")
        await page.get_by_role("button", name="Sign in").click()
        await assert_accessible_anyway(page, javascript)
        await page.get_by_role("button", name="Sam Okafor").click()
        await expect(page).to_have_url(f"{site}/sessions")
        await expect(page.get_by_text("This browser")).to_be_visible()
        await assert_accessible_anyway(page, javascript)
        await shot(page, f"sessions-{size[0]}")
        await page.get_by_role("button", name="Sign out", exact=True).click()
        await expect(page).to_have_url(f"{site}/signed-out")
        await assert_accessible_anyway(page, javascript)
        await page.go_back()
        await page.reload()
        again = re.compile(r"/sign-in\?to=")
        await expect(page, "the browser's back button opens nothing again").to_have_url(again)


async def assert_accessible_anyway(page: Page, javascript: bool) -> None:
    """By axe where scripts run; without them, that nothing runs off the side cannot be asked."""
    if javascript:
        await assert_accessible(page)


@pytest.mark.parametrize(("javascript", "size"), KINDS)
async def test_what_one_wrote_while_the_session_ended_is_there_after_signing_in(
    browser: Browser, site: str, pool: asyncpg.Pool, javascript: bool, size: tuple[int, int]
) -> None:
    async with opened(browser, javascript=javascript, size=size) as page:
        await choose(page, site, "Sam Okafor", "/note")
        await page.get_by_label("Words").fill("An hour of work.")
        await pool.execute("DELETE FROM staff_session")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
        await assert_accessible_anyway(page, javascript)
        await shot(page, f"kept-{size[0]}")
        await page.get_by_role("button", name="Go on with what I wrote").click()
        await expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()

        async with page.expect_popup() as tab:
            await page.get_by_role("link", name="Sign in").click()
        beside = await tab.value
        await beside.get_by_role("button", name="Sign in").click()
        await beside.get_by_role("button", name="Sam Okafor").click()
        await expect(beside.get_by_role("heading", name="You are signed in again")).to_be_visible()
        await assert_accessible_anyway(beside, javascript)
        await beside.close()

        await page.get_by_role("button", name="Go on with what I wrote").click()
        await expect(page.get_by_text("You are signed in as Sam Okafor")).to_be_visible()
        await assert_accessible_anyway(page, javascript)
        await page.get_by_role("button", name="Go on with what I wrote").click()
        await expect(page.get_by_text("Sam Okafor wrote: An hour of work.")).to_be_visible()


async def test_another_browser_is_signed_out_from_here(browser: Browser, site: str) -> None:
    async with opened(browser, size=PHONE) as phone, opened(browser) as desk:
        for each in (phone, desk):
            await choose(each, site, "Sam Okafor")
            await expect(each).to_have_url(f"{site}/sessions")
        await desk.get_by_role("button", name="Sign out Chrome").click()
        await expect(desk.get_by_text("That browser is signed out.")).to_be_visible()
        await assert_accessible(desk)
        await phone.reload()
        await expect(phone).to_have_url(re.compile("/sign-in"))


async def test_a_stranger_and_whoever_cancels_are_told_what_to_do(browser: Browser, site: str) -> None:
    async with opened(browser, size=PHONE) as page:
        await choose(page, site, "A stranger")
        await expect(page.get_by_role("heading", name="Your account is not known here")).to_be_visible()
        await assert_accessible(page)
        await page.get_by_role("link", name="Sign in with another account").click()
        await page.get_by_role("button", name="Do not sign in").click()
        await expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
        await assert_accessible(page)


async def test_the_browser_s_back_button_does_no_harm_at_the_provider(browser: Browser, site: str) -> None:
    async with opened(browser) as page:
        await choose(page, site, "Sam Okafor")
        await expect(page).to_have_url(f"{site}/sessions")
        await page.go_back()
        await page.get_by_role("button", name="Sam Okafor").click()
        await expect(page, "one still is signed in, and goes on").to_have_url(f"{site}/")
        await page.goto(f"{site}/sessions")
        await expect(page.get_by_text("This browser")).to_be_visible()


async def test_the_provider_s_own_page_is_as_easy_to_use(browser: Browser, site: str) -> None:
    async with opened(browser, size=PHONE) as page:
        await page.goto(f"{site}/sign-in/start")
        assert await findings(page) == []
