"""Whom it asks what became of a message, how often, and when it asks no more."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from deploy.local.notify import NotifyServer
from services.notifications import storage
from services.notifications.asking import Asking
from services.notifications.sender import Sender
from tests.notifications.builders import MOTHER, NOW, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.notifying import a_sender_by_its_settings, by_notify
from tests.notifications.test_by_notify import lapse

Houses = Callable[..., Awaitable[House]]


@pytest.fixture
async def at(house: Houses, server: NotifyServer) -> AsyncIterator[tuple[House, Sender]]:
    """A house that tells by Notify alone, with one message."""
    it = await house(**by_notify(server.url))
    await it.hear(received(), routed(), details())
    async with a_sender_by_its_settings(it) as sender:
        yield it, sender


async def its_time_has_come(it: House) -> None:
    await it.pool.execute("UPDATE message SET ask_at = clock_timestamp() - interval '1 second'")


async def is_asked_again(it: House) -> bool:
    return bool(await it.pool.fetchval("SELECT ask_at IS NOT NULL FROM message"))


async def test_of_what_no_worker_was_heard_of_its_provider_is_not_asked_at_every_sweep(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    server.become("gateway")
    await sender.send_group()
    server.become("deaf")
    await lapse(it, 1)
    before = server.asked
    for _ in range(3):
        await sender.sweep()
    assert server.asked == before + 1
    sender._asking._again = dict.fromkeys(sender._asking._again, 0.0)  # some seconds later
    await sender.sweep()
    assert server.asked == before + 2


async def test_of_what_the_mail_server_may_have_had_nobody_asks_notify(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    async with it.pool.acquire() as conn, conn.transaction():
        await storage.claim(conn, 10, timedelta(seconds=-1), NOW, providers={"email": "smtp"})
    await sender.sweep()
    assert await it.phases() == [("referral.routed", MOTHER, "held", "uncertain")]
    assert server.asked == 0


async def test_what_a_dead_worker_had_by_a_way_that_this_house_has_no_more_is_a_persons_task(
    at: tuple[House, Sender],
) -> None:
    it, sender = at
    async with it.pool.acquire() as conn, conn.transaction():
        await storage.claim(conn, 10, timedelta(seconds=-1), NOW, providers={"email": "notify"})
    sender._asking._channels = {}
    await sender.sweep()
    assert await it.phases() == [("referral.routed", MOTHER, "held", "uncertain")]


async def test_a_receipt_is_not_waited_for_by_a_way_that_this_house_has_no_more(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    await sender.send_group()
    await its_time_has_come(it)
    assert await Asking(it.running, {}).receipts() == 1
    assert not await is_asked_again(it)
    assert await it.phases() == [("referral.routed", MOTHER, "sent", None)]


async def test_what_notify_has_forgotten_is_asked_about_no_more(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    await sender.send_group()
    server.sent.clear()
    await its_time_has_come(it)
    assert await sender._asking.receipts() == 1
    assert not await is_asked_again(it)
    assert await it.phases() == [("referral.routed", MOTHER, "sent", None)]


async def test_a_notify_that_does_not_answer_is_asked_again_for_a_receipt(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    await sender.send_group()
    server.become("broken")
    await its_time_has_come(it)
    assert await sender._asking.receipts() == 1
    soon = "SELECT ask_at - clock_timestamp() < $1::interval FROM message"
    settings: Any = it.running.settings
    assert await it.pool.fetchval(soon, settings.ask_after), "not later, as one that is on its way"
    server.become("well")
    server.sent[0].status = "delivered"
    await its_time_has_come(it)
    await sender._asking.receipts()
    assert (await it.said())[-1] == "message.delivered.v1"


async def test_what_is_on_its_way_is_asked_about_ever_more_rarely(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    await sender.send_group()
    waits = list[float]()
    for _ in range(4):
        await its_time_has_come(it)
        await sender._asking.receipts()
        left = await it.pool.fetchval("SELECT ask_at - clock_timestamp() FROM message")
        waits.append(left.total_seconds() / 3600)
    assert [round(wait, 1) for wait in waits] == [0.4, 1.5, 4.0, 6.0]


async def test_what_is_said_when_asked_counts_once(at: tuple[House, Sender], server: NotifyServer) -> None:
    it, sender = at
    await sender.send_group()
    server.sent[0].status = "permanent-failure"
    await its_time_has_come(it)
    assert await sender._asking.receipts() == 1
    assert await it.phases() == [("referral.routed", MOTHER, "failed", "permanent-failure")]
    await its_time_has_come(it)
    await sender._asking.receipts()
    assert (await it.said()).count("message.failed.v1") == 1
