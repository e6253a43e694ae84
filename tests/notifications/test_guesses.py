"""Guesses of a family's link: what nobody was given looks like what has ended, and an address has few of them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from services.notifications import storage
from services.notifications.web.family import guesses
from services.notifications.web.family.guesses import OF_ONE
from tests.notifications.builders import MOTHER, NOW, REFERRAL, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_web import a_link, browser

Houses = Callable[..., Awaitable[House]]
#: So that each request may come from an address of its own.
BEHIND_A_PROXY = {"trusted_proxies": "127.0.0.1/32"}


def elsewhere(n: int) -> dict[str, str]:
    return {"X-Forwarded-For": f"10.{n // 65536}.{n // 256 % 256}.{n % 256}"}


def guess(n: int) -> str:
    return f"/f/{n:022d}"


async def test_unknown_forged_expired_revoked_and_withdrawn_links_look_alike(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    link, clock = await a_link(it), it.running.clock
    async with browser(it) as family:
        assert (await family.get(link)).status_code == 200
        answers = [await family.get("/f/x"), await family.get(guess(1))]
        await it.hear(details(may_be_told=False))
        answers.append(await family.get(link))
        await it.hear(details())
        async with it.pool.acquire() as conn:
            await storage.revoke_links(conn, REFERRAL, MOTHER)
        answers.append(await family.get(link))
        await it.pool.execute("UPDATE link SET revoked_at = NULL")
        assert (await family.get(link)).status_code == 200
        await clock.step(it.pool, NOW + timedelta(days=91))  # type: ignore[attr-defined]
        answers.append(await family.get(link))
    assert {(each.status_code, each.text) for each in answers} == {(404, answers[0].text)}


async def test_ten_thousand_guesses_of_one_address_are_not_looked_up(house: Houses) -> None:
    it = await house(**BEHIND_A_PROXY)
    await it.hear(received(), routed(), details())
    link = await a_link(it)
    async with browser(it) as somebody:
        for n in range(OF_ONE):
            assert (await somebody.get(guess(n), headers=elsewhere(1))).status_code == 404
        refused = await somebody.get(guess(0), headers=elsewhere(1))
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) <= 600
        right = await somebody.get(link, headers=elsewhere(1))
        assert (right.status_code, right.text) == (429, refused.text), "it does not learn when it is right"
        assert (await somebody.get(link, headers=elsewhere(2))).status_code == 200


async def test_in_a_storm_of_guesses_each_address_has_a_few_and_families_still_read(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guesses, "OF_ALL", 60)
    it = await house(**BEHIND_A_PROXY)
    await it.hear(received(), routed(), details())
    link = await a_link(it)
    async with browser(it) as somebody:
        for n in range(60):
            assert (await somebody.get("/f/x", headers=elsewhere(n))).status_code == 404
        stranger = elsewhere(70_000)
        codes = [(await somebody.get(guess(n), headers=stranger)).status_code for n in range(4)]
        assert codes == [404, 404, 404, 429]
        assert (await somebody.get(link, headers=elsewhere(70_001))).status_code == 200


async def test_a_mail_scanner_that_follows_every_link_changes_nothing_and_uses_nothing_up(
    house: Houses,
) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    link = await a_link(it)
    tables = ("message", "link", "contact", "story", "outbox")

    async def all_of_it() -> list[Any]:
        return [await it.pool.fetch(f"SELECT t::text FROM {name} t ORDER BY 1") for name in tables]

    before = await all_of_it()
    async with browser(it) as scanner:
        for _ in range(5):
            assert (await scanner.head(link)).status_code == 200
            assert (await scanner.get(link)).status_code == 200
    assert await all_of_it() == before


async def test_guesses_are_counted_over_all_processes(house: Houses) -> None:
    it = await house(**BEHIND_A_PROXY)
    for n in range(OF_ONE):
        async with browser(it) as one_process:
            assert (await one_process.get(guess(n), headers=elsewhere(1))).status_code == 404
    async with browser(it) as another_process:
        assert (await another_process.get(guess(0), headers=elsewhere(1))).status_code == 429
        assert (await another_process.get(guess(0), headers=elsewhere(2))).status_code == 404
    kept = await it.pool.fetchval("SELECT string_agg(c::text, ' ') FROM sign_in_count c")
    assert "10.0" not in kept, "no address is kept"
