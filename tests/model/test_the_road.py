"""Whatever dies, freezes or goes unheard, in any order: nothing is lost, nothing doubled, nothing overtakes."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.model.road import GUARDS, KEYLESS, Relay, Road, Transaction

CHILDREN = {"key 1": "Ann", "key 2": "Ben", "key 3": "Ann", KEYLESS: "Ann"}
KEYS = st.sampled_from(sorted(CHILDREN))
FEW = st.integers(1, 4)
INDEX = st.integers(0, 7)


class TheRoad(RuleBasedStateMachine):
    """Steps of the road in any order, with crashes at any step; at the end all is healed and looked at."""

    without: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.road = Road(self.without)
        self.unheard: dict[str, int] = {}
        self.never_answered: set[str] = set()
        self.readings: list[tuple[int, int]] = []
        self.asleep: list[Relay] = []

    def _one(self, index: int) -> Transaction:
        return self.road.writer.open[index % len(self.road.writer.open)]

    def _relay(self) -> Relay:
        return self.road.relays[-1] if self.road.relays else self.road.start_relay()

    # -- the door

    @rule(key=KEYS)
    def a_client_asks(self, key: str) -> None:
        if key not in self.road.acknowledged | dict.fromkeys(self.never_answered):
            self.road.begin(key, CHILDREN[key], self.unheard.pop(key, None))

    @precondition(lambda self: self.road.writer.open)
    @rule(index=INDEX)
    def its_transaction_commits_and_it_is_answered(self, index: int) -> None:
        self.road.commit(self._one(index), reply=True)

    @precondition(lambda self: self.road.writer.open)
    @rule(index=INDEX)
    def the_server_dies_after_the_commit(self, index: int) -> None:
        opened = self._one(index)
        self.road.commit(opened, reply=False)
        if opened.key == KEYLESS:
            self.never_answered.add(opened.key)

    @precondition(lambda self: self.road.writer.open)
    @rule(index=INDEX)
    def the_reply_to_commit_is_lost_on_its_way_to_the_runner(self, index: int) -> None:
        opened = self._one(index)
        self.road.commit(opened, reply=False)
        self.unheard[opened.key] = opened.attempt

    @precondition(lambda self: self.road.writer.open)
    @rule(index=INDEX)
    def the_server_dies_before_the_commit(self, index: int) -> None:
        self.road.roll_back(self._one(index))

    @rule(key=KEYS, heard=st.booleans())
    def a_fact_arrives_without_trouble(self, key: str, heard: bool) -> None:
        """As far as the log, or as a waiting message, so that what comes after it is often tried."""
        self.a_client_asks(key)
        for opened in list(self.road.writer.open):
            self.road.commit(opened, reply=True)
        self._drain_the_outbox()
        if heard:
            self._drain_the_log()

    # -- the relay

    @rule(most=FEW)
    def the_relay_reads(self, most: int) -> None:
        self.road.read_outbox(self._relay(), most)

    @precondition(lambda self: self.road.relays and self.road.relays[-1].in_hand)
    @rule()
    def the_relay_publishes(self) -> None:
        self.road.publish_one(self._relay())

    @precondition(lambda self: self.road.relays and not self.road.relays[-1].in_hand)
    @rule()
    def the_relay_marks(self) -> None:
        self.road.mark(self._relay())

    @rule()
    def the_relay_dies_and_another_starts(self) -> None:
        self.road.start_relay()

    @rule()
    def the_relay_freezes_and_another_takes_over(self) -> None:
        self.asleep.append(self._relay())
        self.road.start_relay()

    @rule(most=FEW)
    def a_frozen_relay_wakes_while_another_has_taken_over_and_holds_less(self, most: int) -> None:
        """Both hold what the outbox begins with, and the frozen one more of it: facts about one child, if need be."""
        for key in sorted(CHILDREN):
            self.a_client_asks(key)
            for opened in list(self.road.writer.open):
                self.road.commit(opened, reply=True)
        self.road.read_outbox(self._relay(), 10)
        self.the_relay_freezes_and_another_takes_over()
        another = self._relay()
        self.road.read_outbox(another, most)
        self.a_frozen_relay_wakes(-1)
        while another.in_hand:
            self.road.publish_one(another)
        self.road.mark(another)

    @precondition(lambda self: self.asleep)
    @rule(index=INDEX)
    def a_frozen_relay_wakes(self, index: int) -> None:
        relay = self.asleep.pop(index % len(self.asleep))
        while relay.in_hand:
            self.road.publish_one(relay)
        self.road.mark(relay)

    # -- the consumer

    @rule(most=FEW)
    def a_consumer_reads(self, most: int) -> None:
        self.readings.append((self.road.reader.position, most))

    @precondition(lambda self: self.readings)
    @rule(index=INDEX, dies=st.booleans())
    def a_consumer_applies_what_it_read(self, index: int, dies: bool) -> None:
        read_from, most = self.readings.pop(index % len(self.readings))
        self.road.consume(read_from, most, dies=dies)

    # -- the sender

    @rule()
    def a_worker_claims(self) -> None:
        self.road.claim()

    @precondition(lambda self: self.road.hands)
    @rule(index=INDEX)
    def a_worker_sends(self, index: int) -> None:
        self.road.send(self.road.hands[index % len(self.road.hands)])

    @precondition(lambda self: self.road.hands)
    @rule(index=INDEX)
    def a_worker_settles(self, index: int) -> None:
        self.road.settle(self.road.hands[index % len(self.road.hands)])

    @precondition(lambda self: self.road.hands)
    @rule(index=INDEX)
    def a_worker_dies(self, index: int) -> None:
        self.road.hands.pop(index % len(self.road.hands))

    @rule()
    def the_sweeper_gives_up_what_nobody_settled(self) -> None:
        # Past its lease a worker does not write to the mail server any more; its yes may still come.
        self.road.hands = [hand for hand in self.road.hands if hand.said_yes]
        self.road.sweep()

    # -- what must hold

    @invariant()
    def nobody_is_told_twice(self) -> None:
        twice = [fact for fact, n in Counter(self.road.accepted).items() if n > 1]
        assert not twice, f"told twice: {twice}"

    @invariant()
    def every_version_is_applied_once_and_in_its_turn(self) -> None:
        for child, applied in self.road.reader.applied.items():
            versions = [version for version, _ in applied]
            assert versions == list(range(1, len(versions) + 1)), f"{child}: {versions}"

    def teardown(self) -> None:
        """Everything is started again and has time: then nothing may be missing."""
        road = self.road
        self._heal()
        for key, version in road.acknowledged.items():
            applied = road.reader.applied.get(CHILDREN[key], [])
            assert version <= len(applied), f"{key} was acknowledged, its version {version} arrived nowhere"
        for child in road.writer.version:
            asked = sum(CHILDREN[key] == child for key in {*road.acknowledged, *self.never_answered})
            assert road.writer.version[child] == asked, f"{child}: {asked} requests, done otherwise"
            assert len(road.reader.applied.get(child, [])) == asked, (
                f"{child}: {asked} requests, heard otherwise"
            )
            assert road.compacted.get(child) == road.writer.version[child], (
                f"{child}: an old record is the last"
            )
        self._everybody_is_told_or_on_a_list()
        self.nobody_is_told_twice()
        self.every_version_is_applied_once_and_in_its_turn()

    def _everybody_is_told_or_on_a_list(self) -> None:
        for message in self.road.reader.messages.values():
            assert message.phase in ("sent", "held"), f"a message is {message.phase}"
            told = message.about in self.road.accepted
            assert told or message.phase == "held", f"{message.about} counts as sent and was not"

    def _heal(self) -> None:
        road = self.road
        for opened in list(road.writer.open):
            road.roll_back(opened)
        for key in sorted(CHILDREN.keys() - road.acknowledged.keys() - self.never_answered):
            again = road.begin(key, CHILDREN[key], self.unheard.pop(key, None))
            if again:
                road.commit(again, reply=True)
        self._drain()
        while self.asleep:
            self.a_frozen_relay_wakes(0)
        self._drain()

    def _drain(self) -> None:
        road = self.road
        self._drain_the_outbox()
        self._drain_the_log()
        road.hands.clear()
        road.sweep()
        while hand := road.claim():
            road.send(hand)
            road.settle(hand)

    def _drain_the_outbox(self) -> None:
        road, relay = self.road, self.road.start_relay()
        while road.writer.outbox:
            road.read_outbox(relay, 10)
            while relay.in_hand:
                road.publish_one(relay)
            road.mark(relay)

    def _drain_the_log(self) -> None:
        while self.road.reader.position < len(self.road.log):
            self.road.consume(self.road.reader.position, 10, dies=False)


TestTheRoad = TheRoad.TestCase
TestTheRoad.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("guard", sorted(GUARDS))
def test_without_a_guard_a_broken_promise_is_found(guard: str) -> None:
    mutant = type("Mutant", (TheRoad,), {"without": guard})
    hunt = settings(
        max_examples=3000,
        stateful_step_count=40,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(mutant, settings=hunt)
