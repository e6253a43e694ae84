"""A message that Notify had before, and that came back: what is asked about a later attempt is not answered by it."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from deploy.local.notify import Mood, NotifyServer
from services.notifications.sender import Sender
from tests.notifications.builders import MOTHER, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.notifying import a_sender_by_its_settings, by_notify
from tests.notifications.test_by_notify import hears, lapse
from tests.notifications.test_timed import arranged, march
from tests.notifications.test_timed_sending import THEN, VISIT, days_go_by, of_time

Houses = Callable[..., Awaitable[House]]


async def goes(it: House, sender: Sender, server: NotifyServer, mood: Mood) -> None:
    """What waits goes out now, whatever put it off."""
    server.become(mood)
    await it.pool.execute("UPDATE message SET ready_at = clock_timestamp() WHERE phase = 'pending'")
    sender._pauses = type(sender._pauses)(it.running.parts)
    sender._asking._again.clear()
    assert await sender.send_group() == 1


@pytest.fixture
async def back(house: Houses, server: NotifyServer) -> AsyncIterator[tuple[House, Sender]]:
    """A house with one message that Notify took, and could not deliver for now."""
    it = await house(**by_notify(server.url))
    await it.hear(received(), routed(), details(phone="07700 900123"))
    async with a_sender_by_its_settings(it) as sender:
        await sender.send_group()
        await hears(it, server, server.sent[0], "temporary-failure")
        yield it, sender


async def test_it_is_not_taken_for_the_one_that_nobody_heard_of(
    back: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = back
    await goes(it, sender, server, "gateway")
    assert await it.phases() == [("referral.routed", MOTHER, "sending", "no-answer")]
    server.become("well")
    await lapse(it)
    await sender.sweep()
    assert await it.phases() == [("referral.routed", MOTHER, "pending", "never-taken")]
    await goes(it, sender, server, "well")
    assert await it.phases() == [("referral.routed", MOTHER, "sent", None)]
    assert len(server.sent) == 2


async def test_it_is_not_taken_for_the_one_whose_answer_was_lost_at_once(
    back: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = back
    await goes(it, sender, server, "drops")
    assert await it.phases() == [("referral.routed", MOTHER, "sent", None)]
    await hears(it, server, server.sent[1], "delivered")
    assert await it.said() == [
        "message.sent.v1", "message.returned.v1", "message.sent.v1", "message.delivered.v1",
    ]  # fmt: skip


async def test_it_is_not_taken_for_the_one_that_was_answered_with_500(
    back: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = back
    await goes(it, sender, server, "broken")
    await goes(it, sender, server, "well")
    assert await it.phases() == [("referral.routed", MOTHER, "sent", None)]
    assert len(server.sent) == 2


async def test_it_is_not_taken_for_a_reminder_that_was_answered_with_500_before_its_day(
    house: Houses, server: NotifyServer
) -> None:
    it = await house(**by_notify(server.url))
    await it.hear(details(MOTHER), received(), arranged(VISIT))
    async with a_sender_by_its_settings(it) as sender:
        await sender.send_group()
        await days_go_by(it, THEN)
        await sender.send_group()
        await hears(it, server, server.sent[1], "temporary-failure")
        await goes(it, sender, server, "broken")
        await days_go_by(it, march(18))
        await goes(it, sender, server, "well")
    assert await of_time(it) == [("reminder.visit", "closed", "outlived")]
    assert len(server.sent) == 2
