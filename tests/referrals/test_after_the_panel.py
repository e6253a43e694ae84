"""What the panels say beside a case's plain way, noted on the referral: passed on, settled by a chair, corrected."""

from datetime import date

from schemas.panel_days_v1 import CaseChairAction, CasePassedOn, DecisionCorrected
from tests.referrals.builders import NOW
from tests.referrals.test_rules import CASE, DECIDED, ID, LISTED, PLACED, SITTING, opened, state, taken


def test_a_case_that_could_not_wait_that_was_passed_on_or_corrected_is_followed_too() -> None:
    rules = taken(PLACED)
    by = date(2026, 3, 11)
    acted = CaseChairAction(
        case_id=CASE, referral_id=ID, panel="placement", acted_by="c", acted_at=NOW, decision_by=by
    )
    passed = CasePassedOn(
        case_id=CASE, referral_id=ID, sitting_id=SITTING, from_panel="placement", panel="other", passed_at=NOW
    )
    corrected = DecisionCorrected(
        case_id=CASE, referral_id=ID, decision_id="d", number=1, outcome="not-agreed", provision=None,
        changed=("outcome", "provision"), corrected_at=NOW, next_step_by=by,
    )  # fmt: skip
    seen = []
    for event in (opened(), LISTED, passed, acted, DECIDED, corrected):
        assert rules.deliver(event) == []
        seen.append(state(rules).status)
    assert seen == ["queued", "listed", "queued", "heard", "decided", "decided"]
    case = state(rules).case
    assert case is not None
    assert (case.outcome, case.provision, case.sits_on) == ("not-agreed", None, None)
