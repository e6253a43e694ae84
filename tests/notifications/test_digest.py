"""Small steps in one message, for whoever chose so: told once each, in order, with everything that becomes of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.decision import Decision
from chassis.learning import Settle as SettleLost
from deploy.local.notify import NotifyServer
from schemas.family_v1 import TellingDecided
from schemas.notifications_v1 import MessageSent
from schemas.panel_days_v1 import CasePassedOn
from schemas.referral_work_v1 import ReferralReopened
from services.notifications import acting, learning, storage
from services.notifications.channels import Failed, Result, RetryLater, Uncertain
from services.notifications.domain import by_school, restoring
from services.notifications.domain.by_hand import Release, SettleByHand
from services.notifications.domain.digest import Steps, along, follow, last_hour
from services.notifications.domain.hours import QuietHours
from services.notifications.domain.message import Message, claimed
from services.notifications.domain.outcomes import Settle, settle
from services.notifications.domain.preference import Prefer
from services.notifications.domain.sending_again import SendAgain
from services.notifications.measuring import unsent
from services.notifications.sender import Sender
from services.notifications.templates import shipped
from tests.notifications.builders import (
    FATHER,
    MOTHER,
    NOW,
    REFERRAL,
    accepted,
    destination,
    details,
    listed,
    opened,
    received,
)
from tests.notifications.conftest import House
from tests.notifications.notifying import a_sender_by_its_settings, by_notify
from tests.notifications.test_by_notify import hears, lapse
from tests.notifications.test_message import a_message
from tests.notifications.test_pages import HERE, as_
from tests.notifications.test_sender import Post, a_sender

Houses = Callable[..., Awaitable[House]]
SMALL = shipped().small
TOGETHER = "referral.accepted, referral.reopened"
FIVE = datetime(2026, 3, 2, 17, tzinfo=UTC)


def reopened(**given: Any) -> ReferralReopened:
    fields: dict[str, Any] = {
        "referral_id": REFERRAL, "destination": "primary-panel",
        "reopened_at": NOW, "answer_by": NOW.date() + timedelta(days=21),
    }  # fmt: skip
    return ReferralReopened(**(fields | given))


async def wants_them_together(houses: Houses, *people: str, **given: Any) -> House:
    """A house whose mother (and these others) were told who has the referral, and then chose to hear together."""
    it = await houses(**given)
    await it.hear(
        received(tell=(MOTHER, *people)), details(MOTHER, phone="07700 900123"), *map(details, people)
    )
    for person in (MOTHER, *people):
        await it.running.runner.command(Prefer(person, digest=True))
    return it


async def step_to(it: House, moment: datetime) -> None:
    clock: Any = it.running.clock
    await clock.step(it.pool, moment)


async def with_two_steps_at_their_hour(houses: Houses, **given: Any) -> House:
    """The same, with two small steps that may go out now."""
    it = await wants_them_together(houses, **given)
    await it.hear(accepted(), reopened())
    await step_to(it, FIVE)
    return it


async def send_all(it: House, *answers: Result) -> Post:
    post = Post(*answers)
    sender = a_sender(it, post)
    while await sender.send_group():
        pass
    return post


async def ready(it: House) -> None:
    await it.pool.execute("UPDATE message SET ready_at = clock_timestamp() WHERE phase = 'pending'")


async def test_small_steps_go_in_one_message_at_the_settled_hour(house: Houses) -> None:
    it = await wants_them_together(house)
    await it.hear(destination(), accepted(), reopened())
    assert (await send_all(it)).letters == []
    assert await unsent(it.running, SMALL) is None, "they wait for their hour, not for the sender"
    await step_to(it, FIVE)
    assert await unsent(it.running, SMALL) == "2 messages to be sent"
    (letter,) = (await send_all(it)).letters
    assert letter.fact == TOGETHER
    assert letter.subject == "Your referral ABCD-EFGH-JKM4: 2 steps"
    assert (
        "1. The panel has taken on your referral. The next step comes by 20 March 2026.\n"
        "2. We have opened your referral again. The panel answers by 23 March 2026.\n"
    ) in letter.body
    assert letter.html is not None
    assert letter.html().count("<li ") == 2
    assert [row[2] for row in await it.phases()] == ["sent", "sent"]
    assert (await it.said()).count("message.sent.v1") == 2, "each of them counts as told"


async def test_whoever_did_not_choose_so_hears_of_each_at_once(house: Houses) -> None:
    it = await house()
    await it.hear(received(), details(), accepted(), reopened())
    assert [one.fact for one in (await send_all(it)).letters] == ["referral.accepted", "referral.reopened"]


async def test_each_parent_hears_in_the_way_that_they_chose_themselves(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=(MOTHER, FATHER)), details(MOTHER), details(FATHER))
    await it.running.runner.command(Prefer(MOTHER, digest=True))
    await it.hear(accepted(), reopened())
    told = (await send_all(it)).letters
    assert {(one.to.partition("@")[0], one.fact) for one in told} == {
        (FATHER, "referral.accepted"),
        (FATHER, "referral.reopened"),
    }


async def test_a_lone_step_goes_in_words_of_its_own(house: Houses) -> None:
    it = await wants_them_together(house)
    await it.hear(accepted())
    await step_to(it, FIVE)
    (letter,) = (await send_all(it)).letters
    assert letter.subject == "Your referral ABCD-EFGH-JKM4: we have taken it on"


async def test_small_steps_are_told_together_in_the_language_of_whoever_reads_them(house: Houses) -> None:
    it = await wants_them_together(house, draft_translations=True)
    await it.running.runner.command(Prefer(MOTHER, language="pl", digest=True))
    await it.hear(destination(), accepted(), reopened())
    await step_to(it, FIVE)
    drafts = Sender(it.running, it.running.settings, shipped(drafts=True), {"email": (post := Post())})  # type: ignore[arg-type]
    await drafts.send_group()
    (letter,) = post.letters
    assert "1. Wnioskiem zajmuje się: Komisja. Następny krok nastąpi do 20 marca 2026." in letter.body
    await it.hear(reopened(answer_by=date(2026, 4, 1)), reopened(answer_by=date(2026, 4, 2)))
    await step_to(it, FIVE + timedelta(days=1))
    (english,) = (await send_all(it)).letters
    assert "1. We have opened your referral again." in english.body, "where drafts are not sent"


async def test_what_is_not_small_waits_for_no_hour_and_overtakes_nothing(house: Houses) -> None:
    it = await wants_them_together(house)
    await it.hear(accepted(), reopened(), opened(), listed())
    assert [one.fact for one in (await send_all(it)).letters] == [TOGETHER, "case.listed"]


async def test_steps_about_two_referrals_are_two_messages_since_each_has_a_page_of_its_own(
    house: Houses,
) -> None:
    it = await wants_them_together(house)
    other = {"referral_id": "r-2"}
    await it.hear(received(reference="ZZZZ-EFGH-JKM4", **other), accepted(), reopened())
    await it.hear(accepted(**other), reopened(**other))
    await step_to(it, FIVE)
    letters = (await send_all(it)).letters
    assert sorted(one.reference for one in letters) == ["ABCD-EFGH-JKM4", "ZZZZ-EFGH-JKM4"]
    assert {one.fact for one in letters} == {TOGETHER}


async def test_a_step_that_somebody_else_has_in_hand_at_this_moment_does_not_go_along(house: Houses) -> None:
    it = await with_two_steps_at_their_hour(house)
    async with it.pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT FROM message WHERE fact = 'referral.reopened' FOR UPDATE")
        meanwhile = await asyncio.wait_for(send_all(it), 20)
    assert [letter.fact for letter in meanwhile.letters] == ["referral.accepted"]
    assert [letter.fact for letter in (await send_all(it)).letters] == ["referral.reopened"]


async def test_a_digest_that_was_put_off_goes_again_as_it_was(house: Houses) -> None:
    it = await with_two_steps_at_their_hour(house)
    first = await send_all(it, RetryLater("smtp-451"))
    await it.hear(accepted(destination="a-team", accepted_at=NOW + timedelta(hours=9)))
    await ready(it)
    again = await send_all(it)
    assert [one.fact for one in (*first.letters, *again.letters)] == [TOGETHER] * 2
    assert again.letters[0].message_id == first.letters[0].message_id
    assert [row[2] for row in await it.phases()] == ["sent", "sent", "pending"], (
        "a later step waits for its hour"
    )


@pytest.mark.parametrize(("answer", "phase"), [(Failed("smtp-550"), "failed"), (Uncertain("lost"), "held")])
async def test_what_becomes_of_a_digest_becomes_of_each_and_a_person_acts_on_all_of_it(
    house: Houses, answer: Result, phase: str
) -> None:
    it = await with_two_steps_at_their_hour(house)
    await send_all(it, answer)
    assert [row[2] for row in await it.phases()] == [phase] * 2
    assert (await it.said()).count(f"message.{phase}.v1") == 2
    second: str = await it.pool.fetchval("SELECT id FROM message WHERE carried_by IS NOT NULL")
    await acting.done(it.running, Release(second, "tom", "it is not in the log"))
    (letter,) = (await send_all(it)).letters
    assert letter.fact == TOGETHER
    assert [row[2] for row in await it.phases()] == ["sent"] * 2
    await acting.done(it.running, SendAgain(second, "tom", "she lost it"))
    assert [one.fact for one in (await send_all(it)).letters] == [TOGETHER]


async def test_a_digest_is_settled_by_hand_as_a_whole_and_its_pages_say_what_else_it_told(
    house: Houses,
) -> None:
    it = await wants_them_together(house, public_url=HERE)
    await it.hear(accepted(), reopened())
    await step_to(it, FIVE)
    await send_all(it, Failed("smtp-550"))
    second: str = await it.pool.fetchval("SELECT id FROM message WHERE carried_by IS NOT NULL")
    page = (await (await as_(it, "tom")).get(f"/messages/{second}")).text
    assert "It goes in one message with these" in page
    assert "A team took it on" in page
    await acting.done(it.running, SettleByHand(second, True, "tom", "rang her"))
    assert {row[2:] for row in await it.phases()} == {("closed", "told-another-way")}
    assert (await it.said()).count("message.settled.v1") == 2


async def test_what_was_never_heard_of_a_dead_workers_digest_is_held_and_a_late_yes_tells_all_of_it(
    house: Houses,
) -> None:
    it = await with_two_steps_at_their_hour(house)
    sender = a_sender(it, Post())
    ((claim, _),) = await sender._claimed()
    await lapse(it)
    await sender.sweep()
    assert {row[2:] for row in await it.phases()} == {("held", "uncertain")}
    late = Settle(claim.message.id, claim.attempt, "sent", carried=claim.message.carries)
    await it.running.runner.command(late)
    assert [row[2] for row in await it.phases()] == ["sent"] * 2


async def test_of_a_dead_workers_digest_the_message_that_its_provider_knows_is_looked_up_and_no_other(
    house: Houses,
) -> None:
    it = await with_two_steps_at_their_hour(house)
    ((claim, _),) = await a_sender(it, Post())._claimed()
    assert len(claim.others) == 1
    await lapse(it)
    async with it.pool.acquire() as conn:
        left = await storage.abandoned(conn)
    assert [one.message.id for one in left] == [claim.message.id]


async def test_a_child_who_died_stops_a_digest_that_waits(house: Houses) -> None:
    it = await with_two_steps_at_their_hour(house)
    await send_all(it, RetryLater("smtp-451"))
    await it.pool.execute("UPDATE story SET stopped = true")
    await ready(it)
    sender = a_sender(it, Post())
    while await sender.sweep():
        pass
    assert {row[2:] for row in await it.phases()} == {("closed", "stopped")}
    assert (await send_all(it)).letters == []


async def test_a_parent_who_may_not_be_told_any_more_is_a_matter_of_each_fact(house: Houses) -> None:
    it = await with_two_steps_at_their_hour(house)
    await send_all(it, RetryLater("smtp-451"))
    await it.hear(details(MOTHER, may_be_told=False))
    sender = a_sender(it, Post())
    while await sender.sweep():
        pass
    assert {row[2:] for row in await it.phases()} == {("held", "nobody-may-be-told")}
    assert await it.pool.fetchval("SELECT count(*) FROM message WHERE carried_by IS NOT NULL") == 0


# -- By GOV.UK Notify


@pytest.fixture
async def at(house: Houses, server: NotifyServer) -> AsyncIterator[tuple[House, Sender]]:
    """A house that tells by Notify, with a digest that is ready to go."""
    it = await with_two_steps_at_their_hour(house, **by_notify(server.url))
    async with a_sender_by_its_settings(it) as sender:
        yield it, sender


async def test_a_digest_that_came_back_goes_by_the_next_way_with_all_of_its_facts(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    await sender.send_group()
    await hears(it, server, server.sent[0], "permanent-failure", times=2)
    await sender.send_group()
    await hears(it, server, server.sent[1], "delivered", times=3)
    await hears(it, server, server.sent[0], "delivered")
    assert [one.kind for one in server.sent] == ["email", "sms"]
    assert "2 steps" in server.sent[1].words["body"]
    assert len(server.by_reference()) == 1, "one reference, that of the message that carries the other"
    assert [row[2] for row in await it.phases()] == ["sent"] * 2
    assert Counter(await it.said())["message.returned.v1"] == 2


async def test_a_digest_that_notify_took_and_said_nothing_about_is_found_and_not_sent_again(
    at: tuple[House, Sender], server: NotifyServer
) -> None:
    it, sender = at
    server.become("deaf")
    await sender.send_group()
    server.hold.set()
    server.become("well")
    assert [row[2] for row in await it.phases()] == ["sending"] * 2
    await lapse(it)
    await sender.sweep()
    assert [row[2] for row in await it.phases()] == ["sent"] * 2
    assert await sender.send_group() == 0
    assert len(server.sent) == 1


# -- The rules


@given(
    moment=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    hour=st.times(time(7), time(20, 59)),
    free=st.sampled_from(["none", "christmas", "bank-holidays"]),
)
def test_the_last_hour_is_over_by_day_and_less_than_a_week_ago(
    moment: datetime, hour: time, free: Any
) -> None:
    last = last_hour(moment, hour, QuietHours(free=free))
    assert last <= moment < last + timedelta(days=6)
    assert last_hour(last, hour, QuietHours(free=free)) == last


WAITING = st.lists(st.sampled_from(["small", "other", "tried"]), max_size=6)


def in_line(kinds: list[str]) -> list[Message]:
    fact = {"small": "referral.accepted", "tried": "referral.accepted", "other": "case.listed"}
    return [
        a_message(id=f"m-{n}", fact=fact[kind], attempt="a-0" if kind == "tried" else None)
        for n, kind in enumerate(kinds)
    ]


@given(kinds=WAITING)
def test_nothing_overtakes_anything_by_going_along(kinds: list[str]) -> None:
    first = claimed(a_message(id="first", fact="referral.accepted"), "a-1", NOW)
    line = in_line(kinds)
    taken = along(first, line, Steps(SMALL, NOW))
    assert taken == line[: len(taken)]
    assert all(kind == "small" for kind in kinds[: len(taken)])
    assert len(taken) == len(line) or kinds[len(taken)] != "small"


@given(outcome=st.sampled_from(["sent", "not-accepted", "untouched", "failed", "uncertain", "expired"]))
def test_what_is_carried_says_what_its_carrier_says_under_its_own_name(outcome: Any) -> None:
    first = claimed(a_message(id="first", carries=("second",)), "a-1", NOW)
    second = claimed(a_message(id="second", fact="referral.reopened", carried_by="first"), "a-1", NOW)
    decision = settle(first, Settle("first", "a-1", outcome), NOW)
    followed = follow(first, decision, second)
    assert followed.state is not None
    assert decision.state is not None
    assert (followed.state.id, followed.state.fact) == ("second", "referral.reopened")
    assert (followed.state.phase, followed.state.tried) == (decision.state.phase, decision.state.tried)
    assert [type(one) for one in followed.events] == [type(one) for one in decision.events]
    assert {(one.key, one.fact) for one in followed.events} <= {("second", "referral.reopened")}  # type: ignore[attr-defined]
    apart = second.model_copy(update={"carried_by": None})
    assert follow(first, decision, apart).state is None
    elsewhere = second.model_copy(update={"phase": "held", "why": "uncertain"})
    assert follow(first, decision, elsewhere) == Decision()


async def test_a_message_that_is_not_there_is_a_whole_of_itself(house: Houses) -> None:
    it = await house()
    async with it.pool.acquire() as conn:
        assert await storage.whole(conn, "no-such-message") == ("no-such-message", ())


async def test_a_step_that_is_not_worth_hearing_any_more_does_not_go_along(house: Houses) -> None:
    it = await wants_them_together(house)
    await it.hear(accepted(), opened())
    await step_to(it, NOW + timedelta(days=31))
    await it.hear(reopened())
    await step_to(it, NOW + timedelta(days=31, hours=9))
    assert [one.fact for one in (await send_all(it)).letters] == ["referral.reopened"]
    assert [row[2:] for row in await it.phases()] == [("held", "expired"), ("sent", None)]


@pytest.mark.parametrize("settle_rest", [learning.LEARNING.in_doubt, learning.LEARNING.cut_over])
async def test_of_a_digest_of_which_only_a_part_is_known_after_a_loss_a_person_is_asked_about_the_rest(
    house: Houses, settle_rest: SettleLost
) -> None:
    it = await with_two_steps_at_their_hour(house)
    await send_all(it, RetryLater("smtp-451"))
    first, second = [row["id"] for row in await it.pool.fetch("SELECT id FROM message ORDER BY seq")]
    fact = MessageSent(
        message_id=first, referral_id=REFERRAL, person_id=MOTHER, fact="referral.accepted", channel="email",
        sent_at=NOW,
    )  # fmt: skip
    async with it.pool.acquire() as conn, conn.transaction():
        known = await storage.MESSAGES.load(conn, [first], lock=True)
        known[first].state = restoring.sent(known[first].state, fact).state
        await storage.MESSAGES.update(conn, list(known.values()))
        await settle_rest(conn, NOW + timedelta(days=1))
    await a_sender(it, Post()).sweep()

    async def phases() -> dict[str, str]:
        return {row["id"]: row["phase"] for row in await it.pool.fetch("SELECT id, phase FROM message")}

    assert await phases() == {first: "sent", second: "held"}
    await acting.done(it.running, SendAgain(first, "tom", "she lost it"))
    assert await phases() == {first: "pending", second: "held"}, "it is about what was sent alone"
    (again,) = (await send_all(it)).letters
    assert (again.message_id, again.fact) == (first, "referral.accepted")
    await acting.done(it.running, Release(second, "tom", "it is not in the log"))
    assert [one.message_id for one in (await send_all(it)).letters] == [second]
    await acting.done(it.running, SendAgain(first, "tom", "she lost it again"))
    assert await phases() == {first: "pending", second: "sent"}, "each has gone its own way"


# -- For how long it is worth hearing


async def test_what_waited_longer_than_it_is_worth_hearing_is_a_persons_task_and_goes_if_they_say_so(
    house: Houses,
) -> None:
    it = await house()
    await it.hear(received(), details(), opened(), listed())
    await step_to(it, NOW + timedelta(days=30, minutes=1))
    assert (await send_all(it)).letters == []
    assert [row[2:] for row in await it.phases()] == [("held", "expired")]
    assert await it.said() == ["message.held.v1"]
    id: str = await it.pool.fetchval("SELECT id FROM message")
    await acting.done(it.running, Release(id, "tom", "the day is still to come"))
    assert [one.fact for one in (await send_all(it)).letters] == ["case.listed"]


async def test_a_step_that_later_ones_make_needless_is_closed_and_says_so(house: Houses) -> None:
    it = await house()
    passed = CasePassedOn(
        case_id="c-1", referral_id=REFERRAL, sitting_id="s-1", from_panel="primary-panel", panel="another-panel",
        passed_at=NOW,
    )  # fmt: skip
    await it.hear(received(), details(), passed)
    await step_to(it, NOW + timedelta(days=31))
    assert (await send_all(it)).letters == []
    assert [row[2:] for row in await it.phases()] == [("closed", "too-late")]
    assert await it.said() == ["message.settled.v1"]


async def test_a_message_is_worth_hearing_to_the_end_of_its_days(house: Houses) -> None:
    it = await house()
    await it.hear(received(), details(), opened(), listed())
    await step_to(it, NOW + timedelta(days=30))
    assert [one.fact for one in (await send_all(it)).letters] == ["case.listed"]


def test_a_school_decides_about_one_fact_and_not_about_what_went_with_it() -> None:
    held = a_message(id="second", carried_by="first", phase="held", why="uncertain")
    said = TellingDecided(
        referral_id=REFERRAL, message_id="second", person_id=MOTHER, fact=held.fact, decided="again", decided_at=NOW
    )  # fmt: skip
    released = by_school.decided(held, said, NOW).state
    assert released is not None
    assert (released.phase, released.carried_by) == ("pending", None)
