"""What an EHC co-ordinator says of a case: trigger, what the family asks for, papers asked for, exceptions claimed."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.decision import Refused
from schemas.case_work_v1 import DatesCorrected, PapersRequested
from schemas.panels_v1 import MissingItem
from services.panels import handlers
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.cases.papers import Papers, arrived, asked, checklist
from services.panels.domain.commands import ClaimException, CompleteCase, RequestPapers, SetOutCase
from services.panels.domain.legal.clocks import Dates
from services.panels.domain.legal.dates import Transfer
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import PanelBook
from tests.panels.builders import BOOK, PanelsBench, a_referral_id, an_ask

CASE_ID = case_id_of(a_referral_id())
LACKING = an_ask(papers_complete=False)
ITEMS: tuple[MissingItem, ...] = ("family-views", "health-advice", "school-report")


def set_out(**given: Any) -> SetOutCase:
    fields: dict[str, Any] = {
        "case_id": CASE_ID,
        "trigger": "draft-plan",
        "provision": "special-school",
        "asked_setting": None,
        "personal_budget": None,
    }
    return SetOutCase(**(fields | given))


def a_bench(**ask: Any) -> PanelsBench:
    bench = PanelsBench()
    bench.open_cases(1, placement=an_ask(**ask))
    return bench


@pytest.mark.parametrize("budget", [None, True, False])
def test_what_the_family_asks_for_is_kept_and_not_known_is_an_answer(budget: bool | None) -> None:
    bench = a_bench()
    command = set_out(provision=None, asked_setting="117215", personal_budget=budget)
    assert bench.deliver(command) == []
    case = bench.case()
    assert (case.provision, case.asked_setting, case.personal_budget) == (None, "117215", budget)
    assert case.history[-1].what == "set-out"


def test_said_again_it_is_nothing_new() -> None:
    bench = a_bench()
    before = bench.case()
    bench.deliver(set_out())
    assert bench.case() == before


def test_another_trigger_is_due_on_another_day_and_others_are_told() -> None:
    bench = a_bench(review_meeting=date(2026, 1, 20))
    (told,) = bench.deliver(set_out(trigger="annual-review"))
    assert isinstance(told, DatesCorrected)
    # The draft was served on 28 January: eight weeks later is 25 March.
    assert told.due_on == bench.case().due_on == date(2026, 3, 25)


def test_a_queued_case_does_not_lose_its_legal_date() -> None:
    bench = a_bench(draft_served=None)
    with pytest.raises(Refused, match="date-missing"):
        bench.deliver(set_out(trigger="annual-review"))
    bench.deliver(CompleteCase(CASE_ID, Dates(review_meeting=date(2026, 1, 20))))
    bench.deliver(set_out(trigger="annual-review"))
    assert bench.case().due_on == date(2026, 2, 17)


def test_a_change_of_phase_may_come_before_the_other_limit() -> None:
    bench = a_bench(trigger="annual-review", review_meeting=date(2026, 1, 20), draft_served=None)
    bench.deliver(set_out(trigger="annual-review", transfer=Transfer(to="secondary", year=2026)))
    assert bench.case().due_on == date(2026, 2, 15)


def test_a_listed_case_does_not_become_one_that_its_sitting_does_not_hear() -> None:
    bench = a_bench()
    bench.confirm(CASE_ID)
    only = {"remit": {"provisions": ["special-school"]}}
    panels = [Panel.model_validate(panel.model_dump() | only) for panel in BOOK.panels]
    bench.go_on_with(handlers.build(PanelBook(panels, BOOK.working)))
    before = bench.case()
    with pytest.raises(Refused, match="outside-remit") as refused:
        bench.deliver(set_out(provision="other"))
    assert "Take it off its sitting first" in refused.value.detail
    assert bench.case() == before


@pytest.mark.parametrize(
    ("transfer", "field"),
    [
        (Transfer(to="secondary", year=2019), "transfer_year"),
        (Transfer(to="another-post-16", year=2026), "transfer_starts_on"),
    ],
)
def test_a_change_of_phase_that_cannot_be_is_refused_by_name(transfer: Transfer, field: str) -> None:
    with pytest.raises(Refused) as refused:
        a_bench().deliver(set_out(transfer=transfer))
    assert [fault.field for fault in refused.value.faults] == [field]


def test_nothing_is_set_out_anew_over_what_somebody_else_changed_or_the_panel_has_heard() -> None:
    bench = a_bench()
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(set_out(seen=99))
    heard = PanelsBench()
    heard.a_heard_case()
    with pytest.raises(Refused, match="case-not-open"):
        heard.deliver(set_out())


# Papers -------------------------------------------------------------------------------------------


def request(**given: Any) -> RequestPapers:
    fields: dict[str, Any] = {
        "case_id": CASE_ID, "items": ("school-report",), "owner": "school", "bring_by": date(2026, 2, 20),
    }  # fmt: skip
    return RequestPapers(**(fields | given))


def test_a_paper_is_asked_for_and_arrives_on_its_day() -> None:
    bench = PanelsBench()
    bench.open_cases(1, placement=LACKING)
    (told,) = bench.deliver(request())
    assert isinstance(told, PapersRequested)
    assert (told.items, told.owner, told.bring_by) == (("school-report",), "school", date(2026, 2, 20))
    (paper,) = bench.case().papers
    assert (paper.asked_of, paper.asked_on, paper.bring_by) == ("school", date(2026, 2, 2), date(2026, 2, 20))
    came = CompleteCase(CASE_ID, papers=("school-report",), arrived_on=date(2026, 1, 30), brought_by="school")
    bench.deliver(came)
    (paper,) = bench.case().papers
    assert (paper.arrived_on, paper.brought_by) == (date(2026, 1, 30), "school")
    assert "school-report" not in bench.case().missing


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"items": ("health-advice",)}, "not-missing"),
        ({"items": ("school-report", "health-advice")}, "not-missing"),
        ({"bring_by": date(2026, 2, 2)}, "dates-not-plausible"),
        ({"bring_by": date(2028, 1, 1)}, "dates-not-plausible"),
        ({"seen": 7}, "changed-meanwhile"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(given: Any, code: str) -> None:
    bench = PanelsBench()
    bench.open_cases(1, placement=LACKING)
    with pytest.raises(Refused, match=code):
        bench.deliver(request(**given))


def test_a_paper_does_not_arrive_tomorrow() -> None:
    bench = PanelsBench()
    bench.open_cases(1, placement=LACKING)
    with pytest.raises(Refused) as refused:
        bench.deliver(CompleteCase(CASE_ID, papers=("school-report",), arrived_on=date(2026, 2, 3)))
    assert [fault.field for fault in refused.value.faults] == ["arrived_on"]


@given(st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from(ITEMS), min_size=1)), max_size=6))
def test_a_checklist_names_each_paper_once_in_a_fixed_order(
    steps: list[tuple[bool, set[MissingItem]]],
) -> None:
    papers: Papers = ()
    for is_asked, items in steps:
        if is_asked:
            papers = asked(papers, items, "school", date(2026, 2, 2), date(2026, 2, 20))
        else:
            papers = arrived(papers, items, date(2026, 2, 2), "health")
    listed = [each.item for each in checklist(papers, ITEMS, ("statutory-dates",))]
    assert listed == sorted(ITEMS)
    if steps:
        was_asked, last = steps[-1]
        assert all((each.arrived_on is None) == was_asked for each in papers if each.item in last)


# Exceptions ---------------------------------------------------------------------------------------


def claim(**given: Any) -> ClaimException:
    fields: dict[str, Any] = {
        "case_id": CASE_ID, "kind": "absent-from-area", "first": date(2025, 12, 20), "last": date(2026, 1, 31),
        "by": "ehc", "words": "Abroad with her grandmother.",
    }  # fmt: skip
    return ClaimException(**(fields | given))


def test_an_exception_is_kept_with_who_claimed_it_and_stops_no_clock() -> None:
    bench = a_bench(draft_served=None)
    due = bench.case().due_on
    assert bench.deliver(claim()) == []
    case = bench.case()
    assert [(each.kind, each.by, each.words) for each in case.exceptions] == [
        ("absent-from-area", "ehc", "Abroad with her grandmother.")
    ]
    assert case.due_on == due
    assert {clock.rule for clock in case.clocks if clock.claimed} == {
        "assessment-decision",
        "no-plan",
        "final-plan",
    }


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"first": date(2026, 2, 3), "last": None}, "first"),
        ({"last": date(2025, 12, 19)}, "last"),
        ({"last": date(2026, 1, 10)}, "last"),
    ],
)
def test_days_that_the_law_does_not_know_are_refused(given: Any, field: str) -> None:
    with pytest.raises(Refused) as refused:
        a_bench().deliver(claim(**given))
    assert [fault.field for fault in refused.value.faults] == [field]
