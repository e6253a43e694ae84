"""GOV.UK Notify by its official client, against the stand-in: what each answer means, and that nothing goes twice."""

from collections.abc import AsyncIterator
from time import monotonic

import pytest

from deploy.local.notify import KEY, TEMPLATES, Mood, NotifyServer
from services.notifications import notify
from services.notifications.accounts import faults
from services.notifications.channels import Failed, NotThere, Result, RetryLater, Sent, Told, Unknown
from services.notifications.notify import NotifyChannel
from tests.notifications.notifying import a_notify_channel, settings_by_notify
from tests.notifications.test_smtp import a_letter

ID = "5b7e9f0a-0000-5000-8000-000000000001"
PHONE = "+447700900123"


@pytest.fixture
async def channel(server: NotifyServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NotifyChannel]:
    monkeypatch.setattr(notify, "_LOOKS", (0.0, 0.05))
    channel = a_notify_channel(server.url)
    yield channel
    await channel.close()


async def test_an_email_passes_through_the_template_with_the_messages_own_id(
    server: NotifyServer, channel: NotifyChannel
) -> None:
    result = await channel.send(a_letter())
    (one,) = server.sent
    assert result == Sent(one.id)
    assert (one.kind, one.to, one.reference) == ("email", "parent@families.example", ID)
    assert one.words == {
        "subject": "Your referral ABCD-EFGH-JKM4",
        "body": "Hello\n\n.A line with a dot\nand é.\n",
    }


async def test_a_text_and_a_letter_go_by_templates_of_their_own(
    server: NotifyServer, channel: NotifyChannel
) -> None:
    await channel.send(a_letter(PHONE, channel="text", body="One line."))
    await channel.send(a_letter("Kim Example\n1 High Street\nSG1 1AA", channel="letter"))
    text, paper = server.sent
    assert (text.kind, text.to, text.words) == ("sms", PHONE, {"body": "One line."})
    assert paper.kind == "letter"
    assert paper.to == "Kim Example\n1 High Street\nSG1 1AA"


@pytest.mark.parametrize(
    ("mood", "result"),
    [
        ("storm", RetryLater("notify-429", tried=False)),
        ("broken", RetryLater("notify-500", tried=False)),
    ],
)
async def test_a_storm_and_a_breakdown_say_nothing_of_the_message(
    server: NotifyServer, channel: NotifyChannel, mood: Mood, result: Result
) -> None:
    server.become(mood)
    assert await channel.send(a_letter()) == result
    assert server.sent == []


async def test_what_notify_kept_although_it_answered_500_is_not_sent_again(
    server: NotifyServer, channel: NotifyChannel
) -> None:
    server.become("denies")
    assert await channel.send(a_letter()) == RetryLater("notify-500", tried=False)
    server.become("well")
    assert await channel.send(a_letter(look_first=True)) == Sent(server.sent[0].id)
    assert len(server.sent) == 1


async def test_what_notify_kept_is_known_however_long_it_took_to_look_and_nothing_goes_out_then(
    server: NotifyServer, channel: NotifyChannel
) -> None:
    late = a_letter(look_first=True, until=monotonic() - 1)
    assert await channel.send(late) == RetryLater("too-late", tried=False)
    server.become("denies")
    await channel.send(a_letter())
    server.become("well")
    assert await channel.send(late) == Sent(server.sent[0].id)
    assert len(server.sent) == 1


async def test_what_notify_did_not_keep_goes_out_once_that_was_looked_up(
    server: NotifyServer, channel: NotifyChannel
) -> None:
    server.become("broken")
    assert await channel.send(a_letter(look_first=True)) == RetryLater("cannot-be-asked", tried=False)
    server.become("well")
    assert await channel.send(a_letter(look_first=True)) == Sent(server.sent[0].id)
    assert len(server.sent) == 1


@pytest.mark.parametrize("mood", ["silent", "drops", "garbled"])
async def test_a_yes_that_was_lost_is_found_by_the_messages_id(
    server: NotifyServer, channel: NotifyChannel, mood: Mood
) -> None:
    server.become(mood)
    result = await channel.send(a_letter())
    server.hold.set()
    assert result == Sent(server.sent[0].id)
    assert len(server.sent) == 1


async def test_where_no_answer_came_and_it_is_not_there_nobody_knows_yet(
    server: NotifyServer, channel: NotifyChannel
) -> None:
    server.become("gateway")
    assert await channel.send(a_letter()) == Unknown("no-answer")
    server.become("well")
    assert await channel.find(ID, "email", ()) == NotThere()


async def test_where_it_cannot_even_be_asked_nobody_knows_yet(
    server: NotifyServer, channel: NotifyChannel
) -> None:
    server.become("deaf")
    assert await channel.send(a_letter()) == Unknown("no-answer")
    server.hold.set()
    assert await channel.find(ID, "email", ()) == Unknown("cannot-be-asked")
    server.become("well")
    assert await channel.find(ID, "email", ()) == Told(server.sent[0].id, "accepted", "created")


async def test_an_earlier_attempt_is_not_taken_for_this_one(
    server: NotifyServer, channel: NotifyChannel
) -> None:
    await channel.send(a_letter())
    assert await channel.find(ID, "email", [server.sent[0].id]) == NotThere()
    assert await channel.find(ID, "text", ()) == NotThere()
    server.become("drops")
    assert await channel.send(a_letter(known=(server.sent[0].id,))) == Sent(server.sent[1].id)


@pytest.mark.parametrize("to", ["nobody", "a@families.example."])
async def test_an_address_that_is_none_is_refused_for_good(channel: NotifyChannel, to: str) -> None:
    assert await channel.send(a_letter(to)) == Failed("notify-400")


async def test_what_the_operator_has_to_put_right_is_not_the_messages_fault(
    server: NotifyServer, channel: NotifyChannel
) -> None:
    server.team_only = True
    assert await channel.send(a_letter()) == RetryLater("notify-400-account", tried=False)
    server.team_only = False
    server.templates.clear()
    assert await channel.send(a_letter()) == RetryLater("notify-400-account", tried=False)


async def test_a_wrong_key_is_not_the_messages_fault(server: NotifyServer) -> None:
    channel = a_notify_channel(server.url, notify_key=KEY[:-12] + "000000000000")
    assert await channel.send(a_letter()) == RetryLater("notify-403", tried=False)
    await channel.close()


async def test_a_notify_that_is_away_says_nothing_of_the_message() -> None:
    with NotifyServer() as gone:
        url = gone.url
    channel = a_notify_channel(url)
    assert await channel.send(a_letter()) == RetryLater("no-connection", tried=False)
    await channel.close()


async def test_nothing_is_handed_over_after_the_deadline(
    server: NotifyServer, channel: NotifyChannel
) -> None:
    assert await channel.send(a_letter(until=monotonic() - 1)) == RetryLater("too-late", tried=False)
    assert server.asked == 0


async def test_more_than_the_account_may_ask_is_put_off() -> None:
    with NotifyServer(most_a_minute=2) as server:
        channel = a_notify_channel(server.url)
        results = [await channel.send(a_letter()) for _ in range(3)]
        await channel.close()
    assert results[2] == RetryLater("notify-429", tried=False)
    assert len(server.sent) == 2


@pytest.mark.parametrize(
    ("status", "report"),
    [
        ("created", "accepted"), ("sending", "accepted"), ("pending", "accepted"), ("sent", "accepted"),
        ("delivered", "delivered"), ("received", "delivered"), ("permanent-failure", "permanent"),
        ("temporary-failure", "temporary"), ("technical-failure", "temporary"), ("never heard of", "accepted"),
    ],
)  # fmt: skip
async def test_each_status_has_its_meaning(
    server: NotifyServer, channel: NotifyChannel, status: str, report: str
) -> None:
    await channel.send(a_letter())
    server.sent[0].status = status
    assert await channel.ask(server.sent[0].id) == Told(server.sent[0].id, report, status)  # type: ignore[arg-type]


async def test_what_notify_has_forgotten_is_not_there(channel: NotifyChannel) -> None:
    assert await channel.ask("00000000-0000-4000-8000-000000000000") == NotThere()


async def test_an_account_with_its_templates_is_in_order(
    server: NotifyServer, channel: NotifyChannel
) -> None:
    assert list(faults(settings_by_notify(server.url), await channel.templates())) == []


async def test_the_check_says_what_each_template_lacks(server: NotifyServer, channel: NotifyChannel) -> None:
    del server.templates[TEMPLATES["letter"]]
    server.templates[TEMPLATES["sms"]]["body"] = "((body)) from ((who))"
    server.templates[TEMPLATES["email"]]["subject"] = "News"
    said = list(faults(settings_by_notify(server.url), await channel.templates()))
    assert said == [
        "NOTIFICATIONS_NOTIFY_EMAIL_TEMPLATE: write ((subject)) into the template: else those words reach nobody.",
        "NOTIFICATIONS_NOTIFY_TEXT_TEMPLATE: take ((who)) out of the template: nothing is sent for it, "
        "and Notify refuses.",
        "NOTIFICATIONS_NOTIFY_LETTER_TEMPLATE: the account has no template of this id. Make one, or write another id.",
    ]
