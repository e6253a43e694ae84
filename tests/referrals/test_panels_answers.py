"""What a panel asks for, and answers to what came late, as the school reads it in its referral."""

from datetime import date
from typing import Any

import pytest

from chassis.decision import Refused
from schemas.case_work_v1 import DatesCorrected, EvidenceAnswered, PapersRequested, WithdrawalAnswered
from schemas.referrals_v1 import WithdrawalRequested
from services.referrals.domain.commands import WithdrawReferral
from services.referrals.views import full
from tests.referrals.builders import NOW, book
from tests.referrals.test_rules import CASE, ID, LISTED, PLACED, WITHDRAWN, opened, state, taken, told


def withdrawal_answered(accepted: bool, reason: Any = None) -> WithdrawalAnswered:
    return WithdrawalAnswered(case_id=CASE, referral_id=ID, accepted=accepted, reason=reason, answered_at=NOW)


def asked_to_withdraw() -> Any:
    rules = taken(PLACED)
    for message in (opened(), LISTED, WithdrawReferral(ID, "moved-away", by="t")):
        rules.deliver(message)
    return rules


def test_a_panel_that_goes_on_with_a_case_says_why_and_may_be_asked_again() -> None:
    rules = asked_to_withdraw()
    rules.deliver(withdrawal_answered(False, "family-wants-it-heard"))
    assert told(rules).next_step.endswith(
        "The school asked to withdraw it, but the panel goes on with it: the family wants it heard."
    )
    shown = full(state(rules), None, book(), NOW.date())
    assert (shown["withdrawal_asked"], shown["withdrawal"]["declined"]) == (False, "family-wants-it-heard")
    assert shown["history"][-1]["detail"] == "family-wants-it-heard"
    assert shown["history"][-1]["sentence"].startswith("The panel answered the wish to withdraw it on ")
    (again,) = rules.deliver(WithdrawReferral(ID, "needs-met", by="t"))
    assert isinstance(again, WithdrawalRequested)
    with pytest.raises(Refused, match="already-asked"):
        rules.deliver(WithdrawReferral(ID, "needs-met", by="t"))


def test_a_panel_that_agrees_takes_the_case_out() -> None:
    rules = asked_to_withdraw()
    for message in (withdrawal_answered(True), WITHDRAWN):
        rules.deliver(message)
    assert state(rules).status == "withdrawn"
    assert [step.what for step in state(rules).history][-2:] == ["withdrawal-answered", "panel"]


@pytest.mark.parametrize(("accepted", "reason"), [(True, None), (False, "after-papers-closed")])
def test_the_school_reads_whether_the_panel_sees_what_it_added_late(accepted: bool, reason: Any) -> None:
    rules = taken(PLACED)
    answer = EvidenceAnswered(
        case_id=CASE, referral_id=ID, added_at=NOW, accepted=accepted, reason=reason, answered_at=NOW
    )
    for message in (opened(), LISTED, answer):
        rules.deliver(message)
    last = state(rules).history[-1]
    assert (last.what, last.detail) == ("evidence-answered", reason or "accepted")
    assert state(rules).status == "listed"


def test_the_school_reads_who_was_asked_for_what_is_missing_and_by_when() -> None:
    rules = taken(PLACED)
    asked = PapersRequested(
        case_id=CASE,
        referral_id=ID,
        items=("school-report",),
        owner="school",
        requested_at=NOW,
        bring_by=date(2026, 3, 20),
    )
    for message in (opened(complete=False), asked):
        rules.deliver(message)
    story = told(rules)
    assert (story.holder, story.by) == ("the school", date(2026, 3, 20))
    assert "expected from the school by 20 March 2026" in story.next_step
    assert state(rules).history[-1].what == "papers-requested"


def test_a_date_of_the_law_that_was_put_right_is_the_one_that_the_school_reads() -> None:
    rules = taken(PLACED)
    right = DatesCorrected(case_id=CASE, referral_id=ID, due_on=date(2026, 5, 5), corrected_at=NOW)
    for message in (opened(), right):
        rules.deliver(message)
    assert told(rules).by == date(2026, 5, 5)
