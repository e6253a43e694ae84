"""What it costs that a case is heard where the plan would not hear it."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.panels.domain.plan.levels_in_words import costs_in_words
from services.panels.planner import plan
from services.panels.planning.asked import PlanCase, PlanSitting
from services.panels.planning.digest import digest
from services.panels.planning.fixed import costs, measured, objection
from services.panels.planning.order import ORDER
from services.panels.planning.question import Question
from tests.panels.builders import BOOK, a_plan_case, a_plan_sitting, at

MARCH = [slot.sits_on for slot in BOOK.month("placement", 2026, 3)]
START = at("2026-02-02 09:00")
CASES = st.lists(
    st.builds(
        a_plan_case,
        n=st.integers(1, 99),
        urgent=st.booleans(),
        due_on=st.dates(date(2026, 3, 1), date(2026, 4, 1)),
        opened_at=st.integers(0, 20).map(lambda days: START + timedelta(days=days)),
        siblings=st.sampled_from([None, None, None, "family"]),
        minutes=st.sampled_from([15, 20, 30]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda case: case.case_id,
)
SITTINGS = st.lists(
    st.builds(
        a_plan_sitting,
        sits_on=st.sampled_from(MARCH[:4]),
        capacity=st.integers(1, 4),
        minutes=st.sampled_from([None, 40, 60]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda sitting: sitting.sitting_id,
)


def lost(question: Question, n: int, place: int) -> dict[str, int]:
    found = costs(question, {f"case-{n:04}": question.sittings[place].sitting_id})
    return {cost.level: cost.lost for cost in found if cost.lost}


def two_sittings_of_one() -> Question:
    sittings = [a_plan_sitting(day, capacity=1) for day in (MARCH[0], MARCH[3])]
    kept, missed = a_plan_case(1, due_on=MARCH[0]), a_plan_case(2, due_on=MARCH[7])
    return Question.of([kept, missed], sittings)


def test_a_place_that_another_needs_costs_that_ones_legal_date() -> None:
    question = two_sittings_of_one()
    assert lost(question, 2, 0) == {"legal": 1, "late": (MARCH[3] - MARCH[0]).days}
    assert costs_in_words([("urgent", 0), ("legal", 1), ("late", 9), ("wait", -2)]) == (
        "one case more would miss its legal date",
        "cases would be heard 9 days later past their dates, for urgent ones counted twice",
        "children would wait 2 days less in all",
    )


def test_the_place_that_the_plan_has_for_it_costs_nothing() -> None:
    question = two_sittings_of_one()
    assert lost(question, 1, 0) == lost(question, 2, 1) == {}


def test_two_cases_that_change_places_cost_what_both_lose() -> None:
    question = two_sittings_of_one()
    first, second = (sitting.sitting_id for sitting in question.sittings)
    swapped = costs(question, {"case-0001": second, "case-0002": first})
    assert {cost.level: cost.lost for cost in swapped if cost.lost} == lost(question, 2, 0)


def test_a_change_of_a_date_that_the_family_knows_is_a_cost() -> None:
    first, second = (a_plan_sitting(day) for day in MARCH[:2])
    question = Question.of([a_plan_case(1, told=first.sitting_id)], [first, second])
    assert lost(question, 1, 1) == {"wait": 2, "fair": 2 * (29 + 31), "stay": 1}


def test_a_place_that_cannot_be_is_not_priced() -> None:
    full = a_plan_sitting(MARCH[0], capacity=2, taken=2)
    late = a_plan_case(1, complete_at=at("2026-03-01 09:00"))
    question = Question.of([late, a_plan_case(2)], [full, a_plan_sitting(MARCH[1], locked=True)])
    first, second = (sitting.sitting_id for sitting in question.sittings)
    assert objection(question, "case-0001", first) == "papers"
    assert objection(question, "case-0002", first) == "room"
    assert objection(question, "case-0002", second) == "locked"
    assert objection(question, "case-0003", second) == objection(question, "case-0002", "x") == "unknown"


@settings(max_examples=60, deadline=None)
@given(CASES, SITTINGS, st.data())
def test_the_first_level_that_changes_never_gets_better(
    cases: list[PlanCase], sittings: list[PlanSitting], data: st.DataObject
) -> None:
    question = Question.of(cases, sittings)
    case = data.draw(st.sampled_from(question.cases))
    place = data.draw(st.sampled_from(question.sittings))
    if objection(question, case.case_id, place.sitting_id):
        return
    changed = [cost.lost for cost in costs(question, {case.case_id: place.sitting_id}) if cost.lost]
    assert not changed or changed[0] > 0


@settings(max_examples=60, deadline=None)
@given(CASES, SITTINGS)
def test_a_plan_is_measured_as_it_is_proved(cases: list[PlanCase], sittings: list[PlanSitting]) -> None:
    made = plan(cases, sittings)
    heard = {one.case_id: one.sitting_id for one in made.listings}
    if made.listings:
        found = measured(Question.of(cases, sittings), heard)
        assert found == {proof.level: proof.value for proof in made.proofs if proof.level in ORDER}


def test_equal_questions_have_one_digest_and_others_another() -> None:
    cases = [a_plan_case(n) for n in (1, 2)]
    sittings = [a_plan_sitting(day, without_quorum=frozenset({"b", "a"})) for day in MARCH[:2]]
    known = digest(Question.of(cases, sittings), ORDER)
    assert digest(Question.of(reversed(cases), reversed(sittings)), ORDER) == known
    others = [
        digest(Question.of([cases[0], a_plan_case(2, urgent=True)], sittings), ORDER),
        digest(Question.of(cases, [sittings[0], a_plan_sitting(MARCH[1], taken=1)]), ORDER),
        digest(Question.of(cases, sittings), (*ORDER[1:], ORDER[0])),
    ]
    assert len({known, *others}) == 4
