"""Messages that time makes: reminders before a day, apologies after a missed one, a word while somebody waits."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.calendar import london_date
from chassis.testing import Bench
from schemas.case_work_v1 import DatesCorrected, PapersRequested, WithdrawalAnswered
from schemas.children_v1 import ChildDied
from schemas.envelope import REGISTRY, Event
from schemas.places_v1 import PlaceAccepted, PlaceAwaited, PlacementStarted, PlaceOffered, Whose
from schemas.referral_work_v1 import (
    AnswerOverdue,
    InformationAsked,
    ReferralClosed,
    ReviewDue,
    VisitArranged,
    VisitDone,
    VisitMoved,
)
from schemas.referrals_v1 import ReferralConcluded
from services.notifications import handlers
from services.notifications.domain.course import ENDS, Timetable
from services.notifications.domain.fact import Fact
from services.notifications.domain.message import Message
from services.notifications.domain.sentences import STANDING
from services.notifications.domain.story import STORY, Story
from services.notifications.domain.timed import falls_due, is_overtaken, is_timed
from services.notifications.templates import shipped
from tests.notifications.builders import (
    CASE,
    FATHER,
    MOTHER,
    NOW,
    REFERRAL,
    accepted,
    decided,
    deferred,
    heard,
    listed,
    opened,
    received,
    routed,
)

TELLINGS = shipped().tellings
TEAM: dict[str, Any] = {"referral_id": REFERRAL, "destination": "sen-team"}


def march(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def arranged(on: date, at: datetime = NOW, visit: str = "v-1") -> VisitArranged:
    return VisitArranged(**TEAM, visit_id=visit, kind="training", visit_on=on, arranged_at=at)


def moved(on: date, at: datetime, visit: str = "v-1") -> VisitMoved:
    return VisitMoved(**TEAM, visit_id=visit, kind="training", visit_on=on, moved_at=at)


def done(on: date, at: datetime, visit: str = "v-1") -> VisitDone:
    return VisitDone(**TEAM, visit_id=visit, kind="training", done_on=on, done_at=at)


def closed(at: datetime) -> ReferralClosed:
    return ReferralClosed(**TEAM, reason="needs-met", closed_at=at)


class Months:
    """A story as its service has it while days go by."""

    def __init__(self, *tell: str) -> None:
        self.bench = Bench(handlers.build(TELLINGS, timedelta(days=2)), NOW)
        self.hear(received(tell=tell or (MOTHER,)))

    def hear(self, *facts: Event, on: datetime | None = None) -> None:
        if on is not None:
            self.bench.advance(on)
        for fact in facts:
            self.bench.deliver(fact)

    @property
    def story(self) -> Story:
        story = self.bench.state(STORY, REFERRAL)
        assert story is not None
        return story

    def until(self, moment: datetime) -> list[tuple[str, date]]:
        """What time has made by then: the code, and the day on which it was."""
        self.bench.advance(moment)
        return [(one.fact, london_date(one.made_at)) for one in made(self.story)]


def made(story: Story) -> list[Message]:
    return [one for one in story.born if is_timed(one.fact)]


# Reminders ------------------------------------------------------------------------------------------------


def test_a_visit_is_reminded_of_two_days_before_it_in_the_morning() -> None:
    it = Months(MOTHER, FATHER)
    it.hear(arranged(date(2026, 3, 18)), on=march(3))
    assert it.until(march(30, 7))[:2] == [("reminder.visit", date(2026, 3, 16))] * 2
    one = made(it.story)[0]
    assert one.made_at == march(16, 8)
    assert one.dates == {"visit_on": "2026-03-18"}
    assert one.until == date(2026, 3, 17), "on the day itself it helps nobody"
    assert {each.person_id for each in made(it.story)[:2]} == {MOTHER, FATHER}


def test_who_has_just_heard_of_a_visit_is_not_reminded_of_it() -> None:
    it = Months()
    it.hear(arranged(date(2026, 3, 5)), on=march(3))
    assert it.until(march(6)) == []


def test_a_visit_that_moved_is_reminded_of_on_its_new_day_alone() -> None:
    it = Months()
    it.hear(arranged(date(2026, 3, 18)), on=march(3))
    it.hear(moved(date(2026, 3, 27), march(12)), on=march(12))
    assert it.until(march(28)) == [("reminder.visit", date(2026, 3, 25))]


def test_each_of_two_visits_is_reminded_of() -> None:
    it = Months()
    it.hear(arranged(date(2026, 3, 18)), arranged(date(2026, 3, 20), visit="v-2"), on=march(3))
    it.hear(done(date(2026, 3, 18), march(18), "v-1"), on=march(18))
    assert it.until(march(21)) == [
        ("reminder.visit", date(2026, 3, 16)),
        ("reminder.visit", date(2026, 3, 18)),
    ]


def test_nobody_is_reminded_of_a_sitting_to_which_they_do_not_come() -> None:
    it = Months()
    it.hear(routed(), opened(), listed(sits_on=date(2026, 3, 18)))
    assert it.until(march(19)) == []


def test_who_is_to_say_whether_they_take_a_place_is_reminded_until_they_have_said() -> None:
    offered = PlaceOffered(
        placement_id="pl-1", referral_id=REFERRAL, setting="117123", kind="special-school",
        offered_at=march(3), starts_on=date(2026, 4, 20), reply_by=date(2026, 3, 20),
    )  # fmt: skip
    it = Months()
    it.hear(offered, on=march(3))
    assert it.until(march(18)) == [("reminder.reply", date(2026, 3, 16))]
    said = PlaceAccepted(
        placement_id="pl-1", referral_id=REFERRAL, accepted_at=march(10), accepted_by="parent-or-carer",
        accepted_on=date(2026, 3, 10), starts_on=date(2026, 4, 20),
    )  # fmt: skip
    it = Months()
    it.hear(offered, on=march(3))
    it.hear(said, on=march(10))
    assert it.until(march(21)) == []


def test_the_family_alone_is_reminded_of_papers_that_it_brings_itself() -> None:
    for owner, told in (("family", ["reminder.papers"]), ("school", ["apology.step"])):
        it = Months()
        asked = PapersRequested(
            case_id=CASE, referral_id=REFERRAL, items=("family-views",), owner=owner,
            requested_at=NOW, bring_by=date(2026, 3, 16),
        )  # fmt: skip
        it.hear(opened(), asked)
        assert [code for code, _ in it.until(march(18))] == told


def test_a_review_to_which_the_family_is_asked_is_reminded_of_a_week_before() -> None:
    concluded = ReferralConcluded(
        **TEAM, outcome="training-given", concluded_at=march(3), review_on=date(2026, 3, 31)
    )
    it = Months()
    it.hear(concluded, on=march(3))
    due = ReviewDue(**TEAM, review_on=date(2026, 3, 31), due_at=march(31, 7))
    it.hear(due, on=march(31, 7))
    assert it.until(march(31) + timedelta(days=300)) == [("reminder.review", date(2026, 3, 24))]


# Apologies ------------------------------------------------------------------------------------------------


def test_a_decision_that_is_late_is_apologised_for_once_saying_when_we_write_again() -> None:
    it = Months()
    it.hear(routed(), opened(), listed(decision_by=date(2026, 3, 13)))
    assert it.until(march(20)) == [("apology.decision", date(2026, 3, 14))]
    assert made(it.story)[0].dates == {"promised_by": "2026-03-13", "again_by": "2026-03-28"}
    assert it.until(march(29)) == [
        ("apology.decision", date(2026, 3, 14)),
        ("update.waiting", date(2026, 3, 28)),
    ], "and then it does"


def test_an_apology_names_the_new_day_where_one_is_known() -> None:
    it = Months()
    it.hear(opened(), listed(decision_by=date(2026, 3, 20)))
    it.hear(heard(), on=march(18))  # its officer decides by the 27th, of which nobody was told
    assert it.until(march(22)) == [("apology.decision", date(2026, 3, 21))]
    assert made(it.story)[0].dates["promised_by"] == "2026-03-20"
    assert made(it.story)[0].dates["new_by"] == "2026-03-27"
    assert it.until(march(29))[1:] == [("apology.decision", date(2026, 3, 28))], "another day that was missed"


def test_a_day_that_two_facts_promise_is_apologised_for_once() -> None:
    it = Months()
    it.hear(opened(), listed(decision_by=date(2026, 3, 27)))
    it.hear(heard(), on=march(18))
    assert it.until(march(31)) == [("apology.decision", date(2026, 3, 28))]


def test_a_date_that_the_page_alone_showed_is_replaced_in_silence() -> None:
    it = Months()
    it.hear(opened(due_on=date(2026, 3, 10)))
    corrected = DatesCorrected(
        case_id=CASE, referral_id=REFERRAL, due_on=date(2026, 3, 25), corrected_at=march(9)
    )
    it.hear(corrected, on=march(9))
    assert it.until(march(27)) == [("apology.decision", date(2026, 3, 26))]


def test_a_no_to_a_withdrawal_leaves_the_promise_as_it_was() -> None:
    it = Months()
    it.hear(opened(), listed(decision_by=date(2026, 3, 13)))
    no = WithdrawalAnswered(case_id=CASE, referral_id=REFERRAL, accepted=False, answered_at=march(10))
    it.hear(no, on=march(10))
    assert it.until(march(15)) == [("apology.decision", date(2026, 3, 14))]


def test_a_panel_that_did_not_look_at_it_again_on_the_day_is_apologised_for() -> None:
    it = Months()
    it.hear(opened(), listed(), deferred(next_on=date(2026, 3, 16)))
    assert it.until(march(18)) == [("apology.decision", date(2026, 3, 17))]


def test_a_visit_of_which_nobody_said_that_it_took_place_is_asked_about_after_some_days() -> None:
    it = Months()
    it.hear(arranged(date(2026, 3, 5)), on=march(3))
    assert it.until(march(12)) == [("apology.day", date(2026, 3, 9))]
    it = Months()
    it.hear(arranged(date(2026, 3, 5)), on=march(3))
    it.hear(done(date(2026, 3, 5), march(6)), on=march(6))
    assert it.until(march(12)) == []


def test_a_day_that_had_passed_when_it_was_named_was_no_promise() -> None:
    it = Months()
    it.hear(opened(due_on=date(2026, 2, 10)))
    assert it.until(march(20)) == []


def test_each_date_that_a_familys_page_promises_is_looked_after() -> None:
    """By an apology, by what the other services say themselves, or because it is the family's own."""
    elsewhere = {
        # answer.overdue.v1 and review.due.v1
        "referral.routed.v1", "referral.accepted.v1", "school.answered.v1", "referral.reopened.v1",
        "referral.concluded.v1",
        # the family's own
        "place.offered.v1",
        # nobody writes down what an EHC co-ordinator does next, or that a child is back
        "decision.issued.v1", "decision.corrected.v1",
        "placement.started.v1", "placement.reviewed.v1", "placement.ended.v1",
    }  # fmt: skip
    promising = set()
    for kind, stands in STANDING.items():
        dates = {name: "2026-03-20" for name in REGISTRY[kind].model_fields if name.endswith(("_by", "_on"))}
        if stands(Fact(type=kind, at=NOW, stream="s", business_id="s:1", data={**dates}), "x").by:
            promising.add(kind)
    apologised = {
        kind for one in TELLINGS if one.timed and one.timed.does == "missed" for kind in (one.on, *one.also)
    }
    assert promising - apologised - elsewhere == set()


# A word while somebody waits ------------------------------------------------------------------------------


def test_who_waits_for_a_panel_hears_every_four_weeks_that_it_still_waits() -> None:
    it = Months()
    it.hear(routed(), opened(due_on=None, complete=False))
    days = [(code, day) for code, day in it.until(NOW + timedelta(days=90))]
    assert days == [("update.waiting", date(2026, 3, 2) + timedelta(days=28 * n)) for n in (1, 2, 3)]
    assert made(it.story)[0].dates == {"again_by": "2026-04-27"}
    assert made(it.story)[0].until == date(2026, 4, 6), "a week later there may be news"


def test_a_word_leaves_room_for_what_comes_within_a_week() -> None:
    it = Months()
    it.hear(routed(), opened(), listed(decision_by=date(2026, 4, 2)))
    assert it.until(datetime(2026, 4, 5, 9, tzinfo=UTC)) == [("apology.decision", date(2026, 4, 3))]


def test_after_an_answer_was_late_they_hear_again_on_the_day_that_the_apology_names() -> None:
    it = Months()
    it.hear(routed(destination_kind="advisory-team"))
    late = AnswerOverdue(**TEAM, answer_by=date(2026, 3, 4), overdue_at=march(5))
    it.hear(late, on=march(5))
    (sorry,) = [one for one in it.story.born if one.fact == "answer.overdue"]
    assert sorry.dates["again_by"] == "2026-03-19"
    assert it.until(march(20)) == [("update.waiting", date(2026, 3, 19))]


@pytest.mark.parametrize("end", [decided(), closed(march(5))])
def test_after_a_decision_or_an_end_nobody_is_told_that_they_wait(end: Event) -> None:
    it = Months()
    it.hear(routed(), opened())
    it.hear(end, on=march(5))
    assert it.until(NOW + timedelta(days=400)) == []


def test_while_the_school_owes_an_answer_it_is_no_waiting() -> None:
    it = Months()
    asked = InformationAsked(**TEAM, asked_at=NOW, school_answers_by=date(2026, 4, 10))
    it.hear(routed(), accepted(), asked)
    assert it.until(datetime(2026, 4, 10, 9, tzinfo=UTC)) == []


def test_where_a_child_has_died_time_makes_nothing_more() -> None:
    it = Months()
    it.hear(opened(), arranged(date(2026, 3, 18)))
    it.hear(ChildDied(referral_id=REFERRAL, child_id="p-child", noted_at=march(10)), on=march(10))
    assert it.until(NOW + timedelta(days=400)) == []
    assert it.bench.due == []


def test_where_nobody_may_be_told_time_makes_no_further_tasks() -> None:
    it = Months()
    it.hear(received().model_copy(update={"tell": ()}))
    bench = Bench(handlers.build(TELLINGS, timedelta(days=2)), NOW)
    bench.deliver(received(tell=()))
    bench.deliver(arranged(date(2026, 3, 18)))
    bench.advance(NOW + timedelta(days=100))
    story = bench.state(STORY, REFERRAL)
    assert story is not None
    assert made(story) == []


# Whatever the order, and after an outage or a rebuild -------------------------------------------------------


def test_after_an_outage_only_what_still_helps_is_told() -> None:
    it = Months()
    it.hear(arranged(date(2026, 3, 18)), opened(), on=march(3))
    it.bench.now = march(18)  # no worker ran since
    (due,) = [one for one in it.bench.due if one.id == REFERRAL]
    it.bench.deliver(due, kind=STORY.name)
    assert made(it.story) == []


def test_a_story_from_before_there_were_such_messages_begins_today() -> None:
    it = Months()
    it.hear(arranged(date(2026, 3, 18)), opened(due_on=date(2026, 3, 10)), on=march(3))
    (due,) = [one for one in it.bench.due if one.id == REFERRAL]
    old = it.story.model_copy(update={"timed_until": None, "timed_next": None, "born": ()})
    decision = falls_due(Timetable(TELLINGS), old, due, march(15))
    assert decision.state is not None
    assert decision.state.born == ()
    assert [one.at for one in decision.due] == [march(16, 8)]


def test_what_may_have_been_told_from_a_lost_database_is_left_to_a_person() -> None:
    it = Months()
    it.hear(arranged(date(2026, 3, 18)), on=march(3))
    ref = STORY.at(REFERRAL)
    it.bench._states[ref] = it.story.model_copy(update={"doubt_until": march(17)})
    it.until(march(17))
    (one,) = made(it.story)
    assert (one.phase, one.attempt) == ("sending", "recovery"), "as left by a worker that died with it"


_DAYS = st.integers(1, 60)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, Event]]:
    """Facts with the day after NOW on which each happens, in whatever order they make sense or not."""
    history: list[tuple[int, Event]] = []
    for day in sorted(draw(st.lists(_DAYS, min_size=1, max_size=8))):
        at, later = (
            NOW + timedelta(days=day),
            date(2026, 3, 2) + timedelta(days=day + draw(st.integers(0, 25))),
        )
        visit = draw(st.sampled_from(["v-1", "v-2"]))
        fact: Event = draw(
            st.sampled_from(
                [
                    arranged(later, at, visit), moved(later, at, visit), done(later, at, visit),
                    opened(opened_at=at, due_on=later), listed(decision_by=later),
                    deferred(deferred_at=at, next_on=later),
                    accepted(accepted_at=at, next_step_by=later), decided(decided_at=at), closed(at),
                    AnswerOverdue(**TEAM, answer_by=later, overdue_at=at),
                    PlacementStarted(placement_id="pl-1", referral_id=REFERRAL, started_at=at, started_on=later,
                                     review_on=later),
                ]
            )
        )  # fmt: skip
        history.append((day, fact))
    return history


def lived(history: Sequence[tuple[int, Event]], outages: frozenset[int] = frozenset()) -> Story:
    """The story after 120 days; on days of ``outages`` what is due waits for the next."""
    it, last = Months(MOTHER, FATHER), 0
    for day in range(121):
        if day not in outages:
            it.bench.advance(NOW + timedelta(days=day))
        else:
            it.bench.now = NOW + timedelta(days=day)
        it.hear(*(fact for on, fact in history if on == day))
        last = day
    assert last == 120
    return it.story


@settings(max_examples=150, deadline=None)
@given(history=histories(), outages=st.frozensets(_DAYS, max_size=30))
def test_nothing_is_told_twice_none_after_its_day_and_none_after_the_end(
    history: list[tuple[int, Event]], outages: frozenset[int]
) -> None:
    story = lived(history, outages)
    told = made(story)
    assert len({one.id for one in told}) == len(told)
    reminders = [one for one in told if one.fact.startswith("reminder.")]
    days = [(one.about, tuple(one.dates.items()), one.person_id) for one in reminders]
    assert len(set(days)) == len(days)
    for one in reminders:
        (day,) = (date.fromisoformat(value) for value in one.dates.values())
        assert london_date(one.made_at) < day
    sorry = [(one.fact, one.about, one.person_id) for one in told if one.fact.startswith("apology.")]
    assert len(set(sorry)) == len(sorry), "one apology for one missed day"
    stands = [fact for fact in story.in_order if fact.type in STANDING]
    if stands[-1].type in {"referral.closed.v1", "decision.issued.v1"}:
        assert not [one for one in told if one.made_at > stands[-1].at]
    words = sorted({one.made_at for one in told if one.fact == "update.waiting"})
    assert all(later - one > timedelta(days=7) for one, later in pairwise(words))


@settings(max_examples=100, deadline=None)
@given(history=histories())
def test_a_story_that_is_made_anew_from_its_facts_would_be_told_the_same(
    history: list[tuple[int, Event]],
) -> None:
    """Without its marks: so that what own facts bring back is all that is not made again."""
    lived_through = lived(history)
    anew = Bench(handlers.build(TELLINGS, timedelta(days=2)), NOW)
    anew.deliver(received(tell=(MOTHER, FATHER)))
    for day, fact in history:
        anew.now = NOW + timedelta(days=day)
        anew.deliver(fact)
    before = anew.state(STORY, REFERRAL)
    assert before is not None
    assert {fact.business_id for fact in before.facts} == {fact.business_id for fact in lived_through.facts}
    anew.advance(NOW + timedelta(days=120))
    after = anew.state(STORY, REFERRAL)
    assert after is not None
    assert {one.id for one in made(after)} <= {one.id for one in made(lived_through)}


@settings(max_examples=100, deadline=None)
@given(history=histories(), outages=st.frozensets(_DAYS, max_size=30))
def test_what_time_makes_is_true_when_it_is_made_and_once_all_is_over_not_any_more(
    history: list[tuple[int, Event]], outages: frozenset[int]
) -> None:
    it, timetable, known = Months(), Timetable(TELLINGS), 0
    for day in range(100):
        if day not in outages:
            it.bench.advance(NOW + timedelta(days=day))
            told = made(it.story)
            assert not [one for one in told[known:] if is_overtaken(it.story, one, timetable)]
            known = len(told)
        it.bench.now = NOW + timedelta(days=day)
        it.hear(*(fact for on, fact in history if on == day))
    it.hear(closed(NOW + timedelta(days=100)), on=NOW + timedelta(days=100))
    assert all(is_overtaken(it.story, one, timetable) for one in made(it.story)[:known])


def test_ends_are_facts_of_the_page() -> None:
    assert STANDING.keys() >= ENDS


def test_what_one_decision_says_in_two_streams_may_be_heard_in_any_order() -> None:
    looked_for = PlaceAwaited(
        placement_id="pl-1", referral_id=REFERRAL, case_id=CASE, provision="special-school",
        awaited_at=NOW, next_step_by=date(2026, 3, 20),
        whose=Whose(reference="ABCD-EFGH-JKM4", panel="primary-panel", child_id="p-child", urn="117123",
                    area="DSPL3", phase="primary", need="SLCN"),
    )  # fmt: skip
    told = []
    for facts in ([decided(), looked_for], [looked_for, decided()]):
        it = Months()
        it.hear(*facts)
        told.append(it.until(march(22)))
    assert told == [[("apology.step", date(2026, 3, 21))]] * 2
