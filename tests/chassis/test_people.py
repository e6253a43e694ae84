"""Who has signed in: sessions that can be ended, and forms that only our own pages send."""

from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from typing import Annotated, Any

import asyncpg
import httpx2
import pytest
from fastapi import APIRouter, Depends, FastAPI, Response
from limits import RateLimitItemPerMinute

from chassis.web.access import record_read
from chassis.web.agents import agent_of
from chassis.web.app import create_app
from chassis.web.auth import every_route_has_an_owner
from chassis.web.forms import Posted
from chassis.web.people import Grant, Member, People, Person, signed_in
from chassis.web.rates import Rates, address_of
from chassis.web.sessions import Cookie, Sessions
from tests.support.sessions import Held, session_for

Database = Callable[..., Awaitable[asyncpg.Pool]]
PAGE = {"Accept": "text/html"}


class Staff:
    """A staff book in memory, by id; the subject is ``sub-`` and the id."""

    def __init__(self, *members: Member) -> None:
        self.members = {member.id: member for member in members}

    async def by_subject(self, _: Any, subject: str) -> Member | None:
        return self.members.get(subject.removeprefix("sub-"))

    async def by_id(self, _: Any, staff_id: str) -> Member | None:
        return self.members.get(staff_id)


SAM = Member("s1", "Sam Okafor", frozenset({Grant("baker", "900001"), Grant("baker", "900002")}))
KIM = Member("s2", "Kim Other", frozenset({Grant("guest")}))


def policy(person: Person, action: str) -> bool:
    return action == "bread:bake" and bool(person.scopes("baker"))


def bakery(pool: asyncpg.Pool) -> APIRouter:
    routes = APIRouter()

    @routes.get("/ovens/{code}")
    async def oven(code: str, person: Annotated[Person, Depends(signed_in(None))]) -> Response:
        async with pool.acquire() as conn:
            await record_read(conn, person, "oven", code)
        return Response(f"{person.name} {person.who}", media_type="text/html")

    @routes.get("/bread")
    async def bread(_: Annotated[Person, Depends(signed_in("bread:bake"))]) -> str:
        return "bread"

    @routes.post("/bread")
    async def bake(_: Annotated[Person, Depends(signed_in("bread:bake"))], form: Posted) -> Any:
        loaf = form.file("loaf")
        return {
            "name": form.get("name"),
            "kinds": form.all("kind"),
            "names": form.names,
            "loaf": (await loaf.read()).decode() if loaf else None,
        }

    return routes


class Bakery:
    """The application, and a browser at it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool, self.staff = pool, Staff(SAM, KIM)
        self.sessions = Sessions(pool, self.staff, Cookie("bakery", secure=False))
        self.app: FastAPI = create_app("Bakery", "1", [], [bakery(pool)])
        self.app.state.people = People(self.sessions, policy)

    def browser(self, held: Held | None = None) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app),
            base_url="http://here",
            cookies=held.cookies if held else None,
        )

    async def signed_in(self, who: str = "s1", hours: float = 8) -> tuple[httpx2.AsyncClient, Held]:
        held = await session_for(self.pool, who, "bakery", hours)
        return self.browser(held), held


@pytest.fixture
async def shop(database: Database) -> Bakery:
    return Bakery(await database())


async def test_whoever_has_signed_in_is_known_by_name_and_logged_by_id(shop: Bakery) -> None:
    browser, _ = await shop.signed_in()
    answer = await browser.get("/ovens/7", headers=PAGE)
    assert answer.text == "Sam Okafor staff:s1"
    assert await shop.pool.fetchval("SELECT who FROM access_log") == "staff:s1"


async def test_a_page_sends_whoever_has_not_to_sign_in_and_back(shop: Bakery) -> None:
    answer = await shop.browser().get("/ovens/7?page=2", headers=PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?to=%2Fovens%2F7%3Fpage%3D2"
    assert (await shop.browser().get("/ovens/7")).status_code == 401
    assert (await shop.browser().post("/bread", headers=PAGE)).status_code == 401


async def test_a_role_that_does_not_allow_it_is_told_so(shop: Bakery) -> None:
    baker, _ = await shop.signed_in("s1")
    guest, _ = await shop.signed_in("s2")
    assert (await baker.get("/bread")).status_code == 200
    assert (await guest.get("/bread")).status_code == 403


async def test_a_role_taken_away_counts_at_once(shop: Bakery) -> None:
    browser, _ = await shop.signed_in()
    shop.staff.members["s1"] = Member("s1", "Sam Okafor")
    assert (await browser.get("/bread")).status_code == 403
    del shop.staff.members["s1"]
    assert (await browser.get("/bread")).status_code == 401


@pytest.mark.parametrize(
    "ending",
    [
        "UPDATE staff_session SET ends_at = clock_timestamp()",
        "UPDATE staff_session SET seen_at = clock_timestamp() - interval '61 minutes'",
        "DELETE FROM staff_session",
    ],
)
async def test_a_session_that_ran_out_or_was_ended_opens_nothing(shop: Bakery, ending: str) -> None:
    browser, _ = await shop.signed_in()
    assert (await browser.get("/bread")).status_code == 200
    await shop.pool.execute(ending)
    assert (await browser.get("/bread")).status_code == 401


async def test_the_database_holds_nothing_that_opens_a_session(shop: Bakery) -> None:
    _, held = await shop.signed_in()
    row = await shop.pool.fetchval("SELECT staff_session::text FROM staff_session")
    assert held.token not in row
    assert held.csrf not in row


async def test_a_form_of_ours_is_read(shop: Bakery) -> None:
    browser, held = await shop.signed_in()
    fields = {"csrf": held.csrf, "name": " a\r\nb ", "kind": ["rye", "oat"]}
    answer = await browser.post("/bread", data=fields, headers={"Origin": "http://here"})
    assert answer.json() == {
        "name": "a\nb",
        "kinds": ["rye", "oat"],
        "names": ["name", "kind"],
        "loaf": None,
    }
    answer = await browser.post("/bread", data={"csrf": held.csrf}, files={"loaf": ("l.txt", b"crumbs")})
    assert answer.json()["loaf"] == "crumbs"


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://here"}, {"Origin": "http://here", "Sec-Fetch-Site": "same-origin"},
                {"Origin": "null", "Sec-Fetch-Site": "same-origin"}]
)  # fmt: skip
async def test_a_form_from_our_own_page_is_taken_however_the_browser_says_so(
    shop: Bakery, headers: dict[str, str]
) -> None:
    browser, held = await shop.signed_in()
    assert (await browser.post("/bread", data={"csrf": held.csrf}, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "null", "Sec-Fetch-Site": "cross-site"},
                {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://here:8080"}]
)  # fmt: skip
async def test_a_form_from_another_site_is_refused(shop: Bakery, headers: dict[str, str]) -> None:
    browser, held = await shop.signed_in()
    answer = await browser.post("/bread", data={"csrf": held.csrf}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-from-here")


async def test_a_browser_that_hides_where_a_form_comes_from_says_that_it_is_of_this_site(
    shop: Bakery,
) -> None:
    # Our pages send no referrer, and then Chromium calls their origin null.
    browser, held = await shop.signed_in()
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    answer = await browser.post("/bread", data={"csrf": held.csrf}, headers=headers)
    assert answer.status_code == 200


async def test_a_form_without_the_session_s_own_token_is_refused(shop: Bakery) -> None:
    browser, _ = await shop.signed_in()
    _, another = await shop.signed_in()
    for fields in ({}, {"csrf": ""}, {"csrf": another.csrf}, {"csrf": "é"}):
        assert (await browser.post("/bread", data=fields)).status_code == 403
    assert (await browser.post("/bread", files={"csrf": ("x", b"x")})).status_code == 403


async def test_a_form_with_nul_is_refused(shop: Bakery) -> None:
    browser, held = await shop.signed_in()
    answer = await browser.post("/bread", data={"csrf": held.csrf, "name": "a\0b"})
    assert answer.status_code == 400


async def test_whoever_posts_too_often_is_told_when_to_try_again(shop: Bakery) -> None:
    shop.app.state.rates = Rates(RateLimitItemPerMinute(3))
    browser, held = await shop.signed_in()
    other, others = await shop.signed_in("s2")
    statuses = [(await browser.post("/bread", data={"csrf": held.csrf})).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = await browser.post("/bread", data={"csrf": held.csrf})
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert (await other.post("/bread", data={"csrf": others.csrf})).status_code == 403, "another person may"


def test_pages_are_not_in_the_document_for_programs(shop: Bakery) -> None:
    assert list(shop.app.openapi()["paths"]) == []


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "192.0.2.66, 198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "unknown", "unknown"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
    ],
)
def test_only_our_own_proxies_are_believed_about_an_address(peer: str, forwarded: str, found: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    scope = {"type": "http", "headers": headers, "client": (peer, 1)}
    assert address_of(scope, [ip_network("10.0.0.0/8")]) == found


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0",
            "Firefox on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1",
            "Safari on an iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0",
            "Edge on Windows",
        ),
        ("curl/8", "A browser"),
    ],
)
def test_a_browser_is_named_in_two_words(header: str, said: str) -> None:
    assert agent_of(header) == said


async def test_every_route_of_pages_has_an_owner(shop: Bakery) -> None:
    every_route_has_an_owner(shop.app, ())


def test_a_role_has_its_scopes() -> None:
    person = Person(SAM.id, SAM.name, SAM.grants, "")
    assert person.scopes("baker") == {"900001", "900002"}
    assert person.scopes("guest") == frozenset()
