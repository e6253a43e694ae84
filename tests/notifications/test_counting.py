"""Messages under way are counted and claimed every moment, however many have been sent."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from services.notifications.storage import claim, reading, stuck, unfinished
from tests.notifications.builders import NOW, destination, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_sender import Post, a_sender

Houses = Callable[..., Awaitable[House]]


async def counted(it: House) -> dict[str, int]:
    async with it.pool.acquire() as conn:
        return await unfinished(conn)


async def test_what_waits_or_is_in_hand_is_counted_and_what_was_sent_is_not(house: Houses) -> None:
    it = await house()
    assert await counted(it) == {"pending": 0, "sending": 0, "held": 0, "failed": 0}
    await it.hear(received(), routed(), details(), destination())
    waiting = (await counted(it))["pending"]
    assert waiting > 0
    sender = a_sender(it, Post())
    group = await sender._claimed()
    assert await counted(it) == {
        "pending": waiting - len(group),
        "sending": len(group),
        "held": 0,
        "failed": 0,
    }
    await it.pool.execute("UPDATE message SET phase = 'held' WHERE phase = 'sending'")
    assert (await counted(it))["held"] == len(group)
    await it.pool.execute("UPDATE message SET phase = 'sent'")
    assert await counted(it) == {"pending": 0, "sending": 0, "held": 0, "failed": 0}


async def test_what_was_sent_is_not_looked_at_to_count_the_rest(house: Houses) -> None:
    """With a million messages sent, a walk through them took a second, and was made every five."""
    it = await house()
    async with it.pool.acquire() as conn, conn.transaction():
        await conn.execute("SET LOCAL enable_seqscan = off")  # a table of no rows is soonest read as a whole
        plan = await conn.fetch(f"EXPLAIN {reading._UNFINISHED}")
    lines = "\n".join(row[0] for row in plan)
    for index in ("message_to_send", "message_in_flight", "message_for_a_person"):
        assert index in lines
    assert "Seq Scan" not in lines


_MORE = """
INSERT INTO message (id, version, said, state, phase, referral_id, person_id, fact, ready_at)
SELECT id || n, version, said, state, phase, referral_id || n, person_id, fact, ready_at
FROM message, generate_series(1, 1000) n
"""
_READ = "SELECT pg_stat_get_tuples_returned('message_to_send'::regclass)"


async def test_a_claim_does_not_look_again_at_all_that_was_claimed_before(house: Houses) -> None:
    """Until a vacuum they stand in the index of what waits, and each claim of a busy minute read thousands."""
    it = await house()
    await it.hear(received(), routed(), details())
    async with it.pool.acquire() as conn:
        await conn.execute(_MORE)
        await conn.execute("ANALYZE message")
        await conn.execute("UPDATE message SET phase = 'sent' WHERE id NOT LIKE '%00'")
        for _ in range(10):
            async with conn.transaction():
                assert len(await claim(conn, 1, timedelta(minutes=1), NOW)) == 1
        await conn.execute("SELECT pg_stat_force_next_flush()")
        assert await conn.fetchval(_READ) < 2 * 1001


_MORE_PEOPLE = """
INSERT INTO contact (id, version, said, state, reach)
SELECT id || n, version, said, state, reach FROM contact, generate_series(1, 10000) n
"""
_MORE_STORIES = """
INSERT INTO story (id, version, said, state) SELECT id || n, version, said, state FROM story, generate_series(1, 1000) n
"""


@pytest.mark.parametrize("looked_for", [stuck._UNREACHABLE, stuck._STOPPED], ids=["unreachable", "stopped"])
async def test_a_sweep_reads_what_waits_and_not_all_that_there_is(house: Houses, looked_for: str) -> None:
    """It runs twice a second. In a busy minute it read every contact, and every message that had been sent."""
    it = await house()
    await it.hear(received(), routed(), details(), destination())
    async with it.pool.acquire() as conn:
        for more in (_MORE_PEOPLE, _MORE_STORIES, _MORE.replace("1000", "5000")):
            await conn.execute(more)
        await conn.execute("UPDATE message SET phase = 'sent' WHERE id NOT LIKE '%0'")
        await conn.execute("ANALYZE message")  # ten times as many wait as do a moment later
        await conn.execute("UPDATE message SET phase = 'sent' WHERE id NOT LIKE '%00'")
        await conn.execute("VACUUM message")
        plan = await conn.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {looked_for}", 200, [])
    assert json.loads(plan)[0]["Plan"]["Shared Hit Blocks"] < 300
