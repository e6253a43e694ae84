"""What has a short time of its own goes once a day, a few rows at a time, and the run is written down."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import Result

from chassis import disposal, retention
from chassis.calendar import london_date
from chassis.operations import retention_command
from tests.notifications.builders import MOTHER, NOW, REFERRAL, details, received, routed
from tests.notifications.conftest import House
from tests.support.commands import typed

Houses = Callable[..., Awaitable[House]]
TODAY = london_date(NOW)
_LINKS = (
    "INSERT INTO link (code_hash, referral_id, person_id, message_id, expires_at) "
    "SELECT sha256(n::text::bytea), 'r', 'p', 'm', $2 FROM generate_series($3::int, $3 + $1 - 1) AS n"
)


async def count(it: House, table: str) -> Any:
    return await it.pool.fetchval(f"SELECT count(*) FROM {table}")


async def old_and_new_links(it: House, old: int) -> None:
    await it.pool.execute(_LINKS, old, NOW - timedelta(days=91), 1)
    await it.pool.execute(_LINKS, 3, NOW - timedelta(days=89), old + 1)


async def asked(it: House, *words: str) -> Result:
    """The command as an operator types it."""
    return await typed(it.running, retention_command.add, "retention", "--by", "ops", *words)


async def test_it_is_counted_first_and_nothing_goes(house: Houses) -> None:
    it = await house()
    await old_and_new_links(it, 2)
    said = (await asked(it)).output
    assert "over: 2 of link. Nothing was done" in said
    assert "works 90 days, then 90 days" in said
    assert await count(it, "link") == 5


async def test_by_hand_it_is_done_with_a_reason_that_is_written_down(house: Houses) -> None:
    it = await house()
    await old_and_new_links(it, 2)
    assert "say why" in (await asked(it, "--yes")).output
    assert "2 of link went" in (await asked(it, "--yes", "--reason", "before the audit")).output
    assert await count(it, "link") == 3
    rows = await it.pool.fetch("SELECT who, why, outcome FROM operator_action")
    assert [tuple(row) for row in rows] == [("ops", "before the audit", "2 of link went")]


async def test_a_day_has_one_run_however_many_workers_look(house: Houses) -> None:
    it = await house()
    await old_and_new_links(it, 1)
    runs = await asyncio.gather(*(disposal.on_day(it.running, TODAY) for _ in range(3)))
    assert sorted(runs) == [False, False, True]
    rows = await it.pool.fetch("SELECT did, what, outcome FROM operator_action")
    assert [tuple(row) for row in rows] == [("retention", TODAY.isoformat(), "1 of link went")]
    assert await disposal.on_day(it.running, TODAY + timedelta(days=1))


async def test_many_go_in_small_transactions(house: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP", 10)
    it = await house()
    await old_and_new_links(it, 25)
    assert (await disposal.carried_out(it.running))["link"] == 25
    assert await count(it, "link") == 3


async def test_a_row_that_somebody_works_on_waits_for_nobody_and_goes_the_next_day(house: Houses) -> None:
    it = await house()
    await old_and_new_links(it, 2)
    async with it.pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT FROM link WHERE code_hash = sha256('1'::bytea) FOR UPDATE")
        assert (await disposal.carried_out(it.running))["link"] == 1
    assert (await disposal.carried_out(it.running))["link"] == 1


async def test_by_the_real_clock_goes_what_the_database_dated(house: Houses) -> None:
    it = await house()
    await it.pool.execute(
        "INSERT INTO page_opinion (referral_id, person_id, helped, at) VALUES "
        "('r-1', 'p', 'yes', clock_timestamp() - interval '25 months'), "
        "('r-2', 'p', 'yes', clock_timestamp() - interval '23 months')"
    )
    assert (await disposal.carried_out(it.running))["page_opinion"] == 1


async def test_who_was_told_who_looked_and_what_they_wrote_stay_with_the_childs_record(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    await it.pool.execute(
        "UPDATE message SET phase = 'sent', "
        "state = jsonb_set(state::jsonb, '{made_at}', '\"2000-01-01T09:00:00Z\"')::json"
    )
    await it.pool.execute(
        "INSERT INTO page_view (referral_id, person_id, message_id, at) VALUES ($1, $2, 'm', '2000-01-01')",
        REFERRAL,
        MOTHER,
    )
    await it.pool.execute(
        "INSERT INTO family_words (id, version, said, state, referral_id, person_id) VALUES "
        "('w-1', 4, 0, '{\"said_at\": \"2000-01-01T09:00:00Z\"}', $1, $2)",
        REFERRAL,
        MOTHER,
    )
    tables = ("message", "page_view", "family_words")
    before = [await count(it, table) for table in tables]
    await disposal.carried_out(it.running)
    assert [await count(it, table) for table in tables] == before
    assert min(before) > 0


async def test_a_settled_dead_letter_keeps_its_place_and_loses_what_it_held(house: Houses) -> None:
    it = await house()
    await it.pool.execute(
        "INSERT INTO dead_letter "
        "(topic, partition, record_at, headers, payload, reason, fingerprint, status, settled_at) "
        "SELECT 'referrals.v1', 0, n, '[]', 'words', 'r', 'f', status, at FROM (VALUES "
        "(1, 'discarded', timestamptz '2020-01-01'), (2, 'discarded', clock_timestamp()), (3, 'parked', NULL)) "
        "AS given(n, status, at)"
    )
    assert (await disposal.carried_out(it.running))["dead_letter"] == 1
    rows = await it.pool.fetch("SELECT record_at, payload FROM dead_letter ORDER BY record_at")
    assert [row["payload"] for row in rows] == [None, b"words", b"words"]
