"""The way to the provider and back, with a real provider and a real database."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx2
import pytest

from chassis.handlers import Handlers
from chassis.service import Running, Service
from chassis.settings import ServiceSettings
from chassis.web import health, signin
from chassis.web.auth import every_route_has_an_owner
from chassis.web.hosting import make_web
from chassis.web.look import OPEN_PATHS as ASSETS
from chassis.web.rates import Counts
from chassis.web.sessions import digest, forget
from deploy.local.sign_in import Account, SignInProvider, start_provider
from tests.chassis.test_people import KIM, SAM, Staff, bakery, policy
from tests.support.sessions import Held, session_for, sign_in

URL = "http://bakery.example:8000"
PAGE = {"Accept": "text/html"}
Database = Callable[..., Awaitable[asyncpg.Pool]]


@pytest.fixture(scope="module")
def provider() -> Iterator[SignInProvider]:
    accounts = [
        Account("sub-s1", "Sam Okafor", "baker"),
        Account("sub-s2", "Kim Other"),
        Account("sub-x", "Nobody"),
    ]
    with start_provider(accounts) as running:
        yield running


class Shop:
    """A service with people, and browsers at it."""

    def __init__(self, pool: asyncpg.Pool, provider: SignInProvider | None, **given: str) -> None:
        known = provider.settings("bakery") if provider else {}
        settings = {name.removeprefix("BAKERY_").lower(): value for name, value in known.items()}
        self.pool, self.staff = pool, Staff(SAM, KIM)
        self.service = Service(
            name="bakery",
            settings=ServiceSettings.model_validate(
                {
                    "profile": "test",
                    "database": "postgresql://x@y/z",
                    "kafka": ["127.0.0.1:9"],
                    "public_url": URL,
                }
                | settings
                | given
            ),
            handlers=Handlers(),
            repositories=(),
            hears=(),
            says=(),
            migrations=Path("none"),
            router=lambda running: bakery(running.pool),
            staff=lambda _: self.staff,
            policy=policy,
        )
        self.app = make_web(Running(self.service, pool), "web")

    def browser(self, held: Held | None = None) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url=URL, cookies=held.cookies if held else None
        )

    async def begun(self, browser: httpx2.AsyncClient, sub: str = "sub-s1", to: str = "/") -> str:
        """The address that the provider sends this browser back to."""
        away = await browser.get("/sign-in/start", params={"to": to})
        async with httpx2.AsyncClient() as provider:
            chosen = await provider.post(away.headers["location"], data={"sub": sub})
        return str(chosen.headers["location"])


@pytest.fixture
async def shop(database: Database, provider: SignInProvider) -> Shop:
    return Shop(await database(), provider)


async def test_one_signs_in_and_goes_on_to_where_one_wanted(shop: Shop) -> None:
    browser = shop.browser()
    wanted = await browser.get("/ovens/7?page=2", headers=PAGE)
    assert wanted.status_code == 303
    back = await sign_in(browser, "sub-s1", parse_qs(urlsplit(wanted.headers["location"]).query)["to"][0])
    assert (back.status_code, back.headers["location"]) == (303, "/ovens/7?page=2")
    assert (await browser.get("/ovens/7", headers=PAGE)).text == "Sam Okafor staff:s1"
    assert await shop.pool.fetchval("SELECT count(*) FROM sign_in") == 0


async def test_who_is_signed_in_already_goes_on(shop: Shop) -> None:
    browser = shop.browser(await session_for(shop.pool, "s1", "bakery"))
    answer = await browser.get("/sign-in", params={"to": "/bread"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/bread")


async def test_the_session_s_cookie_is_for_this_service_s_own_requests_only(shop: Shop) -> None:
    answer = await sign_in(shop.browser(), "sub-s1")
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith("bakery-session=")]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Domain" not in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    assert len(token) >= 43
    assert await shop.pool.fetchval("SELECT digest FROM staff_session") == digest(token)


async def test_the_code_is_asked_for_with_pkce_state_and_nonce(shop: Shop) -> None:
    away = await shop.browser().get("/sign-in/start")
    asked = parse_qs(urlsplit(away.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{URL}/sign-in/done"]
    row = await shop.pool.fetchrow("SELECT * FROM sign_in")
    assert row is not None
    assert row["digest"] == digest(asked["state"][0])
    assert asked["nonce"] == [row["nonce"]]
    assert row["verifier"] not in away.headers["location"]


async def test_a_state_is_good_for_once(shop: Shop) -> None:
    browser = shop.browser()
    back = await shop.begun(browser)
    assert (await browser.get(back)).status_code == 303
    again = shop.browser()
    assert (await again.get(back)).status_code == 403
    assert (await again.get("/bread")).status_code == 401
    held = await shop.pool.fetch("SELECT id FROM staff_session")
    assert (await browser.get(back)).headers["location"] == "/", "whoever has signed in goes on as they are"
    assert await shop.pool.fetch("SELECT id FROM staff_session") == held


async def test_a_return_uses_up_its_own_sign_in_and_no_other(shop: Shop) -> None:
    one, other = shop.browser(), shop.browser()
    back, to_the_other = await shop.begun(one), await shop.begun(other, "sub-s2")
    assert [(await one.get(back)).status_code, (await other.get(to_the_other)).status_code] == [303, 303]


async def test_a_sign_in_that_another_browser_began_is_refused(shop: Shop) -> None:
    attacker, victim = shop.browser(), shop.browser()
    back = await shop.begun(attacker)
    await victim.get("/sign-in/start")
    assert (await victim.get(back)).status_code == 403
    assert await shop.pool.fetchval("SELECT count(*) FROM staff_session") == 0


async def test_a_sign_in_that_took_too_long_is_refused(shop: Shop) -> None:
    browser = shop.browser()
    back = await shop.begun(browser)
    await shop.pool.execute("UPDATE sign_in SET ends_at = clock_timestamp()")
    assert (await browser.get(back)).status_code == 403


@pytest.mark.parametrize("query", ["", "?state=", "?code=x&state=invented", "?error=access_denied"])
async def test_a_return_without_a_beginning_is_refused(shop: Shop, query: str) -> None:
    answer = await shop.browser().get(f"/sign-in/done{query}")
    assert answer.status_code == 403
    assert "/sign-in/start" in answer.text


async def test_whoever_does_not_want_to_at_the_provider_is_told_that_they_are_not_signed_in(
    shop: Shop,
) -> None:
    browser = shop.browser()
    away = await browser.get("/sign-in/start")
    state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
    answer = await browser.get("/sign-in/done", params={"error": "access_denied", "state": state})
    assert answer.status_code == 403
    assert "You are not signed in" in answer.text
    assert await shop.pool.fetchval("SELECT count(*) FROM sign_in_count") == 1, "it counts as no failure"


async def test_another_s_nonce_proves_nothing(shop: Shop) -> None:
    browser = shop.browser()
    back = await shop.begun(browser)
    await shop.pool.execute("UPDATE sign_in SET nonce = 'another'")
    assert (await browser.get(back)).status_code == 403


async def test_another_s_code_verifier_proves_nothing(shop: Shop) -> None:
    browser = shop.browser()
    back = await shop.begun(browser)
    await shop.pool.execute("UPDATE sign_in SET verifier = repeat('a', 43)")
    assert (await browser.get(back)).status_code == 403


async def test_an_account_that_is_not_staff_s_gets_no_session(shop: Shop) -> None:
    browser = shop.browser()
    answer = await sign_in(browser, "sub-x")
    assert answer.status_code == 403
    assert "not known here" in answer.text
    assert (await browser.get("/bread")).status_code == 401


async def test_signing_in_always_begins_a_new_session_and_ends_the_one_before(shop: Shop) -> None:
    planted = await session_for(shop.pool, "s2", "bakery")
    browser = shop.browser(planted)
    back = await shop.begun(browser)
    answer = await browser.get(back)
    assert planted.token not in answer.headers["set-cookie"]
    assert (await shop.browser(planted).get("/ovens/1")).status_code == 401


async def test_a_cookie_that_was_stolen_is_worth_nothing_after_signing_out(shop: Shop) -> None:
    held = await session_for(shop.pool, "s1", "bakery")
    owner, thief = shop.browser(held), shop.browser(held)
    assert (await thief.get("/bread")).status_code == 200
    out = await owner.post("/sign-out", data={"csrf": held.csrf})
    assert (out.status_code, out.headers["location"]) == (303, "/signed-out")
    assert (await thief.get("/bread")).status_code == 401
    assert (await owner.get("/signed-out")).status_code == 200


async def test_signing_out_needs_a_form_of_ours_unless_one_is_signed_out_already(shop: Shop) -> None:
    held = await session_for(shop.pool, "s1", "bakery")
    assert (await shop.browser(held).post("/sign-out")).status_code == 403
    assert (await shop.browser(held).get("/bread")).status_code == 200
    assert (await shop.browser().post("/sign-out")).status_code == 303


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "\\/evil.example", "/%0d%0aX:1\r\n", "evil",
           "javascript:alert(1)", "/\t/evil.example", "///evil.example", "/sign-in/start", "/sign-out",
           "/" + "a" * 3000]
)  # fmt: skip
async def test_one_is_sent_on_to_pages_of_this_site_only(shop: Shop, to: str) -> None:
    assert signin.path_of(to) == "/"
    browser = shop.browser()
    back = await sign_in(browser, "sub-s1", to)
    assert back.headers["location"] == "/"


async def test_one_sees_where_one_is_signed_in_and_ends_it_there(shop: Shop) -> None:
    here, there = [await session_for(shop.pool, "s1", "bakery") for _ in range(2)]
    other = await session_for(shop.pool, "s2", "bakery")
    browser = shop.browser(here)
    page = await browser.get("/sessions", headers=PAGE)
    assert page.text.count("a test") >= 2
    id_of = "SELECT id::text FROM staff_session WHERE digest = $1"
    for held in (there, other):
        id = await shop.pool.fetchval(id_of, digest(held.token))
        answer = await browser.post("/sessions", data={"csrf": here.csrf, "end": id})
        assert answer.status_code == 303
    assert (await shop.browser(there).get("/ovens/1")).status_code == 401
    assert (await shop.browser(other).get("/ovens/1")).status_code == 200
    assert (await browser.get("/ovens/1")).status_code == 200


async def test_one_signs_out_all_other_browsers_at_once(shop: Shop) -> None:
    held = [await session_for(shop.pool, "s1", "bakery") for _ in range(3)]
    await shop.browser(held[0]).post("/sessions", data={"csrf": held[0].csrf, "end": "others"})
    statuses = [(await shop.browser(each).get("/bread")).status_code for each in held]
    assert statuses == [200, 401, 401]


async def test_who_fails_too_often_has_to_wait_and_their_address_is_kept_nowhere(shop: Shop) -> None:
    browser = shop.browser()
    for _ in range(signin.FAILURES):
        assert (await browser.get("/sign-in/done?state=guess")).status_code == 403
    for path in ("/sign-in/done?state=guess", "/sign-in/start"):
        refused = await browser.get(path)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 600
    rows = await shop.pool.fetch("SELECT sign_in_count::text AS row FROM sign_in_count")
    assert not any("127.0.0.1" in row["row"] for row in rows)


async def test_each_address_is_counted_by_itself_for_each_thing_and_anew_in_each_window(
    database: Database,
) -> None:
    pool, counts = await database(), Counts("secret", timedelta(days=1))
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        await counts.add(pool, "failed", address)
    assert await counts.so_far(pool, "failed", "10.0.0.2") == 1
    assert await counts.so_far(pool, "begun", "10.0.0.1") == 0
    await pool.execute("UPDATE sign_in_count SET ends_at = ends_at - interval '1 day'")
    assert await counts.so_far(pool, "failed", "10.0.0.1") == 0


async def test_what_has_run_out_is_forgotten_and_nothing_else(shop: Shop) -> None:
    await session_for(shop.pool, "s1", "bakery")
    await session_for(shop.pool, "s1", "bakery", hours=-1)
    await shop.browser().get("/sign-in/start")
    await forget(shop.pool, timedelta(hours=1))
    counts = "SELECT (SELECT count(*) FROM staff_session) + (SELECT count(*) FROM sign_in)"
    assert await shop.pool.fetchval(counts) == 2
    await shop.pool.execute("UPDATE sign_in SET ends_at = clock_timestamp()")
    await shop.pool.execute("UPDATE sign_in_count SET ends_at = clock_timestamp()")
    await shop.pool.execute("UPDATE staff_session SET seen_at = clock_timestamp() - interval '2 hours'")
    await forget(shop.pool, timedelta(hours=1))
    assert await shop.pool.fetchval(counts) == 0
    assert await shop.pool.fetchval("SELECT count(*) FROM sign_in_count") == 0


async def test_a_service_without_a_provider_says_that_nobody_can_sign_in(database: Database) -> None:
    shop = Shop(await database(), None)
    for path in ("/sign-in", "/sign-in/start", "/sign-in/done"):
        page = await shop.browser().get(path)
        assert page.status_code == 503
        assert "SIGN_IN_ISSUER" in page.text
    ready = (await shop.browser().get("/health/ready")).json()
    assert ready["checks"]["sign-in"]["state"] == "degraded"
    assert "switched off" in ready["checks"]["sign-in"]["reason"]


async def test_a_provider_that_is_away_is_told_as_a_page_and_to_the_operator(database: Database) -> None:
    with start_provider([]) as gone:
        pass
    shop = Shop(await database(), gone)
    page = await shop.browser().get("/sign-in/start?to=/bread")
    assert page.status_code == 503
    assert "/sign-in/start?to=%2Fbread" in page.text
    ready = (await shop.browser().get("/health/ready")).json()
    assert ready["checks"]["sign-in"]["state"] == "degraded"


async def test_every_route_has_an_owner_but_those_by_which_one_signs_in(shop: Shop) -> None:
    every_route_has_an_owner(shop.app, (*health.OPEN_PATHS, *signin.OPEN_PATHS, *ASSETS))
