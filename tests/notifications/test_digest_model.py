"""Small steps and others of one person, at random: workers that die or speak late, a provider that may keep its yes to
itself, and a person who decides. Nothing is heard twice, nothing overtakes, nothing is forgotten."""

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import settings as tries
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chassis.decision import Decision
from services.notifications.domain.by_hand import Release, release
from services.notifications.domain.digest import Steps, along, follow
from services.notifications.domain.message import Message, claimed
from services.notifications.domain.outcomes import GiveUp, Settle, give_up, settle
from tests.notifications.builders import NOW
from tests.notifications.test_message import a_message

SMALL, OTHER = "referral.accepted", "case.listed"
STEPS = Steps(frozenset({SMALL}), NOW)
OUTCOMES: dict[str, Any] = {
    "yes": "sent", "yes, unheard": "uncertain", "no for now": "not-accepted", "no for good": "failed",
    "away": "untouched", "nothing yet": "untouched",
}  # fmt: skip


class ADigestReader(RuleBasedStateMachine):
    """``line`` are the messages in the order in which they were made, ``taken`` how often the provider took each,
    whether anybody heard so or not, and ``accepted`` how often since a person last let it go."""

    def __init__(self) -> None:
        super().__init__()
        self.line: dict[str, Message] = {}
        self.together = True
        self.waited: set[str] = set()
        self.in_hand: dict[str, tuple[Message, str]] = {}
        self.taken: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.said: dict[str, list[str]] = {}
        self.attempts = 0

    @rule(fact=st.sampled_from([SMALL, SMALL, OTHER]))
    def something_happens(self, fact: str) -> None:
        id = f"m-{len(self.line)}"
        self.line[id], self.said[id] = a_message(id=id, fact=fact), []

    @rule()
    def the_hour_strikes(self) -> None:
        self.waited |= set(self.line)

    @rule()
    def the_person_chooses_otherwise(self) -> None:
        self.together = not self.together

    def _waits(self, message: Message) -> bool:
        behind = [one for one in self.line.values() if one.phase == "pending"]
        hurried = any(one.fact != SMALL or one.attempt for one in behind)
        fresh = message.fact == SMALL and message.attempt is None and message.id not in self.waited
        return fresh and self.together and not hurried

    @rule()
    def a_worker_claims(self) -> None:
        under_way = [one for one in self.line.values() if one.phase in ("pending", "sending")]
        if not under_way or under_way[0].phase == "sending" or self._waits(under_way[0]):
            return
        self.attempts += 1
        attempt, until = f"a-{self.attempts}", NOW + timedelta(minutes=3)
        first = claimed(under_way[0], attempt, until).model_copy(update={"carried_by": None})
        behind = [one for one in under_way[1:] if one.phase == "pending"]
        others = along(first, behind, STEPS) if self.together or first.carries else []
        assert first.carries or others == behind[: len(others)], "nothing overtakes what waits before it"
        for one in others:
            with_it = claimed(one, attempt, until).model_copy(update={"carried_by": first.id})
            self.line[one.id] = with_it
        first = first.model_copy(update={"carries": tuple(one.id for one in others)})
        self.line[first.id] = first
        self.in_hand[attempt] = (first, "nothing yet")

    @precondition(lambda self: self.in_hand)
    @rule(data=st.data(), answer=st.sampled_from(sorted(OUTCOMES)))
    def a_worker_hands_it_over(self, data: st.DataObject, answer: str) -> None:
        attempt = data.draw(st.sampled_from(sorted(self.in_hand)))
        letter, before = self.in_hand[attempt]
        now = self.line[letter.id]
        if before != "nothing yet" or (now.phase, now.attempt) != ("sending", attempt):
            return  # its lease is over
        self.in_hand[attempt] = (letter, answer)
        if answer.startswith("yes"):
            self._take(letter)

    def _take(self, letter: Message) -> None:
        for counted in (self.taken, self.accepted):
            counted.update((letter.id, *letter.carries))

    @precondition(lambda self: self.in_hand)
    @rule(data=st.data(), speaks=st.booleans())
    def a_worker_settles_or_dies(self, data: st.DataObject, speaks: bool) -> None:
        attempt = data.draw(st.sampled_from(sorted(self.in_hand)))
        letter, answer = self.in_hand.pop(attempt)
        if speaks:
            self._decide(
                letter, lambda one: settle(one, Settle(one.id, attempt, OUTCOMES[answer], then=None), NOW)
            )

    @rule()
    def the_sweeper_gives_up(self) -> None:
        for one in list(self.line.values()):
            if one.phase == "sending" and one.carried_by is None:
                attempt = one.attempt or ""
                self._decide(one, lambda m, a=attempt: give_up(m, GiveUp(m.id, a), NOW))

    @precondition(lambda self: any(one.phase in ("held", "failed") for one in self.line.values()))
    @rule(data=st.data())
    def a_person_lets_one_go(self, data: st.DataObject) -> None:
        waiting = [id for id, one in self.line.items() if one.phase in ("held", "failed")]
        one = self.line[data.draw(st.sampled_from(waiting))]
        first = self.line[one.carried_by or one.id]
        for id in (first.id, *first.carries):
            self.accepted[id] = 0
        self._decide(first, lambda m: release(m, Release(m.id, "Ada", "why"), NOW))

    def _decide(self, letter: Message, rule: Any) -> None:
        before = self.line[letter.id]
        decision: Decision[Message] = rule(before)
        found = {letter.id: decision}
        for id in letter.carries:
            found[id] = follow(before, decision, self.line[id])
        for id, each in found.items():
            self.line[id] = each.state or self.line[id]
            self.said[id] += [type(event).type for event in each.events]

    @invariant()
    def nobody_hears_a_fact_twice_without_a_persons_word(self) -> None:
        assert all(times <= 1 for times in self.accepted.values())

    @invariant()
    def what_is_carried_is_where_its_carrier_is(self) -> None:
        for one in self.line.values():
            if one.carried_by is not None:
                assert one.phase == self.line[one.carried_by].phase
                assert one.id in self.line[one.carried_by].carries

    @invariant()
    def each_fact_says_for_itself_what_became_of_it(self) -> None:
        for id, one in self.line.items():
            if one.phase in ("sent", "failed", "held"):
                assert self.said[id][-1] == f"message.{one.phase}.v1"
            if one.phase == "sent":
                assert self.taken[id] > 0

    def teardown(self) -> None:
        """Everything has time: then each is told, or stands in a person's list."""
        self.in_hand.clear()
        self.the_sweeper_gives_up()
        self.the_hour_strikes()
        while any(one.phase == "pending" for one in self.line.values()):
            self.a_worker_claims()
            ((attempt, (letter, _)),) = self.in_hand.items()
            self.in_hand.clear()
            self._take(letter)
            self._decide(letter, lambda m, a=attempt: settle(m, Settle(m.id, a, "sent"), NOW))
        assert {one.phase for one in self.line.values()} <= {"sent", "held", "failed"}
        self.nobody_hears_a_fact_twice_without_a_persons_word()
        self.each_fact_says_for_itself_what_became_of_it()


TestADigestReader = ADigestReader.TestCase
TestADigestReader.settings = tries(max_examples=200, stateful_step_count=30, deadline=None)
