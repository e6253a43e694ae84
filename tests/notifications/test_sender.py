"""Claim, send, settle: on a real PostgreSQL, with channels that answer as they are told."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import telemetry
from chassis.outbox import Meta
from chassis.runner import Unavailable
from schemas.referral_work_v1 import ReferralAmended
from services.notifications import storage
from services.notifications.channels import Failed, Letter, Result, RetryLater, Sent, Uncertain
from services.notifications.domain.by_hand import Release
from services.notifications.measuring import unsent
from services.notifications.sender import Sender
from services.notifications.templates import shipped
from tests.notifications.builders import (
    FATHER,
    MOTHER,
    NOW,
    REFERRAL,
    accepted,
    decided,
    destination,
    details,
    listed,
    opened,
    received,
    routed,
    unlisted,
)
from tests.notifications.conftest import House

Houses = Callable[..., Awaitable[House]]


class Post:
    """A channel that keeps what it is given, and answers from a list (then yes)."""

    name = "smtp"

    def __init__(self, *answers: Result) -> None:
        self.answers, self.letters = list(answers), list[Letter]()

    async def send(self, letter: Letter) -> Result:
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else Sent()

    async def close(self) -> None:
        return None


def a_sender(house: House, channel: Any) -> Sender:
    settings: Any = house.running.settings
    return Sender(house.running, settings, shipped(), {"email": channel})


@pytest.mark.parametrize(("kind", "told"), [("advisory-team", False), ("outreach", False), ("triage", True)])
async def test_the_number_of_a_team_is_told_only_where_it_says_nothing_of_a_need(
    house: Houses, kind: str, told: bool
) -> None:
    it, post = await house(), Post()
    team = destination("a-team", kind=kind, advice_line="01438 555 0177", opening_hours="9 to 12")
    await it.hear(received(), routed(destination="a-team", destination_kind=kind), details(MOTHER), team)
    await a_sender(it, post).send_group()
    (letter,) = post.letters
    assert ("01438 555 0177" in letter.body, "9 to 12" in letter.body) == (told, told)
    assert ("your page has the number" in letter.body) is (not told)


async def test_a_fact_is_told_once_to_each_person_who_may_be_told(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER), details(FATHER), destination())
    post = Post()
    sender = a_sender(it, post)
    while await sender.send_group():
        pass

    assert sorted(letter.to for letter in post.letters) == [
        "p-father@families.example",
        "p-mother@families.example",
    ]
    assert await it.phases() == [
        ("referral.routed", MOTHER, "sent", None),
        ("referral.routed", FATHER, "sent", None),
    ]
    assert await it.said() == ["message.sent.v1", "message.sent.v1"]
    body = post.letters[0].body
    assert "ABCD-EFGH-JKM4" in body
    assert "It will read it, and answer by 23 March 2026." in body
    assert "01438 555 0100 (term time, 9 to 12)" in body


async def test_a_family_hears_of_things_in_the_order_in_which_they_happened(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details(), opened(), accepted(), listed())
    post = Post(RetryLater("smtp-451"))
    sender = a_sender(it, post)
    await sender.send_group()
    assert await sender.send_group() == 0, "what comes later waits behind what was put off"
    assert await unsent(it.running) is None

    await it.pool.execute("UPDATE message SET ready_at = clock_timestamp() WHERE phase = 'pending'")
    while await sender.send_group():
        pass
    assert [letter.fact for letter in post.letters] == [
        "referral.routed", "referral.routed", "referral.accepted", "case.listed",
    ]  # fmt: skip


async def test_while_a_message_is_in_a_workers_hands_the_next_one_of_its_story_waits(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=(MOTHER,)), routed(), details(), accepted())
    taken = list[int]()

    class Slow(Post):
        async def send(self, letter: Letter) -> Result:
            taken.append(await a_sender(it, Post()).send_group())
            return await super().send(letter)

    assert await a_sender(it, Slow()).send_group() == 1
    assert taken == [0]


async def test_a_message_that_is_known_is_not_made_again_when_its_fact_is_heard_again(house: Houses) -> None:
    it, facts = await house(), (received(tell=(MOTHER,)), routed())
    await it.hear(*facts, details())
    assert await a_sender(it, Post()).send_group() == 1
    await it.pool.execute(
        "DELETE FROM story"
    )  # a recovery puts messages back before it hears of others' facts
    await it.hear(*facts)
    assert [phase for _, _, phase, _ in await it.phases()] == ["sent"]


async def test_a_channel_that_breaks_on_one_letter_leaves_the_others_settled(house: Houses) -> None:
    class Breaks(Post):
        async def send(self, letter: Letter) -> Result:
            if letter.to == "p-mother@families.example":
                raise AssertionError("a bug")
            await asyncio.sleep(0.05)
            return await super().send(letter)

    it = await house()
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER), details(FATHER))
    assert await a_sender(it, Breaks()).send_group() == 2
    assert await it.phases() == [
        ("referral.routed", MOTHER, "held", "uncertain"),
        ("referral.routed", FATHER, "sent", None),
    ]


async def test_a_message_waits_for_a_persons_details(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed())
    sender = a_sender(it, Post())
    assert await sender.send_group() == 0
    assert await unsent(it.running) is None, "it waits for a date in due_work, not for the sender"
    assert await it.running.due.next_due() == NOW + timedelta(days=2)

    await it.hear(details())
    assert await it.pool.fetchval("SELECT count(*) FROM due_work WHERE kind = 'contact'") == 0
    assert await unsent(it.running) == "1 messages to be sent"
    assert await sender.send_group() == 1
    assert await unsent(it.running) is None


async def test_details_that_never_come_make_a_task_for_a_person(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed())
    clock: Any = it.running.clock
    await clock.step(it.pool, NOW + timedelta(days=2))
    await it.running.due.once()
    sender = a_sender(it, Post())
    assert await sender.sweep() == 1
    assert await sender.sweep() == 0
    assert await it.phases() == [("referral.routed", MOTHER, "held", "no-contact")]
    assert await it.said() == ["message.held.v1"]


async def test_a_person_who_may_not_be_told_any_more_is_not_told(house: Houses) -> None:
    it = await house()
    await it.hear(
        received(tell=(MOTHER, FATHER)), routed(), details(MOTHER, may_be_told=False), details(FATHER)
    )
    post = Post()
    sender = a_sender(it, post)
    await sender.sweep()
    await sender.send_group()
    assert [letter.to for letter in post.letters] == ["p-father@families.example"]
    assert ("referral.routed", MOTHER, "closed", "may-not-be-told") in await it.phases()


async def test_a_referral_of_which_nobody_may_be_told_is_a_task_for_a_person(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=()), routed())
    assert await a_sender(it, Post()).sweep() == 1
    assert await it.phases() == [("referral.routed", "nobody", "held", "nobody-may-be-told")]


async def test_where_all_recipients_have_lost_permission_one_task_is_made(house: Houses) -> None:
    it = await house()
    await it.hear(
        received(tell=(MOTHER, FATHER)),
        routed(),
        details(MOTHER, may_be_told=False),
        details(FATHER, may_be_told=False),
    )
    sender = a_sender(it, Post())
    while await sender.sweep():
        pass
    assert sorted((phase, why) for _, _, phase, why in await it.phases()) == [
        ("closed", "may-not-be-told"),
        ("held", "nobody-may-be-told"),
    ]


async def test_who_was_told_of_one_date_and_has_lost_permission_is_a_task_at_the_next_one(
    house: Houses,
) -> None:
    it = await house()
    await it.hear(received(tell=(MOTHER,)), details(), opened(), listed())
    assert await a_sender(it, Post()).send_group() == 1
    await it.hear(details(may_be_told=False), unlisted(), listed(sitting_id="s-2", sits_on=date(2026, 3, 25)))
    sender = a_sender(it, Post())
    while await sender.sweep():
        pass
    assert [(phase, why) for fact, _, phase, why in await it.phases() if fact == "case.listed"] == [
        ("sent", None),
        ("held", "nobody-may-be-told"),
    ]


async def test_every_answer_of_the_provider_has_its_own_consequence(house: Houses) -> None:
    it = await house()
    for n in range(4):
        await it.hear(
            received(referral_id=f"r-{n}", tell=(f"p-{n}",)), routed(referral_id=f"r-{n}"), details(f"p-{n}")
        )
    post = Post(Sent(), RetryLater("smtp-451"), Failed("smtp-550"), Uncertain("lost"))
    await a_sender(it, post).send_group()
    assert [(phase, why) for _, _, phase, why in await it.phases()] == [
        ("sent", None), ("pending", "smtp-451"), ("failed", "smtp-550"), ("held", "uncertain"),
    ]  # fmt: skip
    assert await it.said() == ["message.sent.v1", "message.failed.v1", "message.held.v1"]
    waits = await it.pool.fetchval("SELECT ready_at > clock_timestamp() FROM message WHERE phase = 'pending'")
    assert waits, "a message that was put off waits by the database's clock"


async def test_a_dead_workers_messages_are_held_and_never_sent_again(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    async with it.pool.acquire() as conn, conn.transaction():
        claims = await storage.claim(conn, 10, timedelta(seconds=-1), NOW)
    assert len(claims) == 1

    post = Post()
    sender = a_sender(it, post)
    assert await sender.send_group() == 0
    assert await sender.sweep() == 1
    assert await it.phases() == [("referral.routed", MOTHER, "held", "uncertain")]
    assert await sender.send_group() == 0
    assert post.letters == []

    await it.running.runner.command(Release(claims[0].message.id, "Ada", "not in the server's log"))
    assert await sender.send_group() == 1
    assert len(post.letters) == 1


async def test_two_senders_never_take_the_same_message(house: Houses) -> None:
    it = await house(group=7, at_once=50)
    for n in range(60):
        await it.hear(
            received(referral_id=f"r-{n}", tell=(f"p-{n}",)), routed(referral_id=f"r-{n}"), details(f"p-{n}")
        )
    post = Post()
    senders = [a_sender(it, post) for _ in range(4)]

    async def until_nothing_is_left(sender: Sender) -> None:
        while await sender.send_group():
            pass

    await asyncio.gather(*map(until_nothing_is_left, senders))
    ids = [letter.message_id for letter in post.letters]
    assert len(ids) == len(set(ids)) == 60


async def test_a_message_that_could_not_be_written_waits_and_is_not_lost(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    await it.pool.execute(
        "UPDATE message SET state = (state::jsonb || '{\"fact\": \"no.such\"}')::json, fact = 'no.such'"
    )
    post = Post()
    await a_sender(it, post).send_group()
    assert post.letters == []
    assert (await it.phases())[0][2:] == ("pending", "cannot-be-written")


async def test_only_the_hash_of_a_links_code_is_kept(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details(), opened(), decided())
    post = Post()
    sender = a_sender(it, post)
    while await sender.send_group():
        pass
    codes = [letter.body.split("/f/")[1].split()[0] for letter in post.letters]
    assert len(set(codes)) == 2
    assert all(len(code) == 22 for code in codes)
    hashes = {bytes(row["code_hash"]) for row in await it.pool.fetch("SELECT code_hash FROM link")}
    assert hashes == {storage.code_hash(code) for code in codes}
    everything = await it.pool.fetchval("SELECT string_agg(m::text, '') FROM message m")
    assert not any(code in everything for code in codes)


async def test_a_messages_trace_and_correlation_are_those_of_its_event(house: Houses) -> None:
    it = await house()
    exported = InMemorySpanExporter()
    telemetry.configure("notifications", exporter=exported)
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await it.hear(received(), details())
    await it.hear(routed(), meta=Meta("a-request", traceparent=trace))
    await a_sender(it, Post()).send_group()

    (span,) = exported.get_finished_spans()
    assert f"{span.context.trace_id:032x}" == "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = await it.pool.fetchval("SELECT headers::text FROM outbox")
    assert trace in headers
    assert "a-request" in headers


async def test_outcomes_are_kept_while_the_database_is_away(house: Houses, monkeypatch: Any) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    working, away = it.running.runner.commands, [True, True]

    async def sometimes(*given: Any) -> Any:
        if away:
            away.pop()
            raise Unavailable
        return await working(*given)

    monkeypatch.setattr(it.running.runner, "commands", sometimes)
    await a_sender(it, Post()).send_group()
    assert [phase for _, _, phase, _ in await it.phases()] == ["sent"]


async def test_all_lanes_pause_while_the_mail_server_is_away(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    post = Post(*[RetryLater("no-connection", tried=False)] * 1000)
    sender = a_sender(it, post)
    running = asyncio.create_task(sender.run())
    for _ in range(600):
        if post.letters:
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)  # in which another lane would have tried too
    it.running.stopping.set()
    await asyncio.wait_for(running, 30)
    assert len(post.letters) == 1
    state = await it.pool.fetchval("SELECT state->>'tries' FROM message")
    assert state == "0", "an outage does not count against a message"
    assert "mail server" in str(it.running.parts.why("mail")), "whoever asks is told why nothing is sent"


async def test_lanes_claim_in_turn_and_all_rest_after_a_small_group(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = await house()
    sender = a_sender(it, Post())
    full = sender._settings.group
    groups, claiming, together = [full, full, 3, 0], 0, []
    small = asyncio.Event()

    async def claimed() -> list[None]:
        nonlocal claiming
        claiming += 1
        together.append(claiming)
        await asyncio.sleep(0)
        claiming -= 1
        if len(groups) == 2:
            small.set()
        return [None] * groups.pop(0)

    async def sent(group: list[None]) -> int:
        return len(group)

    monkeypatch.setattr("services.notifications.sender.IDLE_SECONDS", 1000.0)
    monkeypatch.setattr(sender, "_claimed", claimed)
    monkeypatch.setattr(sender, "_send", sent)
    lanes = [asyncio.create_task(sender._again_and_again(sender._in_turn, rest=0.0)) for _ in range(2)]
    await asyncio.wait_for(small.wait(), 30)
    for _ in range(20):
        await asyncio.sleep(0)  # in which a lane that did not rest would claim
    it.running.stopping.set()
    await asyncio.wait_for(asyncio.gather(*lanes), 30)
    assert groups == [0], "after full groups at once, after a small one not before the service stops"
    assert together == [1, 1, 1]


async def test_a_lane_whose_turn_comes_once_the_service_stops_claims_nothing(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = await house()
    sender, claims = a_sender(it, Post()), 0

    async def claimed() -> list[None]:
        nonlocal claims
        claims += 1
        it.running.stopping.set()
        await asyncio.sleep(0)
        return [None] * sender._settings.group

    async def sent(group: list[None]) -> int:
        return len(group)

    monkeypatch.setattr(sender, "_claimed", claimed)
    monkeypatch.setattr(sender, "_send", sent)
    lanes = [sender._again_and_again(sender._in_turn, rest=0.0) for _ in range(3)]
    await asyncio.wait_for(asyncio.gather(*lanes), 30)
    assert claims == 1


async def test_while_the_mail_server_is_away_one_message_at_a_time_is_tried(house: Houses) -> None:
    it = await house()
    await it.hear(details())
    for id in ("r1", "r2", "r3"):
        await it.hear(received(referral_id=id), routed(referral_id=id))
    sender = a_sender(it, Post(*[RetryLater("no-connection", tried=False)] * 1000))
    assert await sender.send_group() == 3
    await it.pool.execute("UPDATE message SET ready_at = clock_timestamp()")
    assert await sender.send_group() == 1


async def test_nothing_is_claimed_while_the_outbox_has_no_room_for_what_became_of_it(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    it.running.backlog.measured(rows=10**9, oldest_seconds=1)
    assert await a_sender(it, Post()).send_group() == 0
    it.running.backlog.measured(rows=0, oldest_seconds=0)
    assert await a_sender(it, Post()).send_group() == 1


async def test_a_message_that_waits_goes_to_the_contact_that_is_in_use_by_then(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details(), destination())
    await it.hear(details(email="new@families.example", school="117123"))
    post = Post()
    while await a_sender(it, post).send_group():
        pass
    assert [letter.to for letter in post.letters] == ["new@families.example"]


async def test_who_is_told_follows_what_the_school_changes(house: Houses) -> None:
    it = await house()
    await it.hear(received(), details(MOTHER), details(FATHER), destination())
    amended = ReferralAmended(referral_id=REFERRAL, parts=("contacts",), amended_at=NOW, tell=(FATHER,))
    await it.hear(amended, routed())
    post = Post()
    while await a_sender(it, post).send_group():
        pass
    assert [letter.to for letter in post.letters] == ["p-father@families.example"]


async def test_nobody_is_told_while_their_contacts_are_not_in_use(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), destination())
    post = Post()
    while await a_sender(it, post).send_group():
        pass
    assert post.letters == []
    await it.hear(details())
    while await a_sender(it, post).send_group():
        pass
    assert [letter.to for letter in post.letters] == ["p-mother@families.example"]
