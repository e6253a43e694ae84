"""The message's states: rule by rule, and then driven at random by workers that crash, freeze and wake."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings as tries
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chassis.decision import Decision, Refused
from schemas.envelope import Event
from services.notifications.domain.by_hand import Release, SettleByHand, release, settle_by_hand
from services.notifications.domain.message import (
    Message,
    Unreachable,
    claimed,
    hold,
    message_id,
    unreachable,
)
from services.notifications.domain.outcomes import MOST_TRIES, GiveUp, Settle, give_up, may_be_kept, settle
from tests.notifications.builders import MOTHER, NOW, REFERRAL

LATER = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def a_message(**given: Any) -> Message:
    fields: dict[str, Any] = {
        "id": message_id(REFERRAL, "referral.routed", "r-1:1", MOTHER), "referral_id": REFERRAL, "person_id": MOTHER,
        "reference": "ABCD-EFGH-JKM4", "fact": "referral.routed", "about": "r-1:1", "made_at": NOW,
    }  # fmt: skip
    return Message(**(fields | given))


def in_hand(**given: Any) -> Message:
    return claimed(a_message(**given), "a-1", LATER)


def after(decision: Decision[Message]) -> Message:
    assert decision.state is not None
    return decision.state


def test_the_same_fact_for_the_same_person_has_one_id() -> None:
    assert message_id("r", "f", "b", "p") == message_id("r", "f", "b", "p")
    assert (
        len(
            {
                message_id("r", *parts)
                for parts in [("f", "b", "p"), ("f", "b", "q"), ("f", "c", "p"), ("g", "b", "p")]
            }
        )
        == 4
    )


def test_an_accepted_message_is_sent_and_says_so() -> None:
    decision = settle(in_hand(), Settle("m", "a-1", "sent"), NOW)
    assert after(decision).phase == "sent"
    assert [type(event).type for event in decision.events] == ["message.sent.v1"]


def test_a_message_that_was_put_off_waits_until_its_time() -> None:
    waiting = after(settle(in_hand(), Settle("m", "a-1", "not-accepted", "smtp-451", LATER), NOW))
    assert (waiting.phase, waiting.ready_at, waiting.tries) == ("pending", LATER, 1)


def test_an_outage_of_the_provider_does_not_use_up_a_try() -> None:
    waiting = after(settle(in_hand(), Settle("m", "a-1", "untouched", "no-connection", LATER), NOW))
    assert (waiting.phase, waiting.tries) == ("pending", 0)


def test_what_a_provider_may_have_kept_is_remembered_whatever_puts_it_off_and_whoever_releases_it() -> None:
    message = in_hand()
    for code in ("notify-500", "notify-500", "provider-away"):
        waiting = after(settle(message, Settle("m", "a-1", "untouched", code, LATER), NOW))
        message = claimed(waiting, "a-1", LATER)
    assert (waiting.why, [one.code for one in waiting.tried]) == ("provider-away", ["notify-500"])
    assert may_be_kept(waiting)
    held = after(hold(waiting, "expired", NOW))
    assert may_be_kept(after(release(held, Release("m", "rowan", "the family asks"), NOW)))
    assert not may_be_kept(waiting.model_copy(update={"channel": "text"}))


def test_a_message_that_is_put_off_for_ever_becomes_a_task() -> None:
    message = in_hand(tries=MOST_TRIES - 1)
    decision = settle(message, Settle("m", "a-1", "not-accepted", "smtp-451", LATER), NOW)
    assert (after(decision).phase, after(decision).why) == ("held", "expired")


def test_an_outcome_of_an_older_attempt_changes_nothing() -> None:
    assert settle(in_hand(), Settle("m", "a-0", "sent"), NOW) == Decision(answer="stale")
    assert settle(None, Settle("m", "a-0", "sent"), NOW) == Decision(answer="stale")


def test_who_gives_up_an_older_attempt_takes_the_message_out_of_nobodys_hands() -> None:
    """It was read as left behind, and has been put off and claimed again since."""
    assert give_up(in_hand(), GiveUp("m", "a-0"), NOW) == Decision(answer="stale")


def test_a_frozen_workers_late_yes_is_believed() -> None:
    held = after(give_up(in_hand(), GiveUp("m", "a-1"), NOW))
    assert (held.phase, held.why) == ("held", "uncertain")
    assert after(settle(held, Settle("m", "a-1", "sent"), NOW)).phase == "sent"
    assert settle(held, Settle("m", "a-1", "uncertain"), NOW).answer == "stale"

    released = after(release(held, Release("m", "Ada", "not in the log"), NOW))
    assert after(settle(released, Settle("m", "a-1", "sent"), NOW)).phase == "sent"
    assert settle(released, Settle("m", "a-1", "not-accepted"), NOW).answer == "stale"


@pytest.mark.parametrize("why", ["outlived", "overtaken"])
def test_what_lapses_quietly_is_settled_aloud_where_it_was_known_to_wait(why: Any) -> None:
    quietly = settle(in_hand(), Settle("m", "a-1", why), NOW)
    assert (after(quietly).phase, after(quietly).why, quietly.events) == ("closed", why, ())
    held = after(give_up(in_hand(), GiveUp("m", "a-1"), NOW))
    aloud = settle(held, Settle("m", "a-1", why), NOW)
    assert [type(event).type for event in aloud.events] == ["message.settled.v1"]


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_person_gives_a_reason(reason: str) -> None:
    held = a_message(phase="held", why="uncertain")
    with pytest.raises(Refused, match="reason-missing"):
        release(held, Release("m", "Ada", reason), NOW)
    with pytest.raises(Refused, match="reason-missing"):
        settle_by_hand(held, SettleByHand("m", True, "Ada", reason), NOW)


def test_who_decided_what_and_why_is_kept() -> None:
    held = a_message(phase="held", why="uncertain")
    released = after(release(held, Release("m", "Ada", "not in the log"), NOW))
    failed = released.model_copy(update={"phase": "failed", "why": "smtp-550"})
    closed = after(settle_by_hand(failed, SettleByHand("m", True, "Bo", "rang them"), LATER))
    assert [(note.who, note.did, note.why, note.at) for note in closed.notes] == [
        ("Ada", "released", "not in the log", NOW),
        ("Bo", "told another way", "rang them", LATER),
    ]


@pytest.mark.parametrize("phase", ["pending", "sending", "sent", "closed"])
def test_only_what_waits_for_a_person_can_be_released_or_settled(phase: str) -> None:
    with pytest.raises(Refused, match="not-held"):
        release(a_message(phase=phase), Release("m", "Ada", "why"), NOW)
    with pytest.raises(Refused, match="not-held"):
        settle_by_hand(a_message(phase=phase), SettleByHand("m", True, "Ada", "why"), NOW)


def test_a_message_that_nobody_may_have_cannot_be_released() -> None:
    with pytest.raises(Refused, match="nobody-may-be-told"):
        release(a_message(phase="held", why="nobody-may-be-told"), Release("m", "Ada", "why"), NOW)


@pytest.mark.parametrize(
    ("person", "reach", "alone", "phase", "why"),
    [
        ("nobody", None, False, "held", "nobody-may-be-told"),
        (MOTHER, "overdue", False, "held", "no-contact"),
        (MOTHER, "no-address", False, "held", "no-contact"),
        (MOTHER, "not-told", False, "closed", "may-not-be-told"),
        (MOTHER, "not-told", True, "held", "nobody-may-be-told"),
    ],
)
def test_a_message_for_somebody_out_of_reach(
    person: str, reach: str, alone: bool, phase: str, why: str
) -> None:
    decision = unreachable(a_message(person_id=person), reach, Unreachable("m", person, alone), NOW)
    assert (after(decision).phase, after(decision).why) == (phase, why)


@pytest.mark.parametrize("reach", ["email", "awaited"])
def test_details_that_came_at_the_last_moment_are_used(reach: str) -> None:
    assert unreachable(a_message(), reach, Unreachable("m", MOTHER), NOW) == Decision(answer="stale")


class Workers(RuleBasedStateMachine):
    """One message, and workers that die, freeze past their lease, wake, and speak late or twice.

    ``accepted`` is the provider's own ledger: how often it said yes, whether anybody heard it or not.
    """

    def __init__(self) -> None:
        super().__init__()
        self.message = a_message()
        self.clock = NOW
        self.handed: dict[str, str] = {}  # attempt -> what the provider did, as only the worker knows
        self.alive: set[str] = set()
        self.accepted = 0
        self.accepted_since_a_word = 0
        self.events: list[Event] = []

    def _apply(self, decision: Decision[Message]) -> None:
        if decision.state is not None:
            self.message = decision.state
        self.events += decision.events

    @precondition(lambda self: self.message.phase == "pending")
    @rule()
    def a_worker_claims_it(self) -> None:
        attempt = f"a-{len(self.handed)}"
        self.message = claimed(self.message, attempt, self.clock + timedelta(minutes=3))
        self.handed[attempt] = "nothing yet"
        self.alive.add(attempt)

    @precondition(lambda self: self.alive)
    @rule(
        data=st.data(), answer=st.sampled_from(["yes", "no for now", "no for good", "yes, unheard", "lost"])
    )
    def a_worker_hands_it_over(self, data: st.DataObject, answer: str) -> None:
        attempt = data.draw(st.sampled_from(sorted(self.alive)))
        lease_is_over = self.message.lease_until is None or self.clock > self.message.lease_until
        if self.handed[attempt] != "nothing yet":
            return
        if attempt != self.message.attempt or self.message.phase != "sending" or lease_is_over:
            self.handed[attempt] = "too late"  # it looks at its own clock just before the socket
            return
        self.handed[attempt] = answer
        self.accepted += answer.startswith("yes")
        self.accepted_since_a_word += answer.startswith("yes")

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def a_worker_settles(self, data: st.DataObject) -> None:
        attempt = data.draw(st.sampled_from(sorted(self.alive)))
        outcome: Any = {
            "yes": "sent", "no for now": "not-accepted", "no for good": "failed", "yes, unheard": "uncertain",
            "lost": "uncertain", "too late": "untouched", "nothing yet": "untouched",
        }[self.handed[attempt]]  # fmt: skip
        if self.handed[attempt] == "nothing yet":
            self.handed[attempt] = "too late"
        self._apply(settle(self.message, Settle(self.message.id, attempt, outcome), self.clock))
        if data.draw(st.booleans()):  # else it will say the same once more
            self.alive.discard(attempt)

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def a_worker_dies(self, data: st.DataObject) -> None:
        self.alive.discard(data.draw(st.sampled_from(sorted(self.alive))))

    @rule(minutes=st.integers(1, 5))
    def time_passes_and_the_sweeper_looks(self, minutes: int) -> None:
        self.clock += timedelta(minutes=minutes)
        over = self.message.lease_until is not None and self.clock > self.message.lease_until
        if self.message.phase == "sending" and over:
            self._apply(
                give_up(self.message, GiveUp(self.message.id, self.message.attempt or ""), self.clock)
            )

    @precondition(lambda self: self.message.phase in ("held", "failed"))
    @rule(again=st.booleans())
    def a_person_decides(self, again: bool) -> None:
        if again:
            self.accepted_since_a_word = 0
            self._apply(release(self.message, Release(self.message.id, "Ada", "why"), self.clock))
        else:
            self._apply(
                settle_by_hand(self.message, SettleByHand(self.message.id, True, "Ada", "why"), self.clock)
            )

    @invariant()
    def it_is_accepted_at_most_once_without_a_persons_word(self) -> None:
        assert self.accepted_since_a_word <= 1

    @invariant()
    def once_accepted_it_never_waits_to_be_sent_again(self) -> None:
        assert not (self.accepted_since_a_word and self.message.phase == "pending")

    @invariant()
    def what_is_sent_was_accepted(self) -> None:
        if self.message.phase == "sent":
            assert self.accepted >= 1

    @invariant()
    def nothing_is_forgotten(self) -> None:
        said = [type(event).type for event in self.events]
        if self.message.phase in ("sent", "failed", "held"):
            assert said[-1] == f"message.{self.message.phase}.v1"
        assert said.count("message.sent.v1") <= 1


TestWorkers = Workers.TestCase
TestWorkers.settings = tries(max_examples=300, stateful_step_count=25, deadline=None)
