"""What of a panel's day comes back from the service's own facts, also from facts of before all entries were told."""

from collections.abc import Iterable
from typing import Any

from chassis.decision import Ref
from schemas.case_records_v1 import CaseRecorded, SittingRecorded
from schemas.envelope import Event
from schemas.panel_papers_v1 import SittingPapers
from schemas.personal_v1 import CasePapers
from services.panels import learning
from services.panels.domain.cases.case import CASE, Case, case_id_of
from services.panels.domain.day.commands import (
    AgreeChairAction,
    AskChair,
    CorrectDecision,
    PassOn,
    SignSitting,
)
from services.panels.domain.judged import Judgement
from services.panels.domain.restoring import LOST
from services.panels.domain.sittings.sitting import SITTING, Sitting
from tests.panels.builders import (
    BOOK,
    THURSDAY_5_MARCH,
    PanelsBench,
    a_referral_id,
    a_routed_referral,
    an_ask,
    at,
)
from tests.panels.test_chairs_action import before_its_panel, wanting_more, with_another_panel

OTHER = Judgement(outcome="agreed", provision="other", setting_urn="117215", reasons="As corrected.")


def restored(*facts: Event) -> dict[Ref, Any]:
    """What these facts lead to, each by its line in `learning`."""
    rules = learning.build(BOOK).restoring.rules
    states: dict[Ref, Any] = {}
    for fact in sorted(facts, key=lambda fact: rules[type(fact)].fills):
        rule = rules[type(fact)]
        ref = rule.kind.at(rule.key(fact))
        found = rule.decide(states.get(ref), fact).state
        if found is not None:
            states[ref] = found
    return states


def the_case(states: dict[Ref, Any]) -> Case:
    case = states[CASE.at(case_id_of(a_referral_id()))]
    assert isinstance(case, Case)
    return case


def of_before(facts: Iterable[Event]) -> list[Event]:
    """These facts as they were said before what people entered was told as a whole."""
    said = [each for each in facts if not isinstance(each, CaseRecorded | SittingRecorded | SittingPapers)]
    less = {"recommendation": None, "corrections": (), "remarks": ()}
    return [each.model_copy(update=less) if isinstance(each, CasePapers) else each for each in said]


def test_a_corrected_decision_of_before_comes_back_with_the_reasons_that_hold() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    bench.deliver(CorrectDecision(case_id, "officer", OTHER, "Typed wrongly."))
    said = of_before(each for each in bench.said if each.key == case_id)
    case = the_case(restored(a_routed_referral(), *said))
    was = bench.case()
    assert was.in_force is not None
    assert case.decision is not None
    assert case.in_force == was.in_force.model_copy(update={"officer": LOST})
    assert (case.decision.outcome, case.decision.provision, case.decision.reasons) == (
        "agreed",
        "special-school",
        LOST,
    )


def test_a_case_of_before_that_a_chair_settled_waits_for_a_chair_again() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1, placement=an_ask(urgent=True))
    bench.deliver(AskChair(case_id, "tom", "No school."))
    bench.deliver(AgreeChairAction(case_id, "chair", OTHER))
    case = the_case(restored(a_routed_referral(placement=an_ask(urgent=True)), *of_before(bench.said)))
    assert case.status == "queued"
    assert case.chair_action is not None
    assert (case.chair_action.agreed, case.chair_action.why) == (None, LOST)


def test_a_case_that_was_passed_on_stands_in_the_other_queue() -> None:
    bench = with_another_panel()
    case_id = before_its_panel(bench)
    said = bench.deliver(PassOn(case_id, THURSDAY_5_MARCH, "complex", "A package."))
    case = the_case(restored(a_routed_referral(), *said))
    assert (case.panel, case.status, case.listing, case.passed_on) == ("complex", "queued", None, (LOST,))


def test_a_case_that_lacks_something_for_the_panel_to_which_it_was_passed_is_incomplete_again() -> None:
    bench = wanting_more()
    case_id = before_its_panel(bench)
    said = bench.deliver(PassOn(case_id, THURSDAY_5_MARCH, "complex", "A package."))
    case = the_case(restored(a_routed_referral(), *said))
    assert (case.panel, case.status, case.missing) == ("complex", "incomplete", ("health-advice",))


def test_a_sitting_that_was_signed_off_stays_so() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.said.clear()
    bench.confirm(case_id)
    bench.advance(at("2026-03-05 10:00"))
    bench.hear(case_id)
    bench.deliver(SignSitting(THURSDAY_5_MARCH, "chair", (case_id,)))
    of_sitting = [each for each in bench.said if each.key == THURSDAY_5_MARCH]
    made = PanelsBench()
    ref = SITTING.at(THURSDAY_5_MARCH)
    states: dict[Ref, Any] = {ref: made.sitting()}
    rules = learning.build(BOOK).restoring.rules
    for fact in of_sitting:
        states[ref] = rules[type(fact)].decide(states[ref], fact).state or states[ref]
    sitting = states[ref]
    assert isinstance(sitting, Sitting)
    assert (sitting.status, sitting.signed) == ("held", bench.sitting().signed)
