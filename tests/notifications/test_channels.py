"""What every channel promises, whichever provider stands behind it: the fake one, SMTP and GOV.UK Notify."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import monotonic
from typing import Any

import pytest

from deploy.local.notify import NotifyServer
from services.notifications import notify
from services.notifications.channels import Channel, Failed, FakeChannel, RetryLater, Sent, Uncertain, Unknown
from tests.notifications.notifying import a_notify_channel
from tests.notifications.test_smtp import Mailbox, a_channel, a_letter, a_server


@dataclass
class Provider:
    """A channel, how many letters its provider took, and how to make the provider say no, not now, or nothing."""

    channel: Channel
    taken: Callable[[], list[str | None]]
    busy: Callable[[], Any]
    silent: Callable[[], Any]


@pytest.fixture(params=["smtp", "notify"])
async def provider(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Provider]:
    monkeypatch.setattr(notify, "_LOOKS", ())
    async with AsyncExitStack() as stack:
        if request.param == "notify":
            server = stack.enter_context(NotifyServer())
            channel = a_notify_channel(server.url)
            stack.push_async_callback(channel.close)
            yield Provider(
                channel,
                lambda: [one.reference for one in server.sent],
                lambda: server.become("storm"),
                lambda: server.become("silent"),
            )
            server.hold.set()
        else:
            box = Mailbox()
            port = await stack.enter_async_context(a_server(box))
            smtp = await stack.enter_async_context(a_channel(port, smtp_seconds=0.5))
            answers = box.at_data
            yield Provider(
                smtp,
                lambda: [mail["X-Fingerpost-Message"] for mail in box.mails],
                lambda: answers.update({"parent@families.example": "421 too busy"}),
                lambda: answers.update({"parent@families.example": "hang"}),
            )


async def test_a_yes_means_that_it_was_taken_once_with_the_messages_own_id(provider: Provider) -> None:
    letter = a_letter()
    assert isinstance(await provider.channel.send(letter), Sent)
    assert provider.taken() == [letter.message_id]


async def test_after_its_deadline_a_letter_is_not_handed_over(provider: Provider) -> None:
    late = await provider.channel.send(a_letter(until=monotonic() - 1))
    assert late == RetryLater("too-late", tried=False)
    assert provider.taken() == []


async def test_the_fake_one_keeps_the_deadline_too() -> None:
    fake = FakeChannel(0.0)
    assert await fake.send(a_letter(until=monotonic() - 1)) == RetryLater("too-late", tried=False)
    assert await fake.send(a_letter()) == Sent()
    assert fake.letters == 1


async def test_a_provider_that_is_busy_says_nothing_of_the_letter(provider: Provider) -> None:
    provider.busy()
    answer = await provider.channel.send(a_letter())
    assert isinstance(answer, RetryLater)
    assert not answer.tried
    assert provider.taken() == []


async def test_where_no_answer_comes_it_is_never_said_to_be_sent_or_failed(provider: Provider) -> None:
    provider.silent()
    assert isinstance(await provider.channel.send(a_letter()), Uncertain | Unknown)


async def test_an_address_that_is_none_fails_for_good(provider: Provider) -> None:
    assert isinstance(await provider.channel.send(a_letter("nobody")), Failed)
    assert isinstance(await provider.channel.send(a_letter()), Sent), "the next letter is not harmed"
