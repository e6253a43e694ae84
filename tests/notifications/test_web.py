"""The families' page and the routes for staff, over HTTP on a real PostgreSQL."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chassis.web.app import create_app
from chassis.web.auth import every_route_has_an_owner
from services.notifications import storage, web
from tests.notifications.builders import (
    FATHER,
    MOTHER,
    NOW,
    REFERRAL,
    decided,
    destination,
    details,
    listed,
    opened,
    papers,
    received,
    routed,
)
from tests.notifications.conftest import OPERATOR, READER, House
from tests.notifications.test_sender import Post, a_sender

Houses = Callable[..., Awaitable[House]]
AS_OPERATOR = {"Authorization": f"Bearer {OPERATOR}"}


def browser(house: House) -> httpx2.AsyncClient:
    settings: Any = house.running.settings
    app = create_app("notifications", "1", settings.tokens, [web.router(house.running)])
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://here")


async def a_link(house: House) -> str:
    """Sends what waits; answers the path in the last letter's link."""
    post = Post()
    sender = a_sender(house, post)
    while await sender.send_group():
        pass
    return "/f/" + post.letters[-1].body.split("/f/")[1].split()[0]


async def test_the_page_tells_the_whole_story_and_what_comes_next(house: Houses) -> None:
    it = await house()
    await it.hear(destination(), received(), routed(), details(), opened(), listed())
    link = await a_link(it)
    async with browser(it) as family:
        answer = await family.get(link)
    assert answer.status_code == 200
    text = answer.text
    for words in (
        '<html lang="en" dir="ltr">',
        "<title>Your referral ABCD-EFGH-JKM4</title>",
        "The panel put it in its queue.",
        "It has a date: the panel meets on 18 March 2026.",
        "The panel meets on 18 March 2026. We will tell you the decision by 27 March 2026.",
        "Show that it is you to see the name of the team, and whom you can ring.",
    ):
        assert words in text
    for private in (
        "Wilhelmina",
        "Quill",
        "SLCN",
        "117123",
        "DSPL3",
        "p-mother",
        "r-1",
        "primary placement panel",
        "555 0100",
    ):
        assert private not in text


async def test_the_page_is_private_to_the_browser(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    async with browser(it) as family:
        headers = (await family.get(await a_link(it))).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert "default-src 'none'" in headers["content-security-policy"]


async def test_reasons_are_shown_only_once_the_decision_is_issued(house: Houses) -> None:
    it = await house(public_url="http://here")
    await it.hear(received(), routed(), details(), opened(), listed(), papers("A <b>smaller</b> class."))
    link = await a_link(it)
    async with browser(it) as family:
        message = await it.pool.fetchval("SELECT id FROM message LIMIT 1")
        reason = {"reason": "rang her"}
        told = await family.post(f"/api/messages/{message}/page-code", json=reason, headers=AS_OPERATOR)
        await family.post(f"{link}/code", data={"digits": told.json()["code"]})
        assert "smaller" not in (await family.get(link)).text
        await it.hear(decided())
        text = (await family.get(link)).text
    assert "The council agreed to a place in a special school." in text
    assert "A &lt;b&gt;smaller&lt;/b&gt; class." in text


async def test_looking_changes_nothing_but_the_record_of_views(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    link = await a_link(it)
    before = await it.pool.fetchval("SELECT string_agg(m::text, '') FROM message m")
    async with browser(it) as family:
        assert (await family.head(link)).status_code == 200
        assert await it.pool.fetchval("SELECT count(*) FROM page_view") == 0
        await family.get(link)
        await family.get(link)
    assert await it.pool.fetchval("SELECT count(*) FROM page_view") == 2
    assert await it.pool.fetchval("SELECT string_agg(m::text, '') FROM message m") == before


async def test_a_forged_link_gets_a_kind_answer(house: Houses) -> None:
    it = await house()
    async with browser(it) as family:
        for code in ("x", "A" * 22, "A" * 23, "%20" * 22, "é" * 22, "A" * 5000):
            answer = await family.get(f"/f/{code}")
            assert answer.status_code == 404
            assert "ask the school or setting" in answer.text
        for code in ("", "%00", "a/b"):
            assert (await family.get(f"/f/{code}")).status_code in (400, 404)
        assert (
            "for members of staff" in (await family.get("/f/..")).text
        )  # the start page, which says nothing


async def test_a_link_to_which_something_was_added_gets_the_same_kind_answer(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    link = await a_link(it)
    async with browser(it) as family:
        for more in ("/", ".", "/x", "/x/y", "/code/send", "/papers"):
            answer = await family.get(f"{link}{more}")
            assert (answer.status_code, "Get a new link" in answer.text) == (404, True), more


async def test_a_link_ends_when_it_expires(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    link = await a_link(it)
    clock: Any = it.running.clock
    async with browser(it) as family:
        await clock.step(it.pool, NOW + timedelta(days=89))
        assert (await family.get(link)).status_code == 200
        await clock.step(it.pool, NOW + timedelta(days=90))
        assert (await family.get(link)).status_code == 404


async def test_while_the_database_is_away_the_family_is_asked_to_come_back(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    link = await a_link(it)
    async with browser(it) as family:
        await it.pool.close()
        answer = await family.get(link)
    assert answer.status_code == 503
    assert "Nothing is wrong with your link" in answer.text


async def test_a_revoked_link_leads_nowhere(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    link = await a_link(it)
    async with browser(it) as client:
        done = await client.post(
            "/api/referrals/r-1/links/revoke", json={"reason": "passed on"}, headers=AS_OPERATOR
        )
        assert done.json()["revoked"] == 1
        assert (await client.get(link)).status_code == 404


async def test_a_link_ends_when_its_holder_may_not_be_told_any_more(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    link = await a_link(it)
    await it.hear(details(may_be_told=False))
    async with browser(it) as family:
        assert (await family.get(link)).status_code == 404


async def test_staff_see_messages_without_addresses(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details())
    await a_link(it)
    async with browser(it) as staff:
        all_of_them = await staff.get("/api/messages", headers=AS_OPERATOR)
        sent = (await staff.get("/api/messages?state=sent", headers=AS_OPERATOR)).json()["messages"]
        one = await staff.get(f"/api/messages/{sent[0]['id']}", headers=AS_OPERATOR)
    assert len(all_of_them.json()["messages"]) == 2
    assert [message["person_id"] for message in sent] == [MOTHER]
    assert "@" not in all_of_them.text + one.text
    reads = [tuple(row) for row in await it.pool.fetch("SELECT what, subject FROM access_log ORDER BY id")]
    listed = [("messages", "all"), ("messages", REFERRAL)]
    assert reads == [*listed, *listed, ("message", sent[0]["id"])]


async def test_a_held_message_is_released_or_settled_with_a_reason(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER), details(FATHER))
    async with it.pool.acquire() as conn, conn.transaction():
        await storage.claim(conn, 10, timedelta(seconds=-1), NOW)
    await a_sender(it, Post()).sweep()
    async with browser(it) as staff:
        held = (await staff.get("/api/held", headers=AS_OPERATOR)).json()["messages"]
        assert [(m["phase"], m["why"]) for m in held] == [("held", "uncertain")] * 2
        first, second = (f"/api/messages/{m['id']}" for m in held)
        no_reason = await staff.post(f"{first}/release", json={}, headers=AS_OPERATOR)
        blank = await staff.post(f"{first}/release", json={"reason": "  "}, headers=AS_OPERATOR)
        done = await staff.post(f"{first}/release", json={"reason": "not in the log"}, headers=AS_OPERATOR)
        rung = {"reason": "rang them", "told": True}
        settled = await staff.post(f"{second}/settle", json=rung, headers=AS_OPERATOR)
        again = await staff.post(f"{second}/settle", json=rung, headers=AS_OPERATOR)
        shown = (await staff.get(second, headers=AS_OPERATOR)).json()
    assert (no_reason.status_code, blank.status_code) == (422, 422)
    assert done.json()["state"] == "pending"
    assert settled.json()["state"] == "closed"
    assert (again.status_code, again.json()["code"]) == (409, "not-held")
    assert shown["notes"][0]["who"] == "ops"
    assert shown["notes"][0]["why"] == "rang them"
    assert (await it.said())[-1] == "message.settled.v1"


@pytest.mark.parametrize("path", ["/api/messages", "/api/held", "/api/messages/x"])
async def test_staff_need_a_token_with_the_scope(house: Houses, path: str) -> None:
    it = await house()
    async with browser(it) as nobody:
        assert (await nobody.get(path)).status_code == 401
        assert (await nobody.get(path, headers={"Authorization": f"Bearer {READER}"})).status_code == 403


async def test_every_route_but_the_familys_asks_for_a_token(house: Houses) -> None:
    it = await house()
    app = create_app("notifications", "1", (), [web.router(it.running)])
    every_route_has_an_owner(app, web.OPEN_PATHS)


async def test_an_unknown_message_and_a_wrong_state_are_answered_plainly(house: Houses) -> None:
    it = await house()
    async with browser(it) as staff:
        assert (await staff.get("/api/messages/none", headers=AS_OPERATOR)).status_code == 404
        assert (await staff.get("/api/messages?state=lost", headers=AS_OPERATOR)).status_code == 422
        assert (await staff.get("/api/messages?after=-1", headers=AS_OPERATOR)).status_code == 422
        body = {"reason": "x"}
        released = await staff.post("/api/messages/none/release", json=body, headers=AS_OPERATOR)
    assert (released.status_code, released.json()["code"]) == (409, "unknown-message")


@pytest.mark.parametrize("path", ["/f", "/f/", "/f/not-a-code", "/f/not-a-code/and-more"])
async def test_a_link_that_was_cut_on_the_way_is_told_to_a_family_and_not_to_staff(
    house: Houses, path: str
) -> None:
    async with browser(await house()) as family:
        answer = await family.get(path)
    assert answer.status_code == 404
    assert "Get a new link" in answer.text
    assert "start page" not in answer.text
