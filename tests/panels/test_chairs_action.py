"""Chair's action, passing on to another panel, and deferrals that were escalated."""

from datetime import date
from typing import Any

import pytest

from chassis.decision import Refused
from schemas.panel_days_v1 import CaseChairAction, CasePassedOn
from schemas.panels_v1 import MissingItem
from services.panels import handlers
from services.panels.domain.cases.papers import PaperState
from services.panels.domain.commands import CompleteCase, DeferCase
from services.panels.domain.day.commands import (
    AgreeChairAction,
    AnswerEscalation,
    AskChair,
    DeclineChairAction,
    PassOn,
)
from services.panels.domain.day.deferrals import escalated, lacking_there
from services.panels.domain.judged import Judgement
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import PanelBook
from tests.panels.builders import BOOK, THURSDAY_5_MARCH, PanelsBench, a_referral_id, an_ask, at

AGREED = Judgement(outcome="agreed", provision="special-school", reasons="She has no school at all.")
URGENT = an_ask(urgent=True, need_by=date(2026, 2, 6))


def urgent() -> tuple[PanelsBench, str]:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1, placement=URGENT)
    bench.said.clear()
    return bench, case_id


def asked() -> tuple[PanelsBench, str]:
    bench, case_id = urgent()
    bench.deliver(AskChair(case_id, "tom", "Out of school since Monday."))
    return bench, case_id


def test_an_urgent_case_is_settled_by_a_chair_between_sittings() -> None:
    bench, case_id = asked()
    (told,) = bench.deliver(AgreeChairAction(case_id, "chair", AGREED))
    assert told == CaseChairAction(
        case_id=case_id,
        referral_id=a_referral_id(),
        panel="placement",
        acted_by="chair",
        acted_at=bench.now,
        decision_by=date(2026, 2, 9),
    )
    case = bench.case()
    assert (case.status, case.decide_by) == ("heard", date(2026, 2, 9))
    assert case.recommendation is not None
    assert case.recommendation.reasons == AGREED.reasons
    bench.decide(case_id)
    assert bench.case().status == "decided"


def test_a_chair_lets_it_wait_with_reasons_and_may_be_asked_again() -> None:
    bench, case_id = asked()
    with pytest.raises(Refused, match="words-missing"):
        bench.deliver(DeclineChairAction(case_id, "chair", " "))
    assert bench.deliver(DeclineChairAction(case_id, "chair", "The sitting is tomorrow.")) == []
    case = bench.case()
    assert case.status == "queued"
    assert case.chair_action is not None
    assert (case.chair_action.agreed, case.chair_action.declined_because) == (
        False,
        "The sitting is tomorrow.",
    )
    bench.deliver(AskChair(case_id, "tom", "It was cancelled."))
    bench.deliver(AgreeChairAction(case_id, "chair", AGREED))
    assert bench.case().status == "heard"


def test_chair_s_action_is_for_urgent_cases_before_no_sitting_and_says_why() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    with pytest.raises(Refused, match="not-urgent"):
        bench.deliver(AskChair(case_id, "tom", "I should like it so."))
    bench, case_id = urgent()
    with pytest.raises(Refused, match="words-missing"):
        bench.deliver(AskChair(case_id, "tom", ""))
    bench.confirm(case_id)
    with pytest.raises(Refused, match="not-waiting"):
        bench.deliver(AskChair(case_id, "tom", "Out of school."))


def test_nobody_is_asked_twice_and_nobody_agrees_to_what_they_asked_for() -> None:
    bench, case_id = asked()
    with pytest.raises(Refused, match="asked-already"):
        bench.deliver(AskChair(case_id, "max", "Out of school."))
    with pytest.raises(Refused, match="asked-by-oneself"):
        bench.deliver(AgreeChairAction(case_id, "tom", AGREED))


def test_a_case_that_a_sitting_took_meanwhile_is_the_sitting_s() -> None:
    bench, case_id = asked()
    bench.confirm(case_id)
    with pytest.raises(Refused, match="not-asked"):
        bench.deliver(AgreeChairAction(case_id, "chair", AGREED))


def test_a_chair_agrees_to_nothing_once_no_file_says_what_the_panel_is() -> None:
    bench, case_id = asked()
    bench.forget_panels()
    with pytest.raises(Refused, match="unknown-panel"):
        bench.deliver(AgreeChairAction(case_id, "chair", AGREED))
    assert bench.case().status == "queued"


def test_two_chairs_at_once_do_not_overwrite_each_other() -> None:
    bench, case_id = asked()
    seen = bench.case().version
    bench.deliver(DeclineChairAction(case_id, "one", "It can wait.", seen))
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(AgreeChairAction(case_id, "two", AGREED, seen))


def before_its_panel(bench: PanelsBench) -> str:
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    bench.advance(at("2026-03-05 10:00"))
    bench.said.clear()
    return case_id


def with_another_panel(**remit: Any) -> PanelsBench:
    panel = BOOK.at("placement", date(2026, 3, 5))
    assert panel is not None
    other = panel.model_dump() | {
        "code": "complex",
        "name": "Complex cases",
        "remit": remit or {"areas": "all"},
    }
    bench = PanelsBench()
    bench.go_on_with(handlers.build(PanelBook((*BOOK.panels, Panel.model_validate(other)), BOOK.working)))
    return bench


def test_a_case_for_another_panel_goes_to_its_queue_as_complete_as_it_is() -> None:
    bench = with_another_panel()
    case_id = before_its_panel(bench)
    (told,) = bench.deliver(PassOn(case_id, THURSDAY_5_MARCH, "complex", "A package is needed."))
    assert told == CasePassedOn(
        case_id=case_id,
        referral_id=a_referral_id(),
        sitting_id=THURSDAY_5_MARCH,
        from_panel="placement",
        panel="complex",
        passed_at=bench.now,
    )
    case = bench.case()
    assert (case.status, case.panel, case.listing) == ("queued", "complex", None)
    assert case.passed_on == ("A package is needed.",)
    assert case.due_on == date(2026, 5, 4)  # no clock stops


def wanting_more() -> PanelsBench:
    """A panel beside the county's own that wants to see health advice as well."""
    panel = BOOK.at("placement", date(2026, 3, 5))
    assert panel is not None
    given = panel.model_dump() | {"code": "complex", "name": "Complex cases", "remit": {"areas": "all"}}
    given["papers"] |= {"required": ("school-report", "health-advice")}
    bench = PanelsBench()
    bench.go_on_with(handlers.build(PanelBook((*BOOK.panels, Panel.model_validate(given)), BOOK.working)))
    return bench


def test_papers_that_the_other_panel_wants_as_well_are_asked_for_anew() -> None:
    bench = wanting_more()
    case_id = before_its_panel(bench)
    (told,) = bench.deliver(PassOn(case_id, THURSDAY_5_MARCH, "complex", "A package is needed."))
    assert isinstance(told, CasePassedOn)
    assert told.missing == ("health-advice",)
    assert (bench.case().status, bench.case().missing) == ("incomplete", ("health-advice",))
    bench.deliver(CompleteCase(case_id, papers=("health-advice",)))
    assert (bench.case().status, bench.case().panel, bench.case().missing) == ("queued", "complex", ())


def test_a_paper_that_had_arrived_beyond_the_first_panels_checklist_goes_with_the_case() -> None:
    bench = with_another_panel()
    before_its_panel(bench)
    panel = BOOK.at("placement", date(2026, 3, 5))
    assert panel is not None
    needs = panel.model_copy(
        update={"papers": panel.papers.model_copy(update={"required": ("health-advice",)})}
    )
    had = PaperState(item="health-advice", arrived_on=date(2026, 3, 2))
    case = bench.case().model_copy(update={"papers": (had,)})
    assert lacking_there(BOOK, case, needs, date(2026, 3, 5)) == ()
    assert lacking_there(BOOK, bench.case(), needs, date(2026, 3, 5)) == ("health-advice",)


@pytest.mark.parametrize(
    ("panel", "reason", "code"),
    [
        ("placement", "Here again.", "unknown-panel"),
        ("nowhere", "There.", "unknown-panel"),
        ("complex", " ", "passing-on-incomplete"),
    ],
)
def test_passing_on_names_another_panel_and_why(panel: str, reason: str, code: str) -> None:
    bench = with_another_panel()
    case_id = before_its_panel(bench)
    with pytest.raises(Refused, match=code):
        bench.deliver(PassOn(case_id, THURSDAY_5_MARCH, panel, reason))


def test_a_case_is_not_passed_to_a_panel_that_does_not_hear_it() -> None:
    bench = with_another_panel(phases=["secondary"])
    case_id = before_its_panel(bench)
    with pytest.raises(Refused, match="outside-remit"):
        bench.deliver(PassOn(case_id, THURSDAY_5_MARCH, "complex", "They know more."))


def test_an_escalated_deferral_waits_until_somebody_answers_for_it() -> None:
    bench = PanelsBench()
    case_id = before_its_panel(bench)
    health: tuple[MissingItem, ...] = ("health-advice",)
    bench.deliver(DeferCase(case_id, THURSDAY_5_MARCH, health, "health", date(2026, 4, 1), "None yet."))
    assert not escalated(bench.case())
    with pytest.raises(Refused, match="nothing-to-answer"):
        bench.deliver(AnswerEscalation(case_id, "manager", "I rang them."))
    bench.deliver(CompleteCase(case_id, papers_complete=True))
    again = "placement-2026-03-17"
    bench.confirm(case_id, sitting_id=again)
    bench.advance(at("2026-03-17 10:00"))
    bench.deliver(DeferCase(case_id, again, health, "health", date(2026, 4, 1), "Still none.", True))
    assert escalated(bench.case())
    with pytest.raises(Refused, match="answer-incomplete"):
        bench.deliver(AnswerEscalation(case_id, "manager", " "))
    bench.deliver(AnswerEscalation(case_id, "manager", "The designated officer writes it by Friday."))
    assert not escalated(bench.case())
    last = bench.case().deferrals[-1].answered
    assert last is not None
    assert last.words == "The designated officer writes it by Friday."
