"""The plan: its promises as properties, its reasons as sentences."""

from datetime import date, timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.panels.domain.panels.remit import Remit
from services.panels.planner import plan
from services.panels.planning import solve
from services.panels.planning.asked import PlanCase, PlanSitting
from services.panels.planning.order import ORDER
from services.panels.planning.outcome import Listing, Plan, Unlisted
from tests.panels.builders import BOOK, a_plan_case, a_plan_sitting, at

MARCH = [slot.sits_on for slot in BOOK.month("placement", 2026, 3)]
START = at("2026-02-02 09:00")

CASES = st.lists(
    st.builds(
        a_plan_case,
        n=st.integers(1, 9999),
        area=st.sampled_from(["DSPL1", "DSPL2"]),
        phase=st.sampled_from(["primary", "secondary"]),
        urgent=st.booleans(),
        due_on=st.dates(date(2026, 2, 1), date(2026, 5, 1)),
        opened_at=st.integers(0, 40).map(lambda days: START + timedelta(days=days)),
        complete_at=st.integers(0, 45).map(lambda days: START + timedelta(days=days)),
    ),
    max_size=40,
    unique_by=lambda case: case.case_id,
)
REMITS = st.sampled_from([Remit(), Remit(phases=frozenset({"primary"})), Remit(areas=frozenset({"DSPL1"}))])
SITTINGS = st.lists(
    st.builds(
        a_plan_sitting,
        sits_on=st.sampled_from(MARCH),
        capacity=st.integers(1, 6),
        taken=st.integers(0, 6),
        locked=st.booleans(),
        remit=REMITS,
    ),
    max_size=8,
    unique_by=lambda sitting: sitting.sitting_id,
)


def everything(made: Plan) -> list[Listing | Unlisted]:
    return [*made.listings, *made.unlisted]


@settings(max_examples=200)
@given(CASES, SITTINGS)
def test_every_case_is_listed_once_or_told_why_not(
    cases: list[PlanCase], sittings: list[PlanSitting]
) -> None:
    made = plan(cases, sittings)
    named = [one.case_id for one in everything(made)]
    assert sorted(named) == sorted(case.case_id for case in cases)
    assert all(one.reason.endswith(".") for one in everything(made))


@settings(max_examples=200)
@given(CASES, SITTINGS)
def test_capacity_remit_papers_and_locks_are_kept(cases: list[PlanCase], sittings: list[PlanSitting]) -> None:
    by_case, by_sitting = {c.case_id: c for c in cases}, {s.sitting_id: s for s in sittings}
    made = plan(cases, sittings)
    for sitting in sittings:
        mine = [one for one in made.listings if one.sitting_id == sitting.sitting_id]
        assert not mine or sitting.taken + len(mine) <= sitting.capacity
        assert not (mine and sitting.locked)
    for one in made.listings:
        case, sitting = by_case[one.case_id], by_sitting[one.sitting_id]
        assert case.complete_at <= sitting.papers_close_at
        assert sitting.remit.objection(case.area, case.phase, case.need, case.provision) is None


@settings(max_examples=100)
@given(CASES, SITTINGS, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    cases: list[PlanCase], sittings: list[PlanSitting], shuffled: Random
) -> None:
    before = plan(cases, sittings)
    shuffled.shuffle(cases)
    shuffled.shuffle(sittings)
    assert plan(cases, sittings) == before


@settings(max_examples=200)
@given(CASES, SITTINGS)
def test_no_like_case_overtakes_an_earlier_one_but_for_its_legal_date(
    cases: list[PlanCase], sittings: list[PlanSitting]
) -> None:
    made, when = plan(cases, sittings), {s.sitting_id: s.sits_on for s in sittings}
    heard = {one.case_id: when[one.sitting_id] for one in made.listings}
    for first, later in product(cases, cases):
        day = heard.get(later.case_id)
        if day is None or not _comes_before(first, later):
            continue
        for_its_date = first.due_on < day <= later.due_on
        assert for_its_date or heard.get(first.case_id, date.max) <= day


def _comes_before(first: PlanCase, later: PlanCase) -> bool:
    """Alike, received earlier, due no later, and its papers no later."""
    alike = (first.area, first.phase, first.urgent) == (later.area, later.phase, later.urgent)
    received = first.opened_at < later.opened_at
    return alike and received and first.due_on <= later.due_on and first.complete_at <= later.complete_at


@settings(max_examples=100)
@given(CASES, SITTINGS)
def test_no_case_waits_while_a_sitting_that_hears_it_has_a_place(
    cases: list[PlanCase], sittings: list[PlanSitting]
) -> None:
    made, by_case = plan(cases, sittings), {case.case_id: case for case in cases}
    for one in made.unlisted:
        case = by_case[one.case_id]
        for sitting in sittings:
            used = sum(listing.sitting_id == sitting.sitting_id for listing in made.listings)
            fits = sitting.remit.objection(case.area, case.phase, case.need, case.provision) is None
            in_time = case.complete_at <= sitting.papers_close_at and not sitting.locked
            assert not (fits and in_time and sitting.taken + used < sitting.capacity)


def reasons(made: Plan) -> dict[str, str]:
    return {one.case_id: one.reason for one in everything(made)}


def test_a_listing_says_why_this_day_and_not_another() -> None:
    sittings = [a_plan_sitting(day, capacity=1) for day in MARCH[:3]]
    papers = at("2026-02-25 09:00")  # papers for 3 March closed on the 24th
    first = a_plan_case(1, due_on=date(2026, 3, 20), complete_at=papers)
    second = a_plan_case(2, due_on=date(2026, 3, 24), complete_at=papers)
    assert reasons(plan([second, first], sittings)) == {
        "case-0001": "Listed for Thursday 5 March 2026: the first sitting after the papers were complete on "
        "25 February 2026; papers for Tuesday 3 March 2026 had closed before; this is before its due date, "
        "20 March 2026.",
        "case-0002": "Listed for Tuesday 10 March 2026: the first sitting with a place free after the papers "
        "were complete on 25 February 2026; papers for Tuesday 3 March 2026 had closed before; 5 March 2026 is full "
        "with cases that came before it; this is before its due date, 24 March 2026.",
    }


def test_an_unlisted_case_is_told_what_would_list_it() -> None:
    tuesday = a_plan_sitting(MARCH[0], capacity=1, remit=Remit(phases=frozenset({"primary"})))
    full, late = a_plan_case(2), a_plan_case(3, complete_at=at("2026-03-01 09:00"))
    other = a_plan_case(4, phase="secondary")
    told = reasons(plan([a_plan_case(1), full, late, other], [tuesday]))
    assert told["case-0001"].startswith("Listed for Tuesday 3 March 2026")
    assert told["case-0002"].startswith(
        "Every sitting up to Tuesday 3 March 2026 is full with cases that came before"
    )
    assert "after papers closed for every planned sitting up to Tuesday 3 March 2026" in told["case-0003"]
    assert "a panel with a wider remit would list it" in told["case-0004"]


def test_an_urgent_case_is_heard_by_the_day_by_which_it_cannot_wait_any_longer() -> None:
    sittings = [a_plan_sitting(day, capacity=1) for day in MARCH[:2]]
    ordinary, urgent = a_plan_case(1), a_plan_case(2, urgent=True, due_on=MARCH[0])
    assert [one.case_id for one in plan([ordinary, urgent], sittings).listings] == ["case-0002", "case-0001"]


def test_whoever_is_passed_over_for_anothers_legal_date_is_told_so() -> None:
    tuesday = a_plan_sitting(MARCH[0], capacity=1)
    missed, kept = a_plan_case(1, due_on=date(2026, 2, 20)), a_plan_case(2, due_on=MARCH[0])
    told = reasons(plan([missed, kept], [tuesday]))
    assert "is full with cases whose legal date would be missed" in told["case-0001"]


def test_brothers_and_sisters_are_heard_together() -> None:
    sittings = [a_plan_sitting(MARCH[0], capacity=1), a_plan_sitting(MARCH[1], capacity=2)]
    made = plan([a_plan_case(n, siblings="family") for n in (1, 2)], sittings)
    assert {one.sitting_id for one in made.listings} == {sittings[1].sitting_id}
    assert all("brothers and sisters are heard together" in one.reason for one in made.listings)


def test_a_sitting_without_quorum_for_a_case_does_not_hear_it() -> None:
    alone = a_plan_sitting(MARCH[0], without_quorum=frozenset({"case-0001"}))
    told = reasons(plan([a_plan_case(1)], [alone]))
    assert "another member would list it" in told["case-0001"]


def test_every_level_is_proved() -> None:
    made = plan([a_plan_case(n) for n in range(1, 6)], [a_plan_sitting(day, capacity=2) for day in MARCH[:2]])
    assert len(made.listings) == 4
    assert [proof.level for proof in made.proofs[: len(ORDER)]] == list(ORDER)
    assert all(proof.proved for proof in made.proofs)


def test_where_the_solver_fails_cases_are_taken_one_after_the_other_and_nothing_is_called_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise ArithmeticError("no optimum")

    monkeypatch.setattr(solve, "solve", fails)
    made = plan([a_plan_case(n) for n in range(1, 4)], [a_plan_sitting(MARCH[0], capacity=2)])
    assert [one.case_id for one in made.listings] == ["case-0001", "case-0002"]
    assert made.proofs == ()


def test_of_four_hundred_cases_for_one_sitting_twelve_are_listed_and_each_other_is_told_why_not() -> None:
    made = plan([a_plan_case(n) for n in range(1, 401)], [a_plan_sitting(MARCH[0])])
    assert len(made.listings) == 12
    assert len(made.unlisted) == 388
    assert all("is full with cases" in one.reason for one in made.unlisted)


def test_a_case_due_yesterday_is_heard_first_and_told_that_its_date_is_lost() -> None:
    late = a_plan_case(2, due_on=MARCH[0] - timedelta(days=1), opened_at=at("2026-02-03 09:00"))
    made = plan(
        [a_plan_case(1, due_on=date(2026, 9, 1)), late],
        [a_plan_sitting(day, capacity=1) for day in MARCH[:2]],
    )
    (first,) = [one for one in made.listings if one.case_id == late.case_id]
    assert first.sitting_id == f"placement-{MARCH[0]}"
    assert "after its due date" in first.reason
