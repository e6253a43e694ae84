"""What is in one worker's hands: nobody else touches it while its lease holds, and it hands nothing over after it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest

from schemas.family_v1 import TellingDecided
from services.notifications import acting, pauses, storage
from services.notifications.channels import Letter, Result, RetryLater, Uncertain
from services.notifications.domain.by_hand import Release
from services.notifications.domain.message import Message, Stop, stop
from services.notifications.sender import Sender
from services.notifications.templates import shipped
from tests.notifications.builders import MOTHER, NOW, REFERRAL, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_by_notify import lapse
from tests.notifications.test_digest import send_all, with_two_steps_at_their_hour
from tests.notifications.test_message import a_message, in_hand
from tests.notifications.test_sender import Post, a_sender

Houses = Callable[..., Awaitable[House]]


async def test_what_is_handed_over_at_the_last_moment_is_answered_and_written_down_within_its_lease(
    house: Houses,
) -> None:
    it = await house(lease_seconds=120, smtp_seconds=20.0)
    await it.hear(received(), routed(), details())
    left = list[tuple[float, float]]()

    class Looks(Post):
        async def send(self, letter: Letter) -> Result:
            holds = await it.pool.fetchval("SELECT lease_until - clock_timestamp() FROM message")
            left.append((letter.until - monotonic(), holds.total_seconds()))
            return await super().send(letter)

    await a_sender(it, Looks()).send_group()
    ((may_begin, holds),) = left
    assert 60 < may_begin < holds - 20 - 4, "the server's answer may take 20 s, and settling it some more"


async def test_what_a_worker_has_in_hand_is_not_taken_for_left_behind_while_its_lease_holds(
    house: Houses,
) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    swept = list[int]()

    class Slow(Post):
        async def send(self, letter: Letter) -> Result:
            swept.append(await sender.sweep())
            return await super().send(letter)

    sender = a_sender(it, Slow())
    assert await sender.send_group() == 1
    assert swept == [0]
    assert await it.said() == ["message.sent.v1"], "nobody was asked to decide about it meanwhile"


async def test_a_step_of_a_digest_that_goes_out_alone_is_not_forgotten_when_its_worker_dies(
    house: Houses,
) -> None:
    it = await with_two_steps_at_their_hour(house)
    await send_all(it, Uncertain("lost"))
    first, second = [row["id"] for row in await it.pool.fetch("SELECT id FROM message ORDER BY seq")]
    again = TellingDecided(
        referral_id=REFERRAL, message_id=first, person_id=MOTHER, fact="referral.accepted", decided="again",
        decided_at=NOW,
    )  # fmt: skip
    await it.hear(again)
    assert [one.message_id for one in (await send_all(it)).letters] == [first]
    await acting.done(it.running, Release(second, "tom", "it is not in the log"))
    sender = a_sender(it, Post())
    ((claim, _),) = await sender._claimed()
    assert claim.message.id == second
    await lapse(it)
    await sender.sweep()
    assert [row[2] for row in await it.phases()] == ["sent", "held"]
    async with it.pool.acquire() as conn:
        assert await storage.whole(conn, second) == (second, ())


@pytest.mark.parametrize("message", [in_hand(), a_message(phase="sent"), a_message(phase="closed"), None])
def test_what_is_in_a_workers_hands_or_done_with_is_not_stopped(message: Message | None) -> None:
    decision = stop(message, Stop("m"), NOW)
    assert (decision.state, decision.events, decision.answer) == (None, (), "stale")


async def test_what_a_worker_took_at_the_moment_of_a_stop_is_still_settled_by_its_answer(
    house: Houses,
) -> None:
    it = await house()
    await it.hear(received(), routed(), details())

    class Stops(Post):
        async def send(self, letter: Letter) -> Result:
            await it.running.runner.command(Stop(letter.message_id))  # found while it still waited
            return await super().send(letter)

    await a_sender(it, Stops()).send_group()
    assert await it.phases() == [("referral.routed", MOTHER, "sent", None)]
    assert await it.said() == ["message.sent.v1"]


# -- A provider that is away


class TextPost(Post):
    name = "notify"


async def by_each_way(house: Houses, **given: Any) -> House:
    """A house with three messages: two by e-mail, and one by text."""
    it = await house(**given)
    for n, way in enumerate(("email", "text", "email")):
        about = {"referral_id": f"r-{n}"}
        known = details(f"p-{n}", phone="07700 900123", channel=way)
        await it.hear(received(tell=(f"p-{n}",), **about), routed(**about), known)
    return it


async def test_what_was_claimed_with_others_is_not_handed_to_a_provider_that_is_away(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pauses, "_SHORTEST", 30.0)
    it = await by_each_way(house)
    mail, text = Post(), TextPost()
    settings: Any = it.running.settings
    sender = Sender(it.running, settings, shipped(), {"email": mail, "text": text})
    sender._pauses.notice("smtp", RetryLater("no-connection", tried=False))
    assert await sender.send_group() == 3
    assert (len(mail.letters), len(text.letters)) == (0, 1)
    assert [row[2:] for row in await it.phases()] == [
        ("pending", "provider-away"),
        ("sent", None),
        ("pending", "provider-away"),
    ]
    waits = "SELECT min(ready_at) > clock_timestamp() + interval '20 seconds' FROM message WHERE phase = 'pending'"
    assert await it.pool.fetchval(waits), "it comes again once the provider is tried again"
    tries = "SELECT array_agg(DISTINCT state->>'tries') FROM message WHERE phase = 'pending'"
    assert await it.pool.fetchval(tries) == ["0"]


async def test_of_a_group_that_waits_for_its_turn_at_a_provider_nothing_goes_once_that_is_away(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pauses, "_SHORTEST", 30.0)
    it = await house(at_once=1)
    for n in range(3):
        about = {"referral_id": f"r-{n}"}
        await it.hear(received(tell=(f"p-{n}",), **about), routed(**about), details(f"p-{n}"))
    post = Post(RetryLater("no-connection", tried=False))
    assert await a_sender(it, post).send_group() == 3
    assert len(post.letters) == 1
    assert sorted(str(why) for *_, why in await it.phases()) == [
        "no-connection", "provider-away", "provider-away",
    ]  # fmt: skip


async def test_a_lease_that_is_over_is_told_by_the_databases_clock(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    async with it.pool.acquire() as conn, conn.transaction():
        await storage.claim(conn, 10, timedelta(seconds=60), NOW)
    async with it.pool.acquire() as conn:
        assert await storage.abandoned(conn) == []
    await lapse(it, 1)
    async with it.pool.acquire() as conn:
        (left,) = await storage.abandoned(conn)
    assert timedelta(seconds=1) <= left.since < timedelta(seconds=60)
