"""Rows that somebody changed by hand, so that nobody can read them: what is about them waits, all else goes on."""

from collections.abc import Awaitable, Callable

import pytest

from services.notifications.sender import Sender
from tests.notifications.builders import FATHER, MOTHER, destination, details, received, routed
from tests.notifications.conftest import House
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
