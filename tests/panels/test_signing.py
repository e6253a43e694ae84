"""A chair signs a sitting off; what was wrong is mended by a dated correction, and nothing is rewritten."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.decision import Refused
from schemas.panel_days_v1 import DecisionCorrected, SittingSigned
from schemas.panels_v1 import CaseHeard
from schemas.personal_v1 import CasePapers
from services.panels.domain.cases.case import judgement
from services.panels.domain.commands import DeferCase, WithdrawCase
from services.panels.domain.day.commands import CorrectDecision, CorrectRecommendation, SignSitting
from services.panels.domain.day.corrections import differences
from services.panels.domain.judged import Judgement
from tests.panels.builders import THURSDAY_5_MARCH, PanelsBench, at

BASE = Judgement(
    outcome="agreed", provision="specialist-resource-provision", reasons="The base in her own school suits."
)


def a_day(cases: int = 1) -> tuple[PanelsBench, list[str]]:
    """A sitting that has begun, with cases before it."""
    bench = PanelsBench()
    ids = bench.open_cases(cases)
    bench.confirm(*ids)
    bench.advance(at("2026-03-05 10:00"))
    bench.said.clear()
    return bench, ids


def signed(bench: PanelsBench) -> None:
    bench.deliver(SignSitting(THURSDAY_5_MARCH, "chair", bench.sitting().case_ids))


def test_a_chair_signs_once_every_case_has_an_outcome() -> None:
    bench, (heard, deferred, withdrawn) = a_day(3)
    bench.hear(heard)
    with pytest.raises(Refused) as refused:
        signed(bench)
    assert refused.value.detail.startswith("2 cases have no outcome")
    bench.deliver(
        DeferCase(deferred, THURSDAY_5_MARCH, ("health-advice",), "health", date(2026, 3, 20), "None.")
    )
    bench.deliver(WithdrawCase(withdrawn, "family-asked"))
    bench.said.clear()
    signed(bench)
    assert bench.for_others == [
        SittingSigned(
            sitting_id=THURSDAY_5_MARCH,
            panel="placement",
            case_ids=(heard,),
            signed_by="chair",
            signed_at=at("2026-03-05 10:00"),
        )
    ]
    assert bench.sitting().signed is not None


def test_signed_twice_it_was_signed_once() -> None:
    bench, (case_id,) = a_day()
    bench.hear(case_id)
    signed(bench)
    before = bench.sitting().signed
    bench.now = at("2026-03-05 15:00")
    bench.said.clear()
    signed(bench)
    assert (bench.sitting().signed, bench.said) == (before, [])


def test_a_sitting_is_not_signed_before_it_was_held_nor_another_than_was_seen() -> None:
    bench = PanelsBench()
    bench.confirm(*bench.open_cases(2))
    with pytest.raises(Refused, match="sitting-not-held"):
        signed(bench)
    bench.advance(at("2026-03-05 10:00"))
    with pytest.raises(Refused, match="agenda-changed"):
        bench.deliver(SignSitting(THURSDAY_5_MARCH, "chair", bench.sitting().case_ids[:1]))
    with pytest.raises(Refused, match="unknown-sitting"):
        bench.deliver(SignSitting("placement-2026-03-06", "chair", ()))


def test_until_it_is_signed_a_recommendation_is_recorded_again_by_whoever_has_seen_it() -> None:
    bench, (case_id,) = a_day()
    bench.hear(case_id)
    seen = bench.case().version
    bench.hear(case_id, outcome="not-agreed", provision=None, reasons="The school can.", seen=seen)
    recommendation = bench.case().recommendation
    assert recommendation is not None
    assert (recommendation.outcome, recommendation.reasons) == ("not-agreed", "The school can.")
    assert [type(each) for each in bench.for_others] == [CaseHeard]  # that it was heard is told once
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.hear(case_id, seen=seen)


def test_once_it_is_signed_no_recommendation_of_it_changes() -> None:
    bench, (case_id,) = a_day()
    bench.hear(case_id)
    signed(bench)
    with pytest.raises(Refused, match="signed-off"):
        bench.hear(case_id, outcome="not-agreed", provision=None, seen=bench.case().version)


def test_a_signed_recommendation_is_mended_by_a_correction_that_keeps_what_stood_before() -> None:
    bench, (case_id,) = a_day()
    bench.hear(case_id)
    with pytest.raises(Refused, match="not-signed-off"):
        bench.deliver(CorrectRecommendation(case_id, "chair", BASE, "The wrong box."))
    signed(bench)
    bench.said.clear()
    bench.deliver(CorrectRecommendation(case_id, "chair", BASE, "The wrong box."))
    assert bench.for_others == []  # it is internal
    case = bench.case()
    assert case.recommendation is not None
    assert case.recommendation.provision == "specialist-resource-provision"
    (mended,) = case.corrections
    assert (mended.of, mended.before.provision, mended.why) == (
        "recommendation",
        "special-school",
        "The wrong box.",
    )
    bench.decide(case_id)
    assert bench.case().decision is not None
    with pytest.raises(Refused, match="not-heard"):
        bench.deliver(CorrectRecommendation(case_id, "chair", BASE, "Again."))


def test_a_decision_is_corrected_and_the_family_is_told_what_changed() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    issued = bench.case().decision
    bench.now = at("2026-03-09 10:00")
    told, papers, *_ = bench.deliver(CorrectDecision(case_id, "officer", BASE, "The wrong kind was typed."))
    assert isinstance(told, DecisionCorrected)
    assert (told.number, told.changed) == (1, ("provision", "reasons"))
    assert told.next_step_by == date(2026, 3, 20)  # the promise of the decision stands
    assert isinstance(papers, CasePapers)
    assert (papers.case_id, papers.reasons, papers.told) == (case_id, BASE.reasons, True)
    case = bench.case()
    assert case.decision == issued  # nothing is rewritten
    assert case.in_force is not None
    assert case.in_force.provision == "specialist-resource-provision"
    assert case.corrections[0].before.provision == "special-school"


def test_an_outcome_that_is_corrected_has_a_next_step_of_its_own() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    bench.now = at("2026-03-09 10:00")
    other = Judgement(outcome="not-agreed", reasons="The school can meet the needs.")
    told, *_ = bench.deliver(CorrectDecision(case_id, "officer", other, "The wrong child's minutes."))
    assert isinstance(told, DecisionCorrected)
    assert told.next_step_by == date(2026, 3, 16)  # five working days from the correction
    again, *_ = bench.deliver(CorrectDecision(case_id, "officer", BASE, "It was right after all."))
    assert isinstance(again, DecisionCorrected)
    assert again.number == 2


@pytest.mark.parametrize(
    ("after", "why", "code"),
    [
        (BASE, " ", "correction-incomplete"),
        (BASE.model_copy(update={"reasons": ""}), "Typed wrongly.", "correction-incomplete"),
        (BASE.model_copy(update={"provision": None}), "Typed wrongly.", "provision-does-not-fit"),
        (
            Judgement(outcome="agreed", provision="special-school", reasons="Needs a small class."),
            "Typed wrongly.",
            "nothing-corrected",
        ),
        (
            Judgement(outcome="not-agreed", setting_urn="117215", reasons="No."),
            "Typed wrongly.",
            "provision-does-not-fit",
        ),
    ],
)
def test_a_correction_says_what_was_wrong_and_differs(after: Judgement, why: str, code: str) -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    with pytest.raises(Refused, match=code):
        bench.deliver(CorrectDecision(case_id, "officer", after, why))


def test_two_corrections_at_once_do_not_overwrite_each_other() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    seen = bench.case().version
    bench.deliver(CorrectDecision(case_id, "one", BASE, "Typed wrongly.", seen))
    other = Judgement(outcome="not-agreed", reasons="No.")
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(CorrectDecision(case_id, "two", other, "Typed wrongly.", seen))


JUDGED = st.one_of(
    st.builds(
        Judgement,
        outcome=st.just("agreed"),
        provision=st.sampled_from(["special-school", "other"]),
        setting_urn=st.sampled_from([None, "117215"]),
        reasons=st.sampled_from(["A", "B"]),
    ),
    st.builds(
        Judgement,
        outcome=st.sampled_from(["not-agreed", "more-information"]),
        reasons=st.sampled_from(["A", "B"]),
    ),
)


@given(JUDGED, JUDGED)
def test_what_changed_is_empty_exactly_if_nothing_differs(before: Judgement, after: Judgement) -> None:
    assert (differences(before, after) == ()) == (before == after)
    assert differences(before, after) == differences(after, before)


@given(st.lists(JUDGED, max_size=6))
def test_after_any_corrections_the_last_one_holds_and_the_first_decision_is_readable(
    made: list[Judgement],
) -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    first = bench.case().decision
    holds = bench.case().in_force
    for each in made:
        stands = bench.case().in_force
        assert stands is not None
        if judgement(stands) != each:
            bench.deliver(CorrectDecision(case_id, "officer", each, "A mistake."))
    case = bench.case()
    assert case.decision == first
    assert case.in_force is not None
    assert holds is not None
    last = made[-1] if made else holds
    assert (case.in_force.outcome, case.in_force.reasons) == (last.outcome, last.reasons)
    for earlier, later in zip(case.corrections, case.corrections[1:], strict=False):
        assert earlier.after == later.before
