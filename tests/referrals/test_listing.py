"""The wait to expect at each destination, reckoned once a day and published in the directory."""

import asyncio
import json
from datetime import date, timedelta
from typing import Any

from chassis.clock import SteppedClock
from services.referrals import storage
from services.referrals.domain.commands import AcceptReferral, WithdrawReferral
from services.referrals.domain.directory.waits import Expected, Wait
from services.referrals.listing import Listing, reckon
from tests.referrals.builders import TODAY, book, form, upn_of
from tests.referrals.conftest import Office, Offices

TEAM = "communication-autism"


async def history(office: Office, took: list[int]) -> None:
    """Referrals of one day, accepted after so many days each."""
    clock = office.running.clock
    assert isinstance(clock, SteppedClock)
    for n in range(len(took)):
        await office.refer(form(child__upn=upn_of(n)))
    ids = [row["id"] for row in await office.pool.fetch("SELECT id FROM referral ORDER BY received_at, id")]
    start = clock.now()
    for id, days in sorted(zip(ids, took, strict=True), key=lambda each: each[1]):
        clock._now = start + timedelta(days=days)
        await office.running.runner.command(AcceptReferral(id, by="t"))


async def published(office: Office) -> list[Any]:
    """The (median, 80th percentile) that were published of the team, in order."""
    rows = await office.pool.fetch(
        "SELECT convert_from(payload, 'utf8')::json AS said FROM outbox "
        "WHERE topic = 'directory.v1' AND key = $1 ORDER BY seq",
        f"destination:{TEAM}",
    )

    said = [json.loads(row["said"]) for row in rows]
    return [(each["expected_wait_days"], each["expected_wait_p80_days"]) for each in said]


async def test_the_directory_tells_the_team_s_own_number_until_there_are_enough_cases(
    office: Offices,
) -> None:
    it, listing = await office(), Listing(book())
    await listing.publish(it.running)
    team = book().destinations[TEAM]
    assert await published(it) == [(team.expected_wait_days, None)]
    await history(it, list(range(1, 21)))
    it.running.clock._now += timedelta(days=1)  # type: ignore[attr-defined]
    await listing.publish(it.running)
    assert (await published(it))[-1] == (10, 16)


async def test_a_day_s_number_is_reckoned_once_from_what_was_known_when_the_day_before_ended(
    office: Offices,
) -> None:
    it = await office()
    await history(it, [5] * 20)
    today = TODAY + timedelta(days=5)
    async with it.pool.acquire() as conn:
        await reckon(conn, "answer", today)
        assert (await storage.waits_said(conn, "answer", today))[TEAM] == Expected(0), "answered only today"
        await reckon(conn, "answer", today + timedelta(days=1))
        await it.pool.execute("UPDATE referral SET answered_at = NULL")
        await reckon(conn, "answer", today + timedelta(days=1))
        said = await storage.waits_said(conn, "answer", today + timedelta(days=1))
        assert said[TEAM] == Expected(20, 5, 5)
        assert (await storage.waits_said(conn, "answer", today))[TEAM] == Expected(0), "what was said stays"


async def test_who_waits_and_who_was_withdrawn_are_known_as_such(office: Offices) -> None:
    it = await office()
    for n in range(3):
        await it.refer(form(child__upn=upn_of(n)))
    ids = [row["id"] for row in await it.pool.fetch("SELECT id FROM referral ORDER BY received_at, id")]
    it.running.clock._now += timedelta(days=2)  # type: ignore[attr-defined]
    await it.running.runner.command(AcceptReferral(ids[0], by="t"))
    await it.running.runner.command(WithdrawReferral(ids[1], "needs-met", by="t"))
    later = TODAY + timedelta(days=2)
    async with it.pool.acquire() as conn:
        waits = (await storage.waits_of(conn, "answer", date(2025, 3, 4)))[TEAM]
        ends = (await storage.waits_of(conn, "end", date(2025, 3, 4)))[TEAM]
    assert sorted(waits, key=str) == sorted(
        [Wait(TODAY, answered=later), Wait(TODAY, left=later), Wait(TODAY)], key=str
    )
    assert sorted(ends, key=str) == sorted([Wait(TODAY), Wait(TODAY, left=later), Wait(TODAY)], key=str)


async def _said(office: Office) -> None:
    while not await office.pool.fetchval("SELECT count(*) FROM expected_wait"):  # noqa: ASYNC110 (the table is asked)
        await asyncio.sleep(0.01)


async def test_when_a_day_begins_it_is_published_again_and_else_not(office: Offices) -> None:
    it, listing = await office(), Listing(book())
    await listing.publish(it.running)
    before = await it.pool.fetchval("SELECT count(*) FROM expected_wait")
    await history(it, [3] * 20)
    it.running.clock._now += timedelta(days=1)  # type: ignore[attr-defined]
    it.running.stopping.set()
    await listing.daily(it.running)
    assert await it.pool.fetchval("SELECT count(*) FROM expected_wait") == before, (
        "it ends when it is told to"
    )
    it.running.stopping.clear()
    task = asyncio.create_task(listing.daily(it.running))
    await asyncio.wait_for(_said(it), 30)
    it.running.stopping.set()
    await task
    assert (await published(it))[-1] == (3, 3)
