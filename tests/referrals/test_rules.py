"""A referral's road through this service's rules, in memory."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.decision import Refused
from chassis.testing import Bench
from schemas.notifications_v1 import MessageFailed, MessageHeld, MessageSent, MessageSettled
from schemas.panels_v1 import (
    CaseCompleted,
    CaseDeferred,
    CaseHeard,
    CaseListed,
    CaseOpened,
    CaseWithdrawn,
    DecisionIssued,
)
from schemas.personal_v1 import PersonDetails, ReferralPapers
from schemas.referrals_v1 import (
    ReferralAccepted,
    ReferralConcluded,
    ReferralReceived,
    ReferralReturned,
    ReferralRouted,
    ReferralWithdrawn,
    WithdrawalRequested,
)
from schemas.submissions_v1 import ReferralSubmission, SubmissionAccepted, SubmissionRefused
from services.referrals.domain.children.persons import PERSON
from services.referrals.domain.commands import (
    AcceptReferral,
    ConcludeReferral,
    ReturnReferral,
    SubmissionArrived,
    WithdrawReferral,
)
from services.referrals.domain.directory.listing import entries
from services.referrals.domain.identity import referral_id_of
from services.referrals.domain.referral import PAPERS, REFERRAL, Referral
from services.referrals.domain.story import Story, story
from tests.referrals.builders import NOW, PLACEMENT, TODAY, bench, body, book, form, referral_id, submit

ID, CASE, SITTING = referral_id(), "case-1", "placement-2026-04-16"
PLACED = form(asks_for="placement", placement=PLACEMENT)


def state(rules: Bench) -> Referral:
    found = rules.state(REFERRAL, ID)
    assert found is not None
    return found


def told(rules: Bench, today: date = TODAY) -> Story:
    return story(state(rules), book().destinations, today)


def taken(given: dict[str, Any] | None = None) -> Bench:
    rules = bench()
    rules.deliver(submit(given))
    return rules


# Intake -------------------------------------------------------------------------------------------


def test_a_form_is_taken_checked_and_routed_in_one_go() -> None:
    rules = bench()
    said = rules.deliver(submit())
    received = next(e for e in said if isinstance(e, ReferralReceived))
    routed = next(e for e in said if isinstance(e, ReferralRouted))
    assert said.index(received) < said.index(routed)
    assert (routed.destination_kind, routed.destination, routed.rule) == (
        "advisory-team",
        "communication-autism",
        "autism",
    )
    assert routed.answer_by == date(2026, 3, 18)  # ten working days
    assert (received.area, received.phase, received.year_group, received.origin) == (
        "DSPL1",
        "primary",
        5,
        "http",
    )
    assert rules.answer["reference"] == received.reference == routed.reference
    assert rules.answer["received_at"] == NOW.isoformat()


def test_persons_and_words_go_to_the_sealed_topics_only() -> None:
    said = bench().deliver(submit())
    persons = [e for e in said if isinstance(e, PersonDetails)]
    assert [(p.relation, p.given_name, p.may_be_told) for p in persons] == [
        ("child", "Wilf", False),
        ("mother", "Ines", True),
    ]
    assert [e.narrative for e in said if isinstance(e, ReferralPapers)] == [form()["narrative"]]
    clear = "".join(e.model_dump_json() for e in said if not e.topic.sealed)
    for word in (
        "Wilf",
        "Ines",
        "Hazelden",
        "2016-05-17",
        "A919400023001",
        "Mill Lane",
        "07700",
        "example.org",
        "routine",
    ):
        assert word not in clear


def test_only_adults_whose_permission_is_recorded_are_told() -> None:
    unasked = {"given_name": "Odo", "family_name": "H", "relation": "father", "email": "odo@example.org"}
    refused = {**unasked, "may_be_told": False}
    rules = bench()
    rules.deliver(submit(form(adults=[form()["adults"][0], unasked, refused])))
    assert state(rules).tell == (state(rules).adults[0],)
    assert len(state(rules).adults) == 3


def test_past_compulsory_school_age_the_young_person_is_told() -> None:
    young = form(child__born="2009-02-01", child__email="wilf@example.org", adults__0__may_be_told=None)
    rules = bench()
    rules.deliver(submit(young))
    assert state(rules).tell == (state(rules).child_id,)


def test_a_referral_with_nobody_to_tell_is_taken_all_the_same() -> None:
    assert state(taken(form(adults__0__may_be_told=None))).tell == ()


def test_a_second_referral_of_a_child_is_about_the_same_person_and_says_nothing_new_of_them() -> None:
    rules = taken()
    said = rules.deliver(submit(n=2))
    assert [e.relation for e in said if isinstance(e, PersonDetails)] == ["mother"]
    second = rules.state(REFERRAL, referral_id(2))
    assert second is not None
    assert second.child_id == state(rules).child_id


def test_a_childs_new_address_replaces_the_old_one() -> None:
    rules = taken()
    rules.deliver(submit(form(child__address="9 High Street"), n=2))
    person = rules.state(PERSON, state(rules).child_id)
    assert person is not None
    assert person.details.address == "9 High Street"


def test_a_form_without_a_young_persons_contacts_does_not_take_them_away() -> None:
    young = form(child__born="2009-02-01", child__email="wilf@example.org")
    rules = taken(young)
    rules.deliver(submit(form(urn="900002", child__born="2009-02-01", child__address=...), n=2))
    person = rules.state(PERSON, state(rules).child_id)
    assert person is not None
    now = person.details
    assert (now.email, now.may_be_told, now.address) == ("wilf@example.org", True, "4 Mill Lane, Hitchin")


def test_a_upn_with_another_date_of_birth_is_somebody_elses() -> None:
    rules = taken()
    with pytest.raises(Refused) as refusal:
        rules.deliver(submit(form(child__born="2016-05-18"), n=2))
    assert [(f.field, f.code) for f in refusal.value.faults] == [("child.upn", "upn-of-another-child")]


def test_a_placement_tells_the_panel_what_it_needs_to_queue_the_case() -> None:
    said = bench().deliver(submit(PLACED))
    routed = next(e for e in said if isinstance(e, ReferralRouted))
    assert (routed.destination_kind, routed.destination) == ("placement-panel", "placement")
    assert routed.placement is not None
    assert routed.placement.request_received == date(2025, 11, 20)
    assert routed.placement.papers_complete


def test_a_statutory_referral_enters_the_same_way() -> None:
    draft = {**PLACEMENT, "trigger": "draft-plan", "dates": {"draft_served": "2026-02-20"}}
    said = bench().deliver(submit(form(asks_for="placement", placement=draft), statutory=True))
    received = next(e for e in said if isinstance(e, ReferralReceived))
    routed = next(e for e in said if isinstance(e, ReferralRouted))
    assert received.origin == "statutory"
    assert routed.placement is not None
    assert (routed.placement.trigger, routed.placement.draft_served) == ("draft-plan", date(2026, 2, 20))


# Events from school systems -----------------------------------------------------------------------


def arrived(given: dict[str, Any], id: str = "17", urns: tuple[str, ...] = ("900001",)) -> SubmissionArrived:
    try:
        read = ReferralSubmission.model_validate_json(body(given))
    except ValueError:
        read = None
    return SubmissionArrived(id, "/school-system", frozenset(urns), body(given), read)


def test_a_form_that_comes_as_an_event_is_taken_and_answered() -> None:
    rules = bench()
    said = rules.deliver(arrived(form()))
    answer = next(e for e in said if isinstance(e, SubmissionAccepted))
    assert answer.submission_id == "17"
    assert answer.referral_id == referral_id_of("/school-system", "17")
    found = rules.state(REFERRAL, answer.referral_id)
    assert found is not None
    assert (found.origin, found.reference) == ("event", answer.reference)


def test_a_faulty_event_is_answered_with_every_fault_and_leaves_nothing_behind() -> None:
    said = bench().deliver(arrived(form(narrative=5, child__upn="X", Maria="x")))
    assert len(said) == 1
    answer = said[0]
    assert isinstance(answer, SubmissionRefused)
    assert {(f.field, f.code) for f in answer.faults} == {
        ("narrative", "wrong-type"),
        ("child.upn", "upn-invalid"),
        ("*", "unknown-field"),
    }


def test_a_sender_is_refused_for_a_school_that_is_not_its_own() -> None:
    (answer,) = bench().deliver(arrived(form(), urns=("900002",)))
    assert isinstance(answer, SubmissionRefused)
    assert [(f.field, f.code) for f in answer.faults] == [("urn", "urn-not-yours")]


def test_an_event_with_another_childs_upn_is_answered_too() -> None:
    rules = bench()
    rules.deliver(arrived(form()))
    (answer,) = rules.deliver(arrived(form(child__born="2016-05-18"), id="18"))
    assert isinstance(answer, SubmissionRefused)
    assert [f.code for f in answer.faults] == ["upn-of-another-child"]


# The team -----------------------------------------------------------------------------------------


def test_the_team_accepts_with_its_own_promise() -> None:
    rules = taken()
    (accepted,) = rules.deliver(AcceptReferral(ID, by="t"))
    assert isinstance(accepted, ReferralAccepted)
    assert accepted.next_step_by == date(2026, 3, 18)
    assert told(rules).by == date(2026, 3, 18)


def test_the_team_accepts_with_a_day_of_its_choice_but_not_in_the_past() -> None:
    rules = taken()
    with pytest.raises(Refused, match="date-passed"):
        rules.deliver(AcceptReferral(ID, TODAY - timedelta(days=1), by="t"))
    (accepted,) = rules.deliver(AcceptReferral(ID, TODAY, by="t"))
    assert isinstance(accepted, ReferralAccepted)
    assert accepted.next_step_by == TODAY


def test_a_referral_returned_comes_with_advice_which_travels_sealed() -> None:
    rules = taken()
    said = rules.deliver(ReturnReferral(ID, "advice-given", "Try a visual timetable first.", by="t"))
    assert {type(e).type for e in said} == {ReferralReturned.type, ReferralPapers.type}
    papers = rules.state(PAPERS, ID)
    assert papers is not None
    assert papers.papers.advice == "Try a visual timetable first."
    assert "with advice" in told(rules).happened


def test_a_referral_is_concluded_only_after_it_was_accepted_and_with_a_review_ahead() -> None:
    rules = taken()
    conclude = ConcludeReferral(ID, "strategies-agreed", date(2026, 6, 1), by="t")
    with pytest.raises(Refused, match="not-accepted"):
        rules.deliver(conclude)
    rules.deliver(AcceptReferral(ID, by="t"))
    with pytest.raises(Refused, match="date-passed"):
        rules.deliver(ConcludeReferral(ID, "strategies-agreed", TODAY, by="t"))
    (concluded,) = rules.deliver(conclude)
    assert isinstance(concluded, ReferralConcluded)
    assert told(rules) == Story(
        "The Communication and Autism team finished its work on 4 March 2026: strategies were agreed with the school.",
        "the school",
        "School and family look together at how it went on 1 June 2026.",
        date(2026, 6, 1),
    )


@pytest.mark.parametrize(
    "command",
    [
        AcceptReferral(ID, by="t"),
        ReturnReferral(ID, "advice-given", "x", by="t"),
        ConcludeReferral(ID, "training-given", date(2026, 6, 1), by="t"),
        WithdrawReferral(ID, "needs-met", by="t"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_nothing_more_is_done_with_a_referral_that_has_ended(command: Any) -> None:
    rules = taken()
    rules.deliver(WithdrawReferral(ID, "needs-met", by="t"))
    with pytest.raises(Refused):
        rules.deliver(command)
    with pytest.raises(Refused, match="referral-unknown"):
        bench().deliver(command)


def test_a_team_cannot_work_on_a_case_that_a_panel_holds() -> None:
    rules = taken(PLACED)
    for command in (AcceptReferral(ID, by="t"), ReturnReferral(ID, "advice-given", "x", by="t")):
        with pytest.raises(Refused, match="with-a-panel"):
            rules.deliver(command)


# Withdrawal and panels ----------------------------------------------------------------------------


def opened(complete: bool = True) -> CaseOpened:
    return CaseOpened(
        case_id=CASE,
        referral_id=ID,
        panel="placement",
        trigger="school-referral",
        urgent=False,
        opened_at=NOW,
        due_on=date(2026, 4, 9) if complete else None,
        complete=complete,
    )


LISTED = CaseListed(
    case_id=CASE,
    referral_id=ID,
    panel="placement",
    sitting_id=SITTING,
    sits_on=date(2026, 4, 16),
    papers_close_at=NOW,
    decision_by=date(2026, 4, 23),
)
HEARD = CaseHeard(
    case_id=CASE, referral_id=ID, sitting_id=SITTING, heard_at=NOW, decision_by=date(2026, 4, 23)
)
DECIDED = DecisionIssued(
    case_id=CASE,
    referral_id=ID,
    decision_id="d",
    outcome="agreed",
    provision="special-school",
    decided_at=NOW,
    next_step_by=date(2026, 5, 1),
)
DEFERRED = CaseDeferred(
    case_id=CASE,
    referral_id=ID,
    sitting_id=SITTING,
    missing=("health-advice", "family-views"),
    owner="health",
    deferred_at=NOW,
    next_on=date(2026, 4, 20),
)
COMPLETED = CaseCompleted(case_id=CASE, referral_id=ID, completed_at=NOW, due_on=date(2026, 4, 9))
WITHDRAWN = CaseWithdrawn(case_id=CASE, referral_id=ID, reason="moved-away", withdrawn_at=NOW)


def test_a_case_is_followed_through_the_panel() -> None:
    rules = taken(PLACED)
    seen = []
    for event in (opened(complete=False), COMPLETED, LISTED, DEFERRED, COMPLETED, LISTED, HEARD, DECIDED):
        assert rules.deliver(event) == []
        seen.append((state(rules).status, told(rules).by))
    assert seen == [
        ("queued", None),
        ("queued", date(2026, 4, 9)),
        ("listed", date(2026, 4, 16)),
        ("deferred", date(2026, 4, 20)),
        ("queued", date(2026, 4, 9)),
        ("listed", date(2026, 4, 16)),
        ("heard", date(2026, 4, 23)),
        ("decided", date(2026, 5, 1)),
    ]


def test_a_deferred_case_says_what_is_missing_and_who_brings_it() -> None:
    rules = taken(PLACED)
    for event in (opened(), LISTED, DEFERRED):
        rules.deliver(event)
    assert told(rules) == Story(
        "The panel could not decide on 4 March 2026, because this was missing: health advice and "
        "the family's views.",
        "the health service",
        "It is expected from the health service by 20 April 2026; then the case goes to another sitting.",
        date(2026, 4, 20),
    )


def test_the_panels_recommendation_is_not_told_before_the_decision() -> None:
    rules = taken(PLACED)
    for event in (opened(), LISTED, HEARD):
        rules.deliver(event)
    assert "agreed" not in f"{told(rules)}"
    rules.deliver(DECIDED)
    assert "agreed to the specialist provision" in told(rules).happened


def test_a_withdrawal_of_a_panels_case_is_asked_and_the_panel_answers() -> None:
    rules = taken(PLACED)
    rules.deliver(opened())
    (asked,) = rules.deliver(WithdrawReferral(ID, "moved-away", by="t"))
    assert isinstance(asked, WithdrawalRequested)
    assert state(rules).status == "queued"
    assert "asked to withdraw" in told(rules).next_step
    with pytest.raises(Refused, match="already-asked"):
        rules.deliver(WithdrawReferral(ID, "moved-away", by="t"))
    assert rules.deliver(WITHDRAWN) == []
    assert told(rules).happened == "The referral was withdrawn on 4 March 2026: the child has moved away."


def test_a_withdrawal_of_a_teams_referral_is_done_at_once() -> None:
    rules = taken()
    (gone,) = rules.deliver(WithdrawReferral(ID, "needs-met", by="t"))
    assert isinstance(gone, ReferralWithdrawn)
    assert state(rules).status == "withdrawn"


def test_a_decision_that_crosses_a_withdrawal_stands() -> None:
    rules = taken(PLACED)
    for message in (opened(), LISTED, WithdrawReferral(ID, "moved-away", by="t"), HEARD, DECIDED):
        rules.deliver(message)
    assert state(rules).status == "decided"
    assert "asked to withdraw" not in told(rules).next_step


def test_an_event_about_a_referral_that_was_never_here_is_refused() -> None:
    with pytest.raises(Refused, match="referral-unknown"):
        bench().deliver(opened())


# Told or not --------------------------------------------------------------------------------------


def test_it_is_noted_who_was_told_of_what_the_latest_word_counts() -> None:
    rules = taken()
    about: dict[str, Any] = {
        "message_id": "m",
        "referral_id": ID,
        "person_id": "p",
        "fact": "referral-routed",
    }
    rules.deliver(MessageHeld(**about, reason="uncertain", held_at=NOW))
    rules.deliver(
        MessageFailed(**{**about, "person_id": "q"}, channel="email", reason="smtp-550", failed_at=NOW)
    )
    rules.deliver(MessageSent(**{**about, "person_id": "r"}, channel="email", sent_at=NOW))
    rules.deliver(MessageSettled(**about, told=True, settled_at=NOW))
    assert {(t.person_id, t.how) for t in state(rules).told} == {
        ("p", "by-hand"),
        ("q", "failed"),
        ("r", "sent"),
    }


@settings(max_examples=60)
@given(
    st.permutations(
        [LISTED, HEARD, DECIDED, DEFERRED, COMPLETED, WITHDRAWN, WithdrawReferral(ID, "needs-met", by="t")]
    )
)
def test_in_whatever_order_two_topics_meet_every_state_has_its_sentences(messages: Any) -> None:
    rules = taken(PLACED)
    for message in (opened(), *messages):
        try:
            rules.deliver(message)
        except Refused:
            assert isinstance(message, WithdrawReferral)
        shown = told(rules)
        for sentence in (shown.happened, shown.next_step):
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert "None" not in sentence


def test_a_promise_that_has_passed_is_said_so() -> None:
    rules = taken()
    assert "has passed" in told(rules, date(2026, 3, 19)).next_step
    assert "has passed" not in told(rules, date(2026, 3, 18)).next_step


# The directory ------------------------------------------------------------------------------------


def test_the_directory_is_published_once_and_again_only_where_it_changed() -> None:
    rules, listings = bench(), list(entries(book(), TODAY))
    said = [event for each in listings for event in rules.deliver(each)]
    assert len(said) == len(listings) == len({event.key for event in said})
    assert [event for each in listings for event in rules.deliver(each)] == []
    changed = listings[0].entry.model_copy(update={"expected_wait_days": 99})
    assert rules.deliver(type(listings[0])(changed)) == [changed]


def test_the_directory_has_every_destination_setting_and_rule_in_whole_sentences() -> None:
    keys = {each.entry.entry for each in entries(book(), TODAY)}
    assert {f"destination:{code}" for code in book().destinations} <= keys
    assert {f"setting:{each.urn}" for each in book().register} <= keys
    assert {f"rule:{rule.code}" for rule in book().routing.rules} <= keys
