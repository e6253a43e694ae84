"""What time makes goes out like any other message, in time or not at all; a database that was lost makes none twice."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chassis.decision import Refused
from chassis.storage import Stored
from deploy.local.notify import NotifyServer
from deploy.local.notify.account import Mood
from schemas.notifications_v1 import MessageSent
from services.notifications import learning
from services.notifications.channels import Failed
from services.notifications.domain import restoring
from services.notifications.domain.by_hand import Release, release
from services.notifications.domain.message import Message
from services.notifications.domain.sending_again import SendAgain, send_again
from services.notifications.sender import Sender
from services.notifications.storage import MESSAGES, STORIES
from services.notifications.templates import shipped
from tests.notifications.builders import MOTHER, NOW, REFERRAL, decided, details, listed, opened, received
from tests.notifications.conftest import House
from tests.notifications.notifying import a_sender_by_its_settings, by_notify
from tests.notifications.test_sender import Post, a_sender
from tests.notifications.test_timed import arranged, march, moved

Houses = Callable[..., Awaitable[House]]
VISIT = date(2026, 3, 18)
THEN = march(16, 8)
LEARNING = learning.LEARNING


async def days_go_by(it: House, to: datetime) -> None:
    clock: Any = it.running.clock
    await clock.step(it.pool, to)
    while (await it.running.due.once())[0]:
        pass


async def of_time(it: House) -> list[tuple[str, str, str | None]]:
    return [(fact, phase, why) for fact, _, phase, why in await it.phases() if fact.startswith("reminder.")]


async def test_a_reminder_goes_out_once_like_any_other_message(house: Houses) -> None:
    it, post = await house(), Post()
    await it.hear(details(MOTHER), received(), arranged(VISIT))
    sender = a_sender(it, post)
    await sender.send_group()
    assert await it.running.due.next_due() == THEN
    await days_go_by(it, THEN)
    await days_go_by(it, THEN + timedelta(hours=5))
    while await sender.send_group():
        pass
    assert [letter.fact for letter in post.letters] == ["visit.arranged", "reminder.visit"]
    assert "18 March 2026" in post.letters[1].body


async def test_a_reminder_that_could_not_go_before_its_day_is_not_sent_after_it(house: Houses) -> None:
    it, post = await house(), Post()
    await it.hear(details(MOTHER), received(), arranged(VISIT))
    sender = a_sender(it, post)
    await sender.send_group()
    await days_go_by(it, THEN)
    await days_go_by(it, march(18))  # sending was paused
    while await sender.send_group():
        pass
    assert [letter.fact for letter in post.letters] == ["visit.arranged"]
    assert await of_time(it) == [("reminder.visit", "closed", "outlived")]


async def test_a_letter_that_would_come_after_the_day_is_not_posted(house: Houses) -> None:
    it, post = await house(), Post()
    by_post = details(MOTHER, email=None, address="1 High Street, Hitchin SG4 9AA")
    await it.hear(by_post, received(), arranged(VISIT), arranged(date(2026, 3, 26), visit="v-2"))
    settings: Any = it.running.settings
    sender = Sender(it.running, settings, shipped(), {"letter": post})
    await days_go_by(it, THEN)
    while await sender.send_group():
        pass
    assert [letter.fact for letter in post.letters] == ["visit.arranged", "visit.arranged"]
    assert await of_time(it) == [("reminder.visit", "closed", "outlived")]


async def test_where_a_text_came_back_and_a_letter_is_too_slow_a_person_is_asked(house: Houses) -> None:
    it, post = await house(), Post()
    by_text = details(MOTHER, email=None, phone="07700 900123", address="1 High Street, Hitchin SG4 9AA")
    await it.hear(by_text, received(), arranged(VISIT))
    settings: Any = it.running.settings
    gone = Post(*[Failed("permanent-failure")] * 2)
    sender = Sender(it.running, settings, shipped(), {"text": gone, "letter": post})
    await days_go_by(it, THEN)
    while await sender.send_group():
        pass
    assert [letter.fact for letter in post.letters] == ["visit.arranged"]
    assert await of_time(it) == [("reminder.visit", "held", "no-contact")]


async def test_a_reminder_that_waited_while_its_visit_moved_does_not_go_out(house: Houses) -> None:
    it, post = await house(), Post()
    await it.hear(details(MOTHER), received(), arranged(VISIT))
    sender = a_sender(it, post)
    await sender.send_group()
    await days_go_by(it, THEN)  # nothing goes now
    await it.hear(moved(date(2026, 3, 25), THEN))
    while await sender.send_group():
        pass
    assert [letter.fact for letter in post.letters] == ["visit.arranged", "visit.moved"]
    assert await of_time(it) == [("reminder.visit", "closed", "overtaken")]
    await days_go_by(it, march(23, 9))
    while await sender.send_group():
        pass
    assert [letter.fact for letter in post.letters][2:] == ["reminder.visit"]
    assert "25 March 2026" in post.letters[2].body


async def test_an_apology_that_waited_until_the_decision_came_does_not_go_out(house: Houses) -> None:
    it, post = await house(), Post()
    await it.hear(details(MOTHER), received(), opened(), listed(decision_by=date(2026, 3, 27)))
    sender = a_sender(it, post)
    await sender.send_group()
    await days_go_by(it, march(28, 9))
    await it.hear(decided(decided_at=march(28, 9)))
    while await sender.send_group():
        pass
    assert "apology.decision" not in [letter.fact for letter in post.letters]
    assert "decision.issued" in [letter.fact for letter in post.letters]
    waited = [(phase, why) for fact, _, phase, why in await it.phases() if fact == "apology.decision"]
    assert waited == [("closed", "overtaken")]


async def test_of_what_a_person_let_go_and_is_not_true_any_more_everybody_hears_the_end(
    house: Houses,
) -> None:
    it = await house()
    await it.hear(details(MOTHER, email=None), received(), arranged(VISIT))
    sender = a_sender(it, Post())
    await days_go_by(it, THEN)
    await sender.sweep()
    assert await of_time(it) == [("reminder.visit", "held", "no-contact")]
    await it.hear(details(MOTHER))
    row = await it.pool.fetchrow("SELECT id FROM message WHERE fact = 'reminder.visit'")
    assert row is not None
    await it.running.runner.command(Release(row["id"], "Ann", "there is an address now"))
    await days_go_by(it, march(19))
    while await sender.send_group():
        pass
    assert await of_time(it) == [("reminder.visit", "closed", "outlived")]
    assert (await it.said()).count("message.settled.v1") == 1


async def test_a_rebuilt_database_makes_nothing_of_what_was_due_before_its_cut_over(house: Houses) -> None:
    it = await house()
    await it.hear(
        details(MOTHER), received(), opened(), arranged(VISIT), listed(decision_by=date(2026, 3, 27))
    )
    async with it.pool.acquire() as conn, conn.transaction():
        assert LEARNING.cut_over is not None
        await LEARNING.cut_over(conn, march(17))
    await days_go_by(it, march(17))
    assert await of_time(it) == []
    await days_go_by(it, march(28))
    made = [fact for fact, *_ in await it.phases() if fact.startswith("apology.")]
    assert made == ["apology.day", "apology.decision"], "what comes after it is told as ever"


async def test_what_a_restored_database_cannot_know_to_be_told_is_held_for_a_person(house: Houses) -> None:
    it, post = await house(), Post()
    await it.hear(details(MOTHER), received(), arranged(VISIT))
    sender = a_sender(it, post)
    await sender.send_group()
    async with it.pool.acquire() as conn, conn.transaction():
        assert LEARNING.in_doubt is not None
        await LEARNING.in_doubt(conn, march(17))
    await days_go_by(it, march(17))
    assert await sender.send_group() == 0
    await sender.sweep()
    assert await of_time(it) == [("reminder.visit", "held", "uncertain")]


async def test_a_reminder_that_its_own_fact_brought_back_is_not_made_again(house: Houses) -> None:
    lost, it = await house(), await house()
    for each in (lost, it):
        await each.hear(details(MOTHER), received(), arranged(VISIT))
    await days_go_by(lost, THEN)
    row = await lost.pool.fetchrow("SELECT id FROM message WHERE fact = 'reminder.visit'")
    assert row is not None
    fact = sent(row["id"])
    back = restoring.sent(None, fact).state
    assert back is not None
    async with it.pool.acquire() as conn, conn.transaction():
        await MESSAGES.insert(conn, [Stored(back.id, 1, 1, back)])
    await days_go_by(it, THEN)
    assert await of_time(it) == [("reminder.visit", "sent", None)]


def sent(id: str = "m-1", fact: str = "reminder.visit") -> MessageSent:
    return MessageSent(
        message_id=id, referral_id=REFERRAL, person_id=MOTHER, fact=fact, channel="email", sent_at=NOW
    )


def test_only_what_time_makes_comes_back_by_its_own_fact_alone() -> None:
    assert restoring.sent(None, sent(fact="referral.routed")).state is None
    back = restoring.sent(None, sent()).state
    assert back is not None
    assert (back.id, back.phase, back.referral_id, back.person_id) == ("m-1", "sent", REFERRAL, MOTHER)


def test_what_came_back_without_its_words_cannot_be_sent_by_a_person() -> None:
    back = restoring.sent(None, sent()).state
    assert isinstance(back, Message)
    with pytest.raises(Refused, match="words-gone"):
        send_again(back, SendAgain(back.id, "Ann", "they lost it"), NOW)
    held = back.model_copy(update={"phase": "held"})
    with pytest.raises(Refused, match="words-gone"):
        release(held, Release(back.id, "Ann", "not in the log"), NOW)


async def test_databases_are_compared_without_what_time_made(house: Houses) -> None:
    it = await house()
    await it.hear(details(MOTHER), received(), arranged(VISIT))
    await days_go_by(it, THEN)
    (stories, messages) = (
        next(each for each in LEARNING.learnt if each.table is table) for table in (STORIES, MESSAGES)
    )
    rows = await it.pool.fetch("SELECT state FROM message ORDER BY seq")
    read = [MESSAGES.read(row["state"]) for row in rows]
    assert [one.fact for one in read if messages.told(one)] == ["visit.arranged"]
    before = STORIES.read(await it.pool.fetchval("SELECT state FROM story"))
    async with it.pool.acquire() as conn, conn.transaction():
        assert LEARNING.cut_over is not None
        for instant in (march(20), march(17)):  # an earlier one takes nothing back
            await LEARNING.cut_over(conn, instant)
    after = STORIES.read(await it.pool.fetchval("SELECT state FROM story"))
    assert after.timed_until == march(20)
    assert stories.compared(after) == stories.compared(before)


@pytest.mark.parametrize(("mood", "end"), [("denies", ("sent", None)), ("broken", ("closed", "outlived"))])
async def test_what_notify_answered_with_500_is_looked_up_before_it_is_closed_unsaid(
    house: Houses, server: NotifyServer, mood: Mood, end: tuple[str, str | None]
) -> None:
    it = await house(**by_notify(server.url))
    await it.hear(details(MOTHER), received(), arranged(VISIT))
    async with a_sender_by_its_settings(it) as sender:
        await sender.send_group()
        await days_go_by(it, THEN)
        server.become(mood)
        await sender.send_group()
        await days_go_by(it, march(18))
        server.become("broken")
        await it.pool.execute("UPDATE message SET ready_at = now() WHERE phase = 'pending'")
        await sender.send_group()
        assert await of_time(it) == [("reminder.visit", "pending", "cannot-be-asked")]
        server.become("well")
        await it.pool.execute("UPDATE message SET ready_at = now() WHERE phase = 'pending'")
        await sender.send_group()
    assert await of_time(it) == [("reminder.visit", *end)]
    assert len(server.sent) == 1 + (mood == "denies")
