"""The whole service with GOV.UK Notify: told once, by the next way where one is shut, and receipts of every kind."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chassis.web.app import create_app
from deploy.local.notify import Notification, NotifyServer
from services.notifications import asking, storage, web
from services.notifications.asking import Asking
from services.notifications.carriers import make_channels
from services.notifications.domain.preference import Prefer
from services.notifications.domain.segments import segments
from services.notifications.sender import Sender
from services.notifications.templates import shipped
from tests.notifications.builders import MOTHER, NOW, details, received, routed
from tests.notifications.conftest import PROVIDER, READER, House
from tests.notifications.notifying import a_sender_by_its_settings, by_notify
from tests.notifications.test_notify import PHONE

Houses = Callable[..., Awaitable[House]]
AS_NOTIFY = {"Authorization": f"Bearer {PROVIDER}"}
RECEIPTS = "/api/receipts/notify"


@pytest.fixture
async def at(house: Houses, server: NotifyServer) -> AsyncIterator[tuple[House, Sender]]:
    """A house that tells by Notify alone, with one message to somebody who has an address and a number."""
    it = await house(**by_notify(server.url))
    await it.hear(received(), routed(), details(phone="07700 900123"))
    async with a_sender_by_its_settings(it) as sender:
        yield it, sender


def calls(house: House) -> httpx2.AsyncClient:
    settings: Any = house.running.settings
    app = create_app("notifications", "1", settings.tokens, [web.router(house.running)])
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://here")


async def hears(house: House, server: NotifyServer, one: Notification, status: str, times: int = 1) -> None:
    one.status = status
    async with calls(house) as provider:
        for _ in range(times):
            answer = await provider.post(RECEIPTS, json=server.receipt(one), headers=AS_NOTIFY)
            assert answer.status_code == 204


async def test_a_message_goes_out_once_and_its_receipt_counts_once(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    assert await sender.send_group() == 1
    assert await sender.send_group() == 0
    await hears(it, server, server.sent[0], "delivered", times=3)
    assert await it.said() == ["message.sent.v1", "message.delivered.v1"]
    assert [(one.kind, one.to) for one in server.sent] == [("email", "p-mother@families.example")]


async def test_a_wrong_address_is_followed_by_a_text_and_then_by_a_persons_task(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    await sender.send_group()
    await hears(it, server, server.sent[0], "permanent-failure", times=2)
    await sender.send_group()
    assert [(one.kind, one.to) for one in server.sent] == [
        ("email", "p-mother@families.example"),
        ("sms", PHONE),
    ]
    await hears(it, server, server.sent[1], "permanent-failure")
    assert await it.phases() == [("referral.routed", MOTHER, "failed", "permanent-failure")]
    assert set(server.by_reference().values()) == {2}, "one message, two ways"


async def test_a_text_is_sent_where_the_family_chose_texts(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    await it.running.runner.command(Prefer(MOTHER, channel="text"))
    await sender.send_group()
    (text,) = server.sent
    assert (text.kind, text.to) == ("sms", PHONE)
    assert "/f/" in text.words["body"]
    assert await it.said() == ["preference.changed.v1", "message.sent.v2"]


async def test_a_text_names_nobody_so_that_emoji_in_a_name_make_it_no_dearer(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    await it.hear(
        details(given_name="Jo 🙂", family_name="Åström 🚂", phone="+44 7700 900123", channel="text")
    )
    await sender.send_group()
    [text] = server.sent
    assert (text.kind, text.to) == ("sms", PHONE)
    assert segments(text.words["body"]).number == 1
    assert segments(text.words["body"]).alphabet == "GSM-7"
    assert "Jo" not in text.words["body"]


async def test_where_a_landline_is_all_that_was_given_for_texts_the_mail_goes_out(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    await it.hear(details(phone="01438 555010", channel="text"))
    await sender.send_group()
    assert [one.kind for one in server.sent] == ["email"]


async def test_a_phone_that_is_off_is_tried_again_later(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    await sender.send_group()
    await hears(it, server, server.sent[0], "temporary-failure", times=2)
    assert await sender.send_group() == 0
    assert await it.phases() == [("referral.routed", MOTHER, "pending", "temporary-failure")]
    await it.pool.execute("UPDATE message SET ready_at = clock_timestamp()")
    await sender.send_group()
    assert [one.kind for one in server.sent] == ["email", "email"]


async def test_where_no_callback_comes_notify_is_asked(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    await sender.send_group()
    asked = Asking(it.running, make_channels(it.running.settings))  # type: ignore[arg-type]
    assert await asked.receipts() == 0, "not at once"
    await _its_time_has_come(it)
    assert await asked.receipts() == 1
    assert await it.said() == ["message.sent.v1"], "it is still on its way"
    server.sent[0].status = "delivered"
    await _its_time_has_come(it)
    await asked.receipts()
    assert await it.said() == ["message.sent.v1", "message.delivered.v1"]
    await _its_time_has_come(it)
    assert await asked.receipts() == 0, "it is not asked about any more"


async def _its_time_has_come(it: House) -> None:
    await it.pool.execute("UPDATE message SET ask_at = clock_timestamp() WHERE ask_at IS NOT NULL")


async def test_of_a_receipt_that_never_comes_notify_is_asked_for_a_week_and_no_longer(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    await sender.send_group()
    asked = Asking(it.running, make_channels(it.running.settings))  # type: ignore[arg-type]
    for _ in asking.ASKS:
        await _its_time_has_come(it)
        assert await asked.receipts() == 1
    await _its_time_has_come(it)
    assert await asked.receipts() == 0
    assert await it.phases() == [("referral.routed", MOTHER, "sent", None)]


@pytest.mark.parametrize("spoilt", ["[]", '[{"at": "2026-03-02T09:00:00Z", "outcome": "sent"}]'])
async def test_a_message_of_which_there_is_nothing_to_ask_about_keeps_no_other_from_being_asked_about(
    at: tuple[House, Sender], server: NotifyServer, spoilt: str
) -> None:
    it, sender = at
    await it.hear(received(referral_id="r-2", tell=("p-2",)), routed(referral_id="r-2"), details("p-2"))
    await sender.send_group()
    spoil = "UPDATE message SET state = jsonb_set(state::jsonb, '{tried}', $2::text::jsonb)::json WHERE person_id = $1"
    await it.pool.execute(spoil, MOTHER, spoilt)
    for one in server.sent:
        one.status = "delivered"
    asked = Asking(it.running, make_channels(it.running.settings))  # type: ignore[arg-type]
    await _its_time_has_come(it)
    await asked.receipts()
    assert await it.said() == ["message.sent.v1", "message.sent.v1", "message.delivered.v1"]
    assert await asked.receipts() == 0, "nor is it looked at again"


async def lapse(it: House, seconds: int = 60) -> None:
    await it.pool.execute(
        "UPDATE message SET lease_until = clock_timestamp() - $1::interval", timedelta(seconds=seconds)
    )


async def test_what_a_worker_left_behind_is_found_at_notify_and_not_sent_again(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    server.become("deaf")
    await sender.send_group()
    server.hold.set()
    assert [phase for _, _, phase, _ in await it.phases()] == ["sending"]
    server.become("well")
    await lapse(it)
    await sender.sweep()
    assert await it.phases() == [("referral.routed", MOTHER, "sent", None)]
    assert await sender.send_group() == 0
    assert len(server.sent) == 1


async def test_what_a_worker_that_never_spoke_again_has_not_handed_over_is_a_persons_task(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    settings: Any = it.running.settings
    async with it.pool.acquire() as conn, conn.transaction():
        await storage.claim(conn, 10, timedelta(seconds=-1), NOW, providers=settings.ways)
    await sender.sweep()
    assert [phase for _, _, phase, _ in await it.phases()] == ["sending"], "too soon to be sure"
    await lapse(it)
    sender._asking._again.clear()
    await sender.sweep()
    assert await it.phases() == [("referral.routed", MOTHER, "held", "uncertain")], (
        "it may be frozen, and wake"
    )


async def test_what_notify_certainly_never_took_goes_out_after_all(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    server.become("gateway")
    await sender.send_group()
    server.become("well")
    await sender.sweep()
    assert await it.phases() == [("referral.routed", MOTHER, "sending", "no-answer")]
    await lapse(it)
    sender._asking._again.clear()
    await sender.sweep()
    assert await it.phases() == [("referral.routed", MOTHER, "pending", "never-taken")]
    assert await it.pool.fetchval("SELECT state->>'tries' FROM message") == "0"
    await it.pool.execute("UPDATE message SET ready_at = clock_timestamp()")
    sender._pauses = type(sender._pauses)(it.running.parts)
    await sender.send_group()
    assert len(server.sent) == 1


async def test_where_notify_cannot_be_asked_for_long_a_person_is(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    server.become("deaf")
    await sender.send_group()
    server.hold.set()
    await lapse(it)
    await sender.sweep()
    assert [phase for _, _, phase, _ in await it.phases()] == ["sending"], "it may yet answer"
    await lapse(it, 3600)
    sender._asking._again.clear()
    await sender.sweep()
    assert await it.phases() == [("referral.routed", MOTHER, "held", "uncertain")]
    server.become("well")
    await hears(it, server, server.sent[0], "sending")
    assert await it.phases() == [("referral.routed", MOTHER, "sent", None)], "its callback tells"


async def test_a_storm_puts_messages_off_without_counting_a_try(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    server.become("storm")
    await sender.send_group()
    assert await it.phases() == [("referral.routed", MOTHER, "pending", "notify-429")]
    assert await it.pool.fetchval("SELECT state->>'tries' FROM message") == "0"
    assert "Notify" in str(it.running.parts.why("notify"))


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("wrong", 401), (READER, 403)])
async def test_a_callback_with_a_wrong_token_changes_nothing(
    at: tuple[House, Sender], server: NotifyServer, token: str | None, status: int
) -> None:
    it, sender = at
    await sender.send_group()
    server.sent[0].status = "permanent-failure"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with calls(it) as stranger:
        answer = await stranger.post(RECEIPTS, json=server.receipt(server.sent[0]), headers=headers)
    assert answer.status_code == status
    assert await it.phases() == [("referral.routed", MOTHER, "sent", None)]


async def test_a_callback_about_no_message_of_ours_is_taken_and_forgotten(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, _ = at
    stranger = Notification("email", "a@b.example", "not-ours", {}, "t")
    await hears(it, server, stranger, "delivered")
    stranger.reference = None
    await hears(it, server, stranger, "delivered")
    assert await it.said() == []


async def test_a_person_without_address_or_mobile_number_is_a_task(
    house: Houses, server: NotifyServer
) -> None:
    it = await house()
    await it.hear(received(), routed(), details(email=None, phone="01438 555010"))
    sender = Sender(it.running, it.running.settings, shipped(), {})  # type: ignore[arg-type]
    await sender.sweep()
    assert await it.phases() == [("referral.routed", MOTHER, "held", "no-contact")]


async def test_a_person_whom_no_way_of_this_house_reaches_is_a_task(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details(email=None, phone="07700 900123"))
    async with a_sender_by_its_settings(it) as sender:
        await sender.send_group()
    assert await it.phases() == [("referral.routed", MOTHER, "held", "no-contact")]


async def test_many_at_once_each_go_out_once_through_a_storm(house: Houses, server: NotifyServer) -> None:
    it = await house(**by_notify(server.url, group=10))
    for n in range(40):
        await it.hear(
            received(referral_id=f"r-{n}", tell=(f"p-{n}",)), routed(referral_id=f"r-{n}"), details(f"p-{n}")
        )
    every = iter(range(10**6))
    server.become("drops", share=lambda: next(every) % 3 == 0)
    async with a_sender_by_its_settings(it) as sender:
        while len(server.sent) < 40:
            await it.pool.execute("UPDATE message SET ready_at = clock_timestamp() WHERE phase = 'pending'")
            sender._pauses = type(sender._pauses)(it.running.parts)
            await asyncio.gather(sender.send_group(), sender.send_group())
    assert set(server.by_reference().values()) == {1}
