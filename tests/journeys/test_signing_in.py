"""Signing in for real: a provider, the services as processes, and people whom an operator has appointed."""

import asyncio
from collections.abc import Iterator
from time import monotonic
from uuid import uuid4

import asyncpg
import httpx2
import pytest

from chassis.web.sessions import csrf_of
from deploy.demo import staff
from deploy.local import Stack
from deploy.local.services import Town, start_services
from deploy.local.sign_in import start_provider
from tests.support.sessions import sign_in, signed_in_client

pytestmark = pytest.mark.slow
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def town(stack: Stack) -> Iterator[Town]:
    prefix = f"people{uuid4().hex[:8]}."
    with (
        start_provider(staff.accounts()) as provider,
        start_services(stack, prefix=prefix, sign_in=provider, names=("referrals", "panels")) as town,
    ):
        staff.appoint(town)
        yield town


async def test_everybody_of_the_demo_s_list_signs_in(town: Town) -> None:
    for colleague in staff.COLLEAGUES:
        browser = await signed_in_client(town.referrals.url, colleague.subject)
        page = await browser.get("/sessions", headers=PAGE)
        assert page.status_code == 200
        assert colleague.name in page.text


async def test_the_menu_of_a_service_leads_whom_it_serves_to_the_other(town: Town) -> None:
    panels, referrals = f'href="{town.panels.url}"', f'href="{town.referrals.url}"'
    browser = await signed_in_client(town.referrals.url, "vera-holt")
    assert panels in (await browser.get("/", headers=PAGE)).text
    assert referrals not in (await browser.get("/", headers=PAGE)).text
    teacher = await signed_in_client(town.referrals.url, "sam-okafor")
    assert panels not in (await teacher.get("/", headers=PAGE)).text


async def test_a_stranger_with_an_account_is_not_let_in(town: Town) -> None:
    async with httpx2.AsyncClient(base_url=town.referrals.url) as browser:
        assert (await sign_in(browser, "a-stranger")).status_code == 403
        assert (await browser.get("/sessions")).status_code == 401


async def test_the_other_services_learn_who_works_here(town: Town) -> None:
    deadline = monotonic() + 60
    async with httpx2.AsyncClient(base_url=town.panels.url) as browser:
        while (await sign_in(browser, "grace-whitlock")).status_code != 303:
            assert monotonic() < deadline, "panels has not heard of the chair"
            await asyncio.sleep(0.5)
        assert "Grace Whitlock" in (await browser.get("/sessions", headers=PAGE)).text


async def test_who_has_signed_out_stays_out_and_the_service_knows_no_cookie_in_clear(town: Town) -> None:
    browser = await signed_in_client(town.referrals.url, "sam-okafor")
    token = str(browser.cookies["referrals-session"])
    database = await asyncpg.connect(town.referrals.admin_dsn)
    try:
        rows = await database.fetch("SELECT staff_session::text AS row FROM staff_session")
    finally:
        await database.close()
    assert rows
    assert not any(token in row["row"] for row in rows)
    out = await browser.post("/sign-out", data={"csrf": csrf_of(token)})
    assert out.headers["location"] == "/signed-out"
    async with httpx2.AsyncClient(base_url=town.referrals.url, cookies={"referrals-session": token}) as thief:
        assert (await thief.get("/sessions")).status_code == 401


async def test_the_log_names_nobody_and_holds_no_cookie(town: Town) -> None:
    browser = await signed_in_client(town.referrals.url, "sam-okafor")
    log = town.referrals.log_path.read_text(encoding="utf-8")
    assert str(browser.cookies["referrals-session"]) not in log
    assert "Okafor" not in log
    assert "sam-okafor" not in log
    assert '"caller": "staff:' in log
