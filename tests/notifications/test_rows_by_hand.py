"""Rows that somebody changed by hand, so that nobody can read them: what is about them waits, all else goes on."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.notifications import storage
from services.notifications.channels import Letter, Result
from services.notifications.measuring import measure
from services.notifications.sender import Sender
from services.notifications.templates import shipped
from tests.notifications.builders import FATHER, MOTHER, destination, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_digest import FIVE, with_two_steps_at_their_hour
from tests.notifications.test_sender import Post, a_sender
from tests.notifications.test_timed import arranged
from tests.notifications.test_timed_sending import THEN, VISIT, days_go_by

Houses = Callable[..., Awaitable[House]]
_LATER = "UPDATE message SET ready_at = clock_timestamp() WHERE phase = 'pending'"


async def all_that_goes(sender: Sender) -> None:
    while await sender.send_group():
        pass


@pytest.mark.parametrize(("table", "column"), [("message", "person_id"), ("contact", "id")])
async def test_a_message_that_or_whose_recipient_cannot_be_read_waits_until_it_was_put_right(
    house: Houses, table: str, column: str
) -> None:
    it, post = await house(lease_seconds=20), Post()
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER), details(FATHER), destination())
    kept = await it.pool.fetchval(f"SELECT state FROM {table} WHERE {column} = $1", MOTHER)
    field = {"message": "fact", "contact": "language"}[table]
    spoil = f"UPDATE {table} SET state = (state::jsonb || '{{\"{field}\": 7}}')::json WHERE {column} = $1"
    await it.pool.execute(spoil, MOTHER)
    sender = a_sender(it, post)
    await all_that_goes(sender)
    assert [(person, phase) for _, person, phase, _ in await it.phases()] == [
        (MOTHER, "pending"),
        (FATHER, "sent"),
    ]
    assert await it.pool.fetchval("SELECT ready_at > clock_timestamp() FROM message WHERE phase = 'pending'")
    mend = f"UPDATE {table} SET state = (state::jsonb || jsonb_build_object('{field}', $2::json->'{field}'))::json"
    await it.pool.execute(f"{mend} WHERE {column} = $1", MOTHER, kept)
    await it.pool.execute(_LATER)
    await all_that_goes(sender)
    assert [phase for _, _, phase, _ in await it.phases()] == ["sent", "sent"]
    assert await it.pool.fetchval("SELECT array_agg(DISTINCT state->>'tries') FROM message") == ["1"]
    assert len(post.letters) == 2


async def test_what_time_made_waits_while_nobody_can_tell_whether_its_story_has_overtaken_it(
    house: Houses,
) -> None:
    it, post = await house(), Post()
    await it.hear(details(MOTHER), received(), arranged(VISIT))
    sender = a_sender(it, post)
    await all_that_goes(sender)
    await days_go_by(it, THEN)
    kept = await it.pool.fetchval("SELECT state FROM story")
    await it.pool.execute("UPDATE story SET state = (state::jsonb || '{\"reference\": 7}')::json")
    await all_that_goes(sender)
    assert [letter.fact for letter in post.letters] == ["visit.arranged"]
    await it.pool.execute("UPDATE story SET state = $1::text::json", kept)
    await it.pool.execute(_LATER)
    await all_that_goes(sender)
    assert [letter.fact for letter in post.letters] == ["visit.arranged", "reminder.visit"]


async def test_an_entry_of_the_directory_that_cannot_be_read_keeps_no_message(house: Houses) -> None:
    it, post = await house(), Post()
    await it.hear(received(), routed(), details(MOTHER), destination())
    await it.pool.execute("UPDATE directory_entry SET state = '{\"kind\": 7}'")
    await all_that_goes(a_sender(it, post))
    assert len(post.letters) == len(await it.phases())


@pytest.mark.parametrize("spoilt", ['"many"', "null", "{}"])
async def test_tries_that_are_no_number_keep_their_message_only_and_stay_as_they_are(
    house: Houses, spoilt: str
) -> None:
    it, post = await house(), Post()
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER), details(FATHER), destination())
    spoil = "UPDATE message SET state = jsonb_set(state::jsonb, '{tries}', $2::text::jsonb)::json WHERE person_id = $1"
    await it.pool.execute(spoil, MOTHER, spoilt)
    await all_that_goes(a_sender(it, post))
    assert len(post.letters) == 1
    kept = "SELECT phase, state->'tries' AS tries FROM message WHERE person_id = $1"
    assert [tuple(row) for row in await it.pool.fetch(kept, MOTHER)] == [("pending", spoilt)]


@pytest.mark.parametrize("spoilt", ["yesterday", "2026-02-30T09:00:00Z", "7"])
async def test_small_steps_of_which_nobody_can_tell_since_when_they_wait_keep_no_other_message(
    house: Houses, spoilt: str
) -> None:
    it, post = await with_two_steps_at_their_hour(house), Post()
    await it.hear(details(FATHER))
    spoil = "UPDATE message SET state = (state::jsonb || jsonb_build_object('made_at', $1::text))::json"
    await it.pool.execute(f"{spoil} WHERE fact = 'referral.reopened'", spoilt)
    sender = a_sender(it, post)
    await all_that_goes(sender)
    assert "referral.accepted" in {letter.fact for letter in post.letters}
    await measure(it.running, shipped().small)
    async with it.pool.acquire() as conn:
        await storage.to_be_sent(conn, FIVE)
        await storage.batches(conn, FIVE, 1)


async def test_as_many_messages_as_are_looked_at_at_once_hide_none_behind_them(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER), details(FATHER))
    async with it.pool.acquire() as conn:
        await conn.execute(
            "UPDATE message SET phase = 'sending', lease_until = now() - interval '1 hour' * seq, ask_at = now() - "
            "interval '1 hour' * seq, state = (state::jsonb || '{\"phase\": \"sending\"}')::json"
        )
        last = await conn.fetchval("SELECT id FROM message ORDER BY seq LIMIT 1")
        await conn.execute(
            "UPDATE message SET state = (state::jsonb || '{\"fact\": 7}')::json WHERE id <> $1", last
        )
        others = await conn.fetchval("SELECT count(*) FROM message") - 1
        assert others > 0
        assert await storage.abandoned(conn, others) == []
        assert [left.message.id for left in await storage.abandoned(conn, others)] == [last]
        assert [message.id for message, _ in await storage.to_ask_about(conn, others)] == [last]


async def test_where_one_part_of_the_sender_fails_what_the_lanes_have_in_hand_is_still_written_down(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Post):
        async def send(self, letter: Letter) -> Result:
            await failing.wait()
            await asyncio.sleep(0.05)  # in which the failure would reach the lanes
            return await super().send(letter)

    async def fails() -> int:
        failing.set()
        raise IndexError

    it, post, failing = await house(), Slow(), asyncio.Event()
    await it.hear(received(), routed(), details(MOTHER))
    sender = a_sender(it, post)
    monkeypatch.setattr(sender, "sweep", fails)
    running = asyncio.create_task(sender.run())
    async with asyncio.timeout(20):
        while (await it.phases())[0][2] != "sent" and not running.done():  # noqa: ASYNC110 (the table is asked)
            await asyncio.sleep(0.01)
    it.running.stopping.set()
    await asyncio.wait_for(running, 20)
    assert [phase for _, _, phase, _ in await it.phases()] == ["sent"]
    assert "task_failed" in str(it.running.parts.why("tasks"))
