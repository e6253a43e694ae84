"""What a team does with a referral, and what becomes of its promise, in memory."""

from datetime import date, timedelta

import pytest

from chassis.decision import Refused
from schemas.envelope import Event
from schemas.referral_work_v1 import AnswerOverdue, SchoolAnswered, VisitArranged
from schemas.referrals_v1 import ReferralAccepted, ReferralConcluded, ReferralReturned, ShortPlacement
from services.referrals.domain.commands import (
    AcceptReferral,
    AgreedAction,
    AnswerInformation,
    ArrangeVisit,
    AskForInformation,
    AssignReferral,
    CloseReferral,
    ConcludeReferral,
    RecordReview,
    RecordVisit,
    ReopenReferral,
    ReturnReferral,
    WithdrawReferral,
)
from services.referrals.domain.work.moving import ChangedMeanwhile
from services.referrals.domain.work.promises import promised
from tests.referrals.builders import PLACEMENT, TODAY, book, form
from tests.referrals.working import COLLEAGUE, ID, SCHOOL, TEAM, Desk, types

ACCEPT = AcceptReferral(ID, by=TEAM)
RETURN = ReturnReferral(ID, "more-evidence-needed", "Try a visual timetable for six weeks.", by=TEAM)
ASK = AskForInformation(ID, "How is it at home?", date(2026, 3, 13), by=TEAM)
ANSWER = AnswerInformation(ID, "Home finds mornings hard too.", by=SCHOOL)
VISIT = ArrangeVisit(ID, "v1", "outreach-visit", date(2026, 3, 20), "Ada from Lea School", by=TEAM)
ACTIONS = (
    AgreedAction("A quiet corner in the hall", "Rowan Elder", date(2026, 3, 27)),
    AgreedAction("A talk with the family", "Sam Oak", date(2026, 3, 23)),
)
CONCLUDE = ConcludeReferral(ID, "strategies-agreed", date(2026, 6, 1), "Keep going.", ACTIONS, by=TEAM)


# Returned with advice ------------------------------------------------------------------------------


def test_a_return_needs_advice_and_is_a_task_of_the_school_with_a_day() -> None:
    desk = Desk()
    with pytest.raises(Refused, match="advice-missing"):
        desk.do(ReturnReferral(ID, "advice-given", "  ", by=TEAM))
    (returned, papers) = desk.do(RETURN)
    assert isinstance(returned, ReferralReturned)
    assert returned.school_answers_by == date(2026, 3, 18)  # ten working days
    assert papers == desk.papers()
    told = desk.told()
    assert (told.holder, told.by) == ("the school", date(2026, 3, 18))
    assert "stood still since 4 March 2026" in told.next_step


def test_the_teams_promise_stands_still_until_the_school_answers_and_goes_on_by_working_days() -> None:
    desk = Desk()
    assert desk.now.answer_by == date(2026, 3, 18)
    desk.on(date(2026, 3, 6))
    desk.do(RETURN)
    assert "answer-overdue" not in dict(desk.due())
    desk.on(date(2026, 3, 16))  # Monday, six working days later
    (answered, _) = desk.do(ANSWER)
    assert isinstance(answered, SchoolAnswered)
    assert (answered.to, answered.stopped_working_days) == ("advice", 6)
    assert answered.answer_by == desk.now.answer_by == date(2026, 3, 26)
    assert (desk.now.status, desk.now.clock.stopped_days) == ("routed", 6)
    assert desk.papers().said[-1].words == "Home finds mornings hard too."


def test_a_promise_after_acceptance_stands_still_too() -> None:
    desk = Desk()
    desk.do(ACCEPT, ASK)
    desk.on(date(2026, 3, 6))
    desk.do(ANSWER)
    assert (desk.now.status, desk.now.next_step_by) == ("accepted", date(2026, 3, 20))
    assert desk.now.answer_by == date(2026, 3, 18)


def test_the_law_s_clock_for_an_assessment_never_stands_still() -> None:
    desk = Desk(form(asks_for="ehc-needs-assessment"))
    by = desk.now.answer_by
    desk.do(RETURN)
    assert desk.now.clock.stopped_on is None
    assert "stood still" not in desk.told().next_step
    desk.on(by + timedelta(days=1))
    assert "overdue" in [step.what for step in desk.history]
    (answered, _) = desk.do(ANSWER)
    assert isinstance(answered, SchoolAnswered)
    assert (answered.answer_by, answered.stopped_working_days) == (by, 0)


def test_an_answer_that_nobody_waits_for_is_refused() -> None:
    with pytest.raises(Refused, match="nothing-owed"):
        Desk().do(ANSWER)


# Questions, allocation, visits ---------------------------------------------------------------------


def test_a_question_waits_with_the_school_by_its_day() -> None:
    desk = Desk()
    with pytest.raises(Refused, match="date-passed"):
        desk.do(AskForInformation(ID, "?", TODAY - timedelta(days=1), by=TEAM))
    assert types(desk.do(ASK)) == ["information.asked.v1"]
    assert (desk.now.status, desk.told().by) == ("asked", date(2026, 3, 13))
    with pytest.raises(Refused, match="with-the-school"):
        desk.do(RETURN)


def test_a_referral_is_given_to_somebody_taken_back_and_given_to_another() -> None:
    desk = Desk()
    desk.do(AssignReferral(ID, COLLEAGUE, by=TEAM))
    assert (desk.now.assigned_to, desk.now.assigned_at == desk.rules.now) == (COLLEAGUE, True)
    with pytest.raises(Refused, match="assigned-already"):
        desk.do(AssignReferral(ID, COLLEAGUE, by=TEAM))
    desk.do(AssignReferral(ID, None, by=TEAM))
    assert desk.now.assigned_to is None


def test_a_visit_is_the_next_step_and_can_be_moved_until_it_took_place() -> None:
    desk = Desk(form(asks_for="outreach"))
    with pytest.raises(Refused, match="not-accepted"):
        desk.do(VISIT)
    arranged = desk.do(ACCEPT, VISIT)[0]
    assert isinstance(arranged, VisitArranged)
    assert desk.told().by == date(2026, 3, 20)
    assert "A visit to the school is arranged for 20 March 2026" in desk.told().next_step
    moved = ArrangeVisit(ID, "v1", "outreach-visit", date(2026, 3, 24), "Ada", by=TEAM)
    assert types(desk.do(moved)) == ["visit.moved.v1"]
    assert [(visit.id, visit.on) for visit in desk.now.visits] == [("v1", date(2026, 3, 24))]
    with pytest.raises(Refused, match="date-in-future"):
        desk.do(RecordVisit(ID, "v1", date(2026, 3, 24), by=TEAM))
    desk.on(date(2026, 3, 24), hour=16)
    assert types(desk.do(RecordVisit(ID, "v1", date(2026, 3, 24), "It went well.", by=TEAM))) == [
        "visit.done.v1"
    ]
    with pytest.raises(Refused, match="visit-done"):
        desk.do(moved)
    with pytest.raises(Refused, match="visit-unknown"):
        desk.do(RecordVisit(ID, "v2", date(2026, 3, 24), by=TEAM))


# Outcome and review --------------------------------------------------------------------------------


def test_an_outcome_carries_agreed_actions_whose_words_travel_sealed() -> None:
    desk = Desk()
    (concluded, papers) = desk.do(ACCEPT, CONCLUDE)
    assert isinstance(concluded, ReferralConcluded)
    assert (concluded.actions, concluded.next_action_by) == (2, date(2026, 3, 23))
    assert "Rowan" not in concluded.model_dump_json()
    assert [(a.what, a.who) for a in desk.papers().actions] == [(a.what, a.who) for a in ACTIONS]
    assert papers.topic.sealed


def test_nobody_says_whether_it_helped_before_the_work_is_done() -> None:
    desk = Desk()
    desk.do(ACCEPT)
    with pytest.raises(Refused, match="not-concluded"):
        desk.do(RecordReview(ID, "yes", "", by=SCHOOL))


def test_nothing_is_promised_for_a_team_that_no_file_describes_any_more() -> None:
    with pytest.raises(Refused, match="team-gone"):
        promised(None, TODAY, book().days)


def test_on_the_day_of_the_review_it_is_asked_whether_it_helped() -> None:
    desk = Desk()
    desk.do(ACCEPT, CONCLUDE)
    assert desk.on(date(2026, 5, 31)) == []
    assert types(desk.on(date(2026, 6, 1))) == ["review.due.v1"]
    assert desk.told().next_step.startswith("School and family say now whether it helped")
    assert types(desk.do(RecordReview(ID, "partly", "Mornings are better.", by=SCHOOL))) == [
        "review.recorded.v1"
    ]
    assert "it helped in part" in desk.told().happened
    with pytest.raises(Refused, match="reviewed-already"):
        desk.do(RecordReview(ID, "yes", by=SCHOOL))


def test_a_review_that_was_recorded_before_its_day_is_not_asked_for_again() -> None:
    desk = Desk()
    desk.do(ACCEPT, CONCLUDE, RecordReview(ID, "yes", by=SCHOOL))
    assert desk.on(date(2026, 6, 2)) == []


# The end, and after it -----------------------------------------------------------------------------


def test_a_closed_referral_says_why_and_can_be_reopened_with_a_promise_of_its_own() -> None:
    desk = Desk()
    assert types(desk.do(CloseReferral(ID, "moved-away", by=TEAM))) == ["referral.closed.v1"]
    assert "the child has moved away" in desk.told().happened
    assert desk.due() == []
    desk.on(date(2026, 4, 13))
    assert types(desk.do(ReopenReferral(ID, "They came back.", by=TEAM))) == ["referral.reopened.v1"]
    assert (desk.now.status, desk.now.answer_by) == ("routed", date(2026, 4, 27))
    assert dict(desk.due()).keys() == {"answer-due", "answer-overdue"}


def test_a_concluded_referral_goes_on_as_accepted_when_it_is_reopened() -> None:
    desk = Desk()
    desk.do(ACCEPT, CONCLUDE, RecordReview(ID, "no", by=SCHOOL), ReopenReferral(ID, "No change.", by=TEAM))
    assert (desk.now.status, desk.now.helped, desk.now.conclusion) == ("accepted", None, None)
    desk.do(CONCLUDE)
    assert desk.now.status == "concluded"


def test_nothing_but_reopening_is_done_with_what_has_ended() -> None:
    desk = Desk()
    desk.do(WithdrawReferral(ID, "family-asked", by=SCHOOL))
    for command in (ACCEPT, RETURN, ASK, ANSWER, VISIT, CONCLUDE, AssignReferral(ID, TEAM, by=TEAM)):
        with pytest.raises(Refused):
            desk.do(command)
    with pytest.raises(Refused, match="not-ended"):
        Desk().do(ReopenReferral(ID, "x", by=TEAM))


def test_what_a_panel_holds_is_not_worked_on_here() -> None:
    desk = Desk(form(asks_for="placement", placement=PLACEMENT))
    for command in (ACCEPT, RETURN, ASK, VISIT, CONCLUDE, CloseReferral(ID, "duplicate", by=TEAM)):
        with pytest.raises(Refused, match="with-a-panel"):
            desk.do(command)
    assert desk.due() == []


# The clock -----------------------------------------------------------------------------------------


def test_a_team_is_reminded_before_its_promise_ends_and_said_to_be_late_once() -> None:
    desk = Desk()
    assert types(desk.on(date(2026, 3, 15))) == ["answer.due.v1"]
    assert desk.on(date(2026, 3, 18)) == []
    said: list[Event] = desk.on(date(2026, 3, 19))
    assert types(said) == ["answer.overdue.v1"]
    assert isinstance(said[0], AnswerOverdue)
    assert said[0].answer_by == date(2026, 3, 18)
    assert desk.on(date(2026, 5, 1)) == []
    assert desk.told(date(2026, 5, 1)).next_step.endswith("This date has passed.")


def test_a_promise_that_was_broken_before_the_school_was_asked_is_not_told_of_again() -> None:
    desk = Desk()
    desk.on(date(2026, 3, 20))
    desk.do(ASK.__class__(ID, "?", date(2026, 3, 27), by=TEAM))
    desk.on(date(2026, 3, 26))
    desk.do(ANSWER)
    assert types(desk.on(date(2026, 5, 1))) == []


def test_a_school_that_does_not_answer_is_late_once_and_can_answer_still() -> None:
    desk = Desk()
    desk.do(RETURN)
    assert types(desk.on(date(2026, 3, 19))) == ["school.overdue.v1"]
    assert desk.now.school_overdue
    assert desk.on(date(2026, 4, 19)) == []
    desk.do(ANSWER)
    assert not desk.now.school_overdue


def test_a_promise_that_is_kept_is_not_late() -> None:
    desk = Desk()
    desk.do(ACCEPT, CONCLUDE)
    assert types(desk.on(date(2026, 5, 20))) == []


# Two at once ---------------------------------------------------------------------------------------


def test_the_second_of_two_is_told_what_the_first_did_and_overwrites_nothing() -> None:
    desk = Desk()
    seen = desk.now.version
    desk.seeing(ACCEPT, seen)
    before = desk.now
    with pytest.raises(ChangedMeanwhile) as refused:
        desk.seeing(RETURN, seen)
    assert refused.value.code == "changed-meanwhile"
    assert [(step.what, step.by) for step in refused.value.steps] == [("accepted", TEAM)]
    assert "the team took it on on 4 March 2026" in refused.value.detail
    assert desk.now == before
    desk.seeing(ASK, before.version)


def test_what_the_clock_does_makes_nobody_second() -> None:
    desk = Desk()
    seen = desk.now.version
    desk.on(date(2026, 3, 19))
    desk.seeing(ACCEPT, seen)
    assert [step.what for step in desk.history] == ["received", "routed", "answer-due", "overdue", "accepted"]


def test_each_step_is_kept_with_who_when_and_what() -> None:
    desk = Desk()
    desk.do(AssignReferral(ID, COLLEAGUE, by=TEAM), ACCEPT, RETURN, ANSWER)
    kept = [(step.version, step.by, step.what, step.to or step.detail) for step in desk.history[2:]]
    assert kept == [
        (2, TEAM, "assigned", COLLEAGUE),
        (3, TEAM, "accepted", None),
        (4, TEAM, "returned", "more-evidence-needed"),
        (5, SCHOOL, "answered", "advice"),
    ]
    assert [(said.version, said.about) for said in desk.papers().said] == [(4, "advice"), (5, "answer")]


# A short placement ---------------------------------------------------------------------------------

PLACE = ShortPlacement(starts_on=date(2026, 4, 13), ends_on=date(2026, 7, 3), review_on=date(2026, 5, 22))


def test_only_a_centre_gives_a_short_placement() -> None:
    with pytest.raises(Refused, match="place-not-asked"):
        Desk().do(AcceptReferral(ID, short_placement=PLACE, by=TEAM))


def test_accepting_without_a_day_follows_the_promise() -> None:
    (accepted,) = Desk().do(ACCEPT)
    assert isinstance(accepted, ReferralAccepted)
    assert (accepted.next_step_by, accepted.short_placement) == (date(2026, 3, 18), None)
    assert accepted.destination_kind == "advisory-team"
