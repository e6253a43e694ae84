"""The pages of messages: the start page, what waits for a person, and settling it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2

from chassis.web.hosting import make_web
from schemas.staff_v1 import ReferralRestricted, StaffDetails, StaffGrant
from services.notifications.web.messages import SAYS
from tests.notifications.builders import NOW, REFERRAL, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_sender import Post, a_sender
from tests.support.sessions import session_for

Houses = Callable[..., Awaitable[House]]
HERE = "http://here"
TEMPLATES = Path(__file__).parents[2] / "services/notifications/templates"


class Visitor:
    """Somebody who has signed in at the notifications service."""

    def __init__(self, http: httpx2.AsyncClient, csrf: str) -> None:
        self.http, self.csrf = http, csrf

    async def get(self, path: str) -> httpx2.Response:
        return await self.http.get(path, headers={"Accept": "text/html"})

    async def post(self, path: str, **given: Any) -> httpx2.Response:
        fields = {"csrf": self.csrf, **given}
        return await self.http.post(path, data=fields, headers={"Accept": "text/html"})


async def as_(house: House, name: str, role: Any = "service-manager") -> Visitor:
    """A member of staff, as the referrals service tells of them."""
    grant = StaffGrant(role=role, from_day=NOW.date())
    told = {"subject": f"idp|{name}", "name": name.title(), "email": f"{name}@x.example", "active": True}
    await house.hear(StaffDetails(staff_id=name, grants=(grant,), **told))
    held = await session_for(house.pool, name, "notifications")
    app = httpx2.ASGITransport(app=make_web(house.running))
    return Visitor(httpx2.AsyncClient(transport=app, base_url=HERE, cookies=held.cookies), held.csrf)


async def with_a_held_message(houses: Houses) -> tuple[House, str]:
    """A message whose recipient has no address: it waits for a person."""
    house = await houses(public_url=HERE)
    await house.hear(received(), routed(), details(email=None))
    await a_sender(house, Post()).sweep()
    message: str = await house.pool.fetchval("SELECT id FROM message WHERE phase = 'held'")
    assert message
    return house, message


async def test_the_start_page_counts_what_waits_and_leads_to_it(house: Houses) -> None:
    it, message = await with_a_held_message(house)
    tom = await as_(it, "tom")
    assert "message waits for a person" in (await tom.get("/")).text
    assert f"/messages/{message}" in (await tom.get("/messages")).text
    assert f"/messages/{message}" in (await tom.get("/messages?reference=ABCD-EFGH-JKM4")).text
    assert f"/messages/{message}" not in (await tom.get("/messages?reference=ABCD-EFGH-0000")).text
    assert f"/messages/{message}" not in (await tom.get("/messages?tab=done")).text
    other = await as_(it, "school", "school-user")
    assert "nothing to do in this part" in (await other.get("/")).text
    assert (await other.get("/messages")).status_code == 403


async def test_a_message_is_told_in_words_and_not_by_the_name_of_its_event(house: Houses) -> None:
    it, message = await with_a_held_message(house)
    tom = await as_(it, "tom")
    for path in ("/messages", f"/messages/{message}"):
        page = (await tom.get(path)).text
        assert "We have it, and who deals with it" in page
        assert "Waits for a person" in page
        assert "referral.routed" not in page


def test_every_kind_of_message_has_words() -> None:
    kinds = {path.name.removesuffix(".en.md") for path in TEMPLATES.glob("*.en.md")}
    assert kinds == set(SAYS)


async def test_a_held_message_is_settled_by_hand_once_with_a_reason(house: Houses) -> None:
    it, message = await with_a_held_message(house)
    tom = await as_(it, "tom")
    assert "No way that we have leads to the person" in (await tom.get(f"/messages/{message}")).text
    wrong = await tom.post(f"/messages/{message}/settle")
    assert wrong.status_code == 422
    assert all(words in wrong.text for words in ("Write why", "Choose whether they were told"))
    done = await tom.post(f"/messages/{message}/settle", told="yes", reason="Rang them.")
    assert done.status_code == 303
    said = await it.said()
    again = await tom.post(f"/messages/{message}/settle", told="yes", reason="Rang them.")
    assert again.status_code == 422
    assert await it.said() == said
    assert "told another way: Rang them." in (await tom.get(f"/messages/{message}")).text


async def test_a_held_message_is_sent_again_and_the_same_form_twice_sends_it_once(house: Houses) -> None:
    it, message = await with_a_held_message(house)
    tom = await as_(it, "tom")
    assert (await tom.post(f"/messages/{message}/release")).status_code == 422
    given = {"reason": "The address is known now.", "form": "a-token"}
    for _ in range(2):
        assert (await tom.post(f"/messages/{message}/release", **given)).status_code == 303
    state = await it.pool.fetchval("SELECT state::text FROM message WHERE id = $1", message)
    assert state.count('"did":"released"') == 1


async def test_of_two_managers_only_the_named_one_finds_a_message_of_a_restricted_referral(
    house: Houses,
) -> None:
    it, message = await with_a_held_message(house)
    await it.hear(ReferralRestricted(referral_id=REFERRAL, named=("tom",), restricted_at=NOW))
    tom, other = await as_(it, "tom"), await as_(it, "max")
    assert (await tom.get(f"/messages/{message}")).status_code == 200
    assert (await other.get(f"/messages/{message}")).status_code == 404
    assert message not in (await other.get("/messages")).text
    assert (await other.post(f"/messages/{message}/settle", told="yes", reason="x")).status_code == 404


async def test_reading_messages_is_recorded_by_the_id_of_whoever_reads(house: Houses) -> None:
    it, message = await with_a_held_message(house)
    await (await as_(it, "tom")).get(f"/messages/{message}")
    row = await it.pool.fetchrow("SELECT who, what, subject FROM access_log")
    assert tuple(row or ()) == ("staff:tom", "message", message)


async def test_the_menu_leads_to_the_other_services_for_whoever_has_signed_in(house: Houses) -> None:
    it = await house(
        public_url=HERE, neighbours="referrals=https://referrals.example, panels=https://p.example/"
    )
    page = (await (await as_(it, "tom")).get("/")).text
    assert 'href="https://referrals.example">Referrals</a>' in page
    assert 'href="https://p.example">Panels</a>' in page
    senco = (await (await as_(it, "ada", "school-user")).get("/")).text
    assert 'href="https://referrals.example">Referrals</a>' in senco
    assert "p.example" not in senco, "nobody is led to where nothing is for them"
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=make_web(it.running)), base_url=HERE
    ) as stranger:
        assert "referrals.example" not in (await stranger.get("/")).text
