"""The panel recommends or defers; the authority decides, once."""

from datetime import date

import pytest

from chassis.decision import Refused
from schemas.panels_v1 import CaseDeferred, CaseHeard, DecisionIssued
from schemas.personal_v1 import CasePapers
from services.panels.domain.commands import CompleteCase, DeferCase
from tests.panels.builders import THURSDAY_5_MARCH, PanelsBench, a_referral_id, at

TUESDAY_10_MARCH = "placement-2026-03-10"


def a_listed_case(bench: PanelsBench) -> str:
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    bench.advance(at("2026-03-05 10:00"))
    bench.said.clear()
    return case_id


def a_deferral(case_id: str, sitting_id: str = THURSDAY_5_MARCH, *, escalated: bool = False) -> DeferCase:
    return DeferCase(
        case_id, sitting_id, ("health-advice",), "health", date(2026, 12, 1), "No advice yet.", escalated
    )


def test_a_recommendation_stays_internal_but_that_the_case_was_heard_is_told() -> None:
    bench = PanelsBench()
    case_id = a_listed_case(bench)
    bench.hear(case_id)
    assert bench.for_others == [
        CaseHeard(
            case_id=case_id,
            referral_id=a_referral_id(),
            sitting_id=THURSDAY_5_MARCH,
            heard_at=at("2026-03-05 10:00"),
            decision_by=date(2026, 3, 12),
        )
    ]


def test_a_case_is_not_heard_before_the_sitting_begins() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    with pytest.raises(Refused, match="sitting-not-begun"):
        bench.hear(case_id)


def test_a_case_that_is_not_on_that_agenda_is_not_heard_there() -> None:
    bench = PanelsBench()
    case_id = a_listed_case(bench)
    bench.advance(at("2026-03-10 10:00"))
    with pytest.raises(Refused, match="not-on-agenda") as refused:
        bench.hear(case_id, sitting_id=TUESDAY_10_MARCH)
    assert "see which sitting has it, or move it to this one" in refused.value.detail


def test_a_case_is_heard_once() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    with pytest.raises(Refused, match="not-on-agenda"):
        bench.hear(case_id)


@pytest.mark.parametrize(("outcome", "provision"), [("agreed", None), ("not-agreed", "special-school")])
def test_provision_and_outcome_must_fit(outcome: str, provision: str | None) -> None:
    bench = PanelsBench()
    case_id = a_listed_case(bench)
    with pytest.raises(Refused) as refused:
        bench.hear(case_id, outcome=outcome, provision=provision)
    assert [fault.field for fault in refused.value.faults] == ["provision"]


def test_the_decision_goes_out_with_its_reasons_sealed_apart() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.said.clear()
    bench.decide(case_id)
    issued, papers = bench.for_others[:2]
    assert isinstance(issued, DecisionIssued)
    assert (issued.outcome, issued.provision) == ("agreed", "special-school")
    assert issued.next_step_by == date(2026, 3, 20)  # 15 days after 5 March
    assert isinstance(papers, CasePapers)
    assert (papers.case_id, papers.referral_id) == (case_id, a_referral_id())
    assert (papers.reasons, papers.told) == ("Needs a small class.", True)
    assert papers.topic.sealed


def test_the_same_decision_again_is_answered_and_not_issued_again() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    first = bench.answer
    bench.said.clear()
    bench.decide(case_id)
    assert (bench.answer, bench.said) == (first, [])


def test_a_second_different_decision_is_refused() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    with pytest.raises(Refused, match="already-decided") as refused:
        bench.decide(case_id, outcome="not-agreed", reasons="On reflection.")
    assert refused.value.detail.endswith("put a mistake in it right by a correction.")


def test_a_decision_that_departs_from_the_recommendation_needs_reasons_of_its_own() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    with pytest.raises(Refused, match="reasons-missing"):
        bench.decide(case_id, outcome="not-agreed")
    bench.decide(case_id, outcome="not-agreed", reasons="The school can meet the needs.")
    decision = bench.case().decision
    assert decision is not None
    assert (decision.outcome, decision.provision) == ("not-agreed", None)
    assert decision.next_step_by == date(2026, 3, 12)  # five working days
    assert decision.officer == "officer"


def test_without_a_recommendation_there_is_no_decision() -> None:
    bench = PanelsBench()
    case_id = a_listed_case(bench)
    with pytest.raises(Refused, match="not-heard"):
        bench.decide(case_id)


def test_a_deferred_case_comes_back_to_the_queue_when_its_items_arrive() -> None:
    bench = PanelsBench()
    case_id = a_listed_case(bench)
    (deferred,) = bench.deliver(a_deferral(case_id))
    assert isinstance(deferred, CaseDeferred)
    assert (deferred.missing, deferred.owner) == (("health-advice",), "health")
    assert (bench.case().status, bench.case().due_on) == ("deferred", date(2026, 5, 4))  # no clock stops
    bench.deliver(CompleteCase(case_id, papers=("health-advice",)))
    assert bench.case().status == "queued"
    bench.confirm(case_id, sitting_id="placement-2026-03-17")
    assert bench.case().status == "listed"


def test_a_second_deferral_has_to_be_escalated() -> None:
    bench = PanelsBench()
    case_id = a_listed_case(bench)
    bench.deliver(a_deferral(case_id))
    bench.deliver(CompleteCase(case_id, papers_complete=True))
    again = "placement-2026-03-17"
    bench.confirm(case_id, sitting_id=again)
    bench.advance(at("2026-03-17 10:00"))
    with pytest.raises(Refused, match="deferred-before"):
        bench.deliver(a_deferral(case_id, again))
    bench.deliver(a_deferral(case_id, again, escalated=True))
    assert [deferral.escalated for deferral in bench.case().deferrals] == [False, True]


def test_a_deferral_names_its_reason_missing_items_and_a_day_to_come() -> None:
    bench = PanelsBench()
    case_id = a_listed_case(bench)
    with pytest.raises(Refused) as refused:
        bench.deliver(DeferCase(case_id, THURSDAY_5_MARCH, (), "school", date(2026, 3, 5), " "))
    assert [fault.field for fault in refused.value.faults] == ["reason", "missing", "next_on"]


@pytest.mark.parametrize(
    ("closed", "open_day"),
    [(date(2026, 3, 14), "Monday 16 March 2026"), (date(2026, 4, 3), "Tuesday 7 April 2026")],
)
def test_a_deferred_case_is_looked_at_again_on_a_day_that_is_open(closed: date, open_day: str) -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    bench.advance(at("2026-03-05 10:00"))
    asked = DeferCase(case_id, THURSDAY_5_MARCH, ("health-advice",), "health", closed, "None yet.")
    with pytest.raises(Refused) as refused:
        bench.deliver(asked)
    (wrong,) = refused.value.faults
    assert (wrong.field, wrong.code) == ("next_on", "closed-day")
    assert open_day in wrong.message


def test_without_a_file_of_its_panel_no_decision_is_issued_since_the_family_could_be_told_no_day() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.forget_panels()
    with pytest.raises(Refused, match="unknown-panel"):
        bench.decide(case_id)
    assert bench.case().status == "heard"
