"""Facts through the table of handlers, in every company in which the two topics may bring them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.handlers import Handlers
from chassis.testing import Bench
from schemas.envelope import Event
from services.notifications import handlers
from services.notifications.domain.contact import CONTACT
from services.notifications.domain.fact import Fact
from services.notifications.domain.story import STORY, Story
from services.notifications.templates import shipped
from tests.notifications.builders import (
    FATHER,
    MOTHER,
    NOW,
    REFERRAL,
    accepted,
    all_facts,
    decided,
    details,
    heard,
    listed,
    opened,
    received,
    routed,
    unlisted,
)
from tests.notifications.test_page import acted, corrected, passed_on

TELLINGS = shipped().tellings
TOLD = [
    "referral.routed",
    "referral.accepted",
    "case.listed",
    "case.deferred",
    "case.listed",
    "decision.issued",
]


def the_table() -> Handlers:
    return handlers.build(TELLINGS, timedelta(days=2))


def a_bench() -> Bench:
    return Bench(the_table(), NOW)


def the_story(bench: Bench) -> Story:
    story = bench.state(STORY, REFERRAL)
    assert story is not None
    return story


def born(bench: Bench) -> list[tuple[str, str]]:
    return sorted((message.fact, message.person_id) for message in the_story(bench).born)


@st.composite
def interleavings(draw: st.DrawFn) -> list[Event]:
    """The two topics' facts in one sequence: each topic in its order, nothing between them."""
    ours, theirs = all_facts()
    facts: list[Event] = []
    while ours and theirs:
        facts.append((ours if draw(st.booleans()) else theirs).pop(0))
    return facts + ours + theirs


@given(facts=interleavings())
def test_the_same_messages_are_made_in_whatever_order_the_topics_arrive(facts: list[Event]) -> None:
    bench = a_bench()
    for fact in facts:
        bench.deliver(fact)
    assert born(bench) == sorted((fact, person) for fact in TOLD for person in (MOTHER, FATHER))

    straight = a_bench()
    ours, theirs = all_facts()
    for fact in ours + theirs:
        straight.deliver(fact)
    assert {m.id for m in the_story(bench).born} == {m.id for m in the_story(straight).born}


@given(facts=interleavings(), data=st.data())
def test_a_fact_that_comes_again_at_once_makes_no_second_message(
    facts: list[Event], data: st.DataObject
) -> None:
    bench = a_bench()
    for fact in facts:
        for _ in range(data.draw(st.integers(1, 3))):
            bench.deliver(fact)
    ids = [message.id for message in the_story(bench).born]
    assert len(ids) == len(set(ids)) == 2 * len(TOLD)


def test_a_panels_facts_that_come_first_wait_for_the_recipients() -> None:
    bench = a_bench()
    bench.deliver(opened())
    bench.deliver(listed())
    assert the_story(bench).born == ()
    assert the_story(bench).tell is None

    bench.deliver(received())
    assert born(bench) == [("case.listed", MOTHER)]


def test_being_listed_for_another_sitting_is_another_fact() -> None:
    bench = a_bench()
    for fact in (received(), listed(sitting_id="a"), listed(sitting_id="b"), listed(sitting_id="a")):
        bench.deliver(fact)
    assert born(bench) == [("case.listed", MOTHER)] * 3


def test_a_date_that_does_not_hold_is_told_once_and_the_new_one_once() -> None:
    bench = a_bench()
    for fact in (received(), listed(), unlisted(), listed(sitting_id="s-2")):
        bench.deliver(fact)
    assert born(bench) == [("case.listed", MOTHER), ("case.listed", MOTHER), ("case.unlisted", MOTHER)]


def test_a_case_that_moves_is_told_its_new_date_and_nothing_else() -> None:
    bench = a_bench()
    moved = listed(sitting_id="s-2", why="moved", was_on=listed().sits_on)
    for fact in (received(), listed(), unlisted(reason="moved"), moved):
        bench.deliver(fact)
    assert born(bench) == [("case.listed", MOTHER), ("case.moved", MOTHER)]


def test_a_date_that_was_kept_before_there_was_a_why_is_told_as_a_first_one() -> None:
    telling = next(each for each in TELLINGS if each.code == "case.listed")
    assert telling.applies(Fact(type="case.listed.v1", at=NOW, stream="c", business_id="1", data={}))


def test_what_is_internal_is_not_told() -> None:
    bench = a_bench()
    for fact in (received(), opened(), heard()):
        bench.deliver(fact)
    assert born(bench) == []
    assert len(the_story(bench).facts) == 3


def test_somebody_who_is_named_twice_is_told_once() -> None:
    bench = a_bench()
    bench.deliver(received(tell=(MOTHER, MOTHER)))
    bench.deliver(routed())
    assert born(bench) == [("referral.routed", MOTHER)]


def test_where_nobody_may_be_told_the_message_is_made_all_the_same() -> None:
    bench = a_bench()
    bench.deliver(received(tell=()))
    bench.deliver(routed())
    assert born(bench) == [("referral.routed", "nobody")]


@pytest.mark.parametrize("first", ["details", "referral"])
def test_a_persons_details_and_the_referral_may_come_in_either_order(first: str) -> None:
    bench = a_bench()
    for fact in (details(), received()) if first == "details" else (received(), details()):
        bench.deliver(fact)
    contact = bench.state(CONTACT, MOTHER)
    assert contact is not None
    assert contact.reach == "email"
    assert bench.due == []


def test_details_that_do_not_come_are_overdue_after_two_days() -> None:
    bench = a_bench()
    bench.deliver(received())
    assert [due.at for due in bench.due] == [NOW + timedelta(days=2)]
    bench.advance(NOW + timedelta(days=2))
    contact = bench.state(CONTACT, MOTHER)
    assert contact is not None
    assert contact.reach == "overdue"

    bench.deliver(details())
    late = bench.state(CONTACT, MOTHER)
    assert late is not None
    assert late.reach == "email"


def test_nothing_of_the_child_is_kept_with_the_story() -> None:
    bench = a_bench()
    ours, theirs = all_facts()
    for fact in ours + theirs:
        bench.deliver(fact)
    kept = the_story(bench).model_dump_json() + "".join(m.model_dump_json() for m in the_story(bench).born)
    for private in ("SLCN", "117123", "DSPL3", "p-child", "year_group"):
        assert private not in kept


def test_only_what_a_message_needs_is_kept_of_a_person() -> None:
    bench = a_bench()
    bench.deliver(details(born="2016-05-01", address="1 Rose Lane", phone="01438 555 0199"))
    kept = bench.state(CONTACT, MOTHER)
    assert kept is not None
    for private in ("Wilhelmina", "Quill", "2016", "Rose", "0199"):
        assert private not in kept.model_dump_json()


def test_nobody_is_told_of_what_was_brought_in_and_of_later_steps_as_usual() -> None:
    bench = a_bench()
    for event in (received(quiet=True), routed(quiet=True), accepted(quiet=True)):
        bench.deliver(event)
    assert born(bench) == []
    assert [fact.type.split(".")[1] for fact in the_story(bench).facts] == ["received", "routed", "accepted"]
    bench.deliver(opened())
    bench.deliver(listed())
    assert born(bench) == [("case.listed", MOTHER)]


def test_a_quiet_fact_stays_quiet_where_the_panel_was_heard_first() -> None:
    bench = a_bench()
    for event in (opened(), listed(), received(quiet=True), routed(quiet=True)):
        bench.deliver(event)
    assert born(bench) == [("case.listed", MOTHER)]


def test_a_fact_that_is_not_quiet_is_kept_as_it_was_before_there_were_quiet_ones() -> None:
    bench = a_bench()
    bench.deliver(received())
    assert "quiet" not in the_story(bench).facts[0].data


def test_each_correction_of_a_decision_is_told_once_and_chair_s_action_by_its_decision_alone() -> None:
    bench = a_bench()
    again = corrected(number=2, changed=("reasons",))
    for fact in (received(), opened(), acted(), decided(), corrected(), corrected(), again, again):
        bench.deliver(fact)
    assert born(bench) == [
        ("decision.corrected", MOTHER),
        ("decision.corrected", MOTHER),
        ("decision.issued", MOTHER),
    ]


def test_a_case_that_another_panel_hears_is_told_so() -> None:
    bench = a_bench()
    for fact in (received(), opened(), passed_on()):
        bench.deliver(fact)
    assert born(bench) == [("case.passed-on", MOTHER)]
