"""How many messages are under way is counted every few seconds, however many have been sent."""

from collections.abc import Awaitable, Callable

from services.notifications.storage import reading, unfinished
from tests.notifications.builders import destination, details, received, routed
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
