"""The fast rule chooses as the planner does, as far as it says that it does."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.panels.planning.levels import worth
from services.panels.planning.order import Level
from services.panels.planning.solve import solve
from services.panels.simulation.arrival import Arrival
from services.panels.simulation.by_planner import asked, planned
from services.panels.simulation.listing import dates_first, due_first, first_come
from services.panels.simulation.rooms import Sat
from tests.panels.simulation.builders import a_case


@st.composite
def questions(draw: st.DrawFn, soonest: int = -10, most: int = 14) -> tuple[list[Arrival], list[Sat]]:
    """Some who wait, and the sittings ahead."""
    days = sorted(draw(st.sets(st.integers(1, 40), min_size=1, max_size=5)))
    ahead = [Sat(day - 1, day, draw(st.integers(1, 4))) for day in days]
    waiting = [
        a_case(
            number,
            draw(st.integers(-60, 0)),
            due=draw(st.integers(soonest, 45)),
            urgent=draw(st.integers(0, 5)) == 0,
        )
        for number in range(draw(st.integers(1, most)))
    ]
    return waiting, ahead


def whole_plan(waiting: list[Arrival], ahead: list[Sat]) -> list[list[Arrival]]:
    """Sitting after sitting by the fast rule, nobody coming meanwhile."""
    plan, left = [], list(waiting)
    for place in range(len(ahead)):
        batch = dates_first(left, ahead[place:]) if left else []
        left = [case for case in left if case not in batch]
        plan.append(batch)
    return plan


def values(
    waiting: list[Arrival], ahead: list[Sat], levels: tuple[Level, ...]
) -> tuple[list[int], list[int]]:
    """What the rule reaches at the levels, and what the planner reaches."""
    problem, cases = asked(waiting, ahead)
    sitting_of = {case.number: n for n, batch in enumerate(whole_plan(waiting, ahead)) for case in batch}
    ours = [
        pair
        for pair in range(len(problem.block_of))
        if sitting_of.get(cases[problem.block_of[pair]].number) == problem.session_of[pair]
    ]
    best = solve(problem).plan
    tables = [worth(problem, level) for level in levels]
    return [int(table[ours].sum()) for table in tables], [int(table[best].sum()) for table in tables]


@given(questions())
@settings(max_examples=60, deadline=None)
def test_as_many_urgent_days_cases_and_legal_dates_as_the_planner_however_scarce_places_are(
    question: tuple[list[Arrival], list[Sat]],
) -> None:
    ours, best = values(*question, ("urgent", "listed", "legal"))
    assert ours == best


@given(questions(soonest=40), st.data())
@settings(max_examples=60, deadline=None)
def test_where_every_date_can_be_kept_all_that_the_planner_reaches(
    question: tuple[list[Arrival], list[Sat]], data: st.DataObject
) -> None:
    waiting, ahead = question
    seats = data.draw(st.permutations([sat.day for sat in ahead for _ in range(sat.places)]))
    kept = [
        replace(case, due=day + data.draw(st.integers(0, 9)))
        for case, day in zip(waiting, seats, strict=False)
    ]
    ours, best = values(kept, ahead, ("urgent", "listed", "legal", "late", "wait", "fair"))
    assert ours == best
    assert best[2] == len(kept)


@given(questions(), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_where_every_date_can_be_kept_the_same_cases_as_the_planner(
    question: tuple[list[Arrival], list[Sat]], apart: int
) -> None:
    waiting, ahead = question
    in_turn = [a_case(n, -100 + apart * n, due=400 + apart * n) for n in range(len(waiting))]
    assert {case.number for case in dates_first(in_turn, ahead)} == {
        case.number for case in planned(in_turn, ahead)
    }


def test_the_planner_follows_the_levels_of_the_panel_whose_sitting_it_is() -> None:
    late, soon = a_case(0, 9, due=2), a_case(1, 0, due=6)
    legal_first = [Sat(4, 5, 1), Sat(11, 12, 1)]
    wait_first: tuple[Level, ...] = ("urgent", "listed", "late", "legal", "wait", "fair", "stay")
    late_first = [replace(sat, levels=wait_first) for sat in legal_first]
    doubled = replace(late, urgent=True)
    assert planned([doubled, soon], legal_first) == [soon]
    assert planned([doubled, soon], late_first) == [doubled]


def test_first_come_and_due_first_do_as_they_say() -> None:
    ahead = [Sat(4, 5, 2)]
    first, urgent, late = a_case(0, 0, due=30), a_case(1, 3, due=20, urgent=True), a_case(2, 2, due=1)
    assert first_come([late, urgent, first], ahead) == [first, late]
    assert due_first([first, late, urgent], ahead) == [urgent, late]


def test_a_case_that_is_due_soon_goes_before_one_that_came_before_it() -> None:
    ahead = [Sat(4, 5, 1), Sat(11, 12, 1)]
    assert dates_first([a_case(0, 0, due=30), a_case(1, 1, due=6)], ahead) == [a_case(1, 1, due=6)]


def test_a_case_that_is_late_already_takes_the_place_that_no_date_needs() -> None:
    ahead = [Sat(4, 5, 1), Sat(11, 12, 2)]
    late, early, third = a_case(0, 9, due=2), a_case(1, 0, due=20), a_case(2, 1, due=20)
    assert dates_first([early, third, late], ahead) == [late]


def test_of_late_cases_an_urgent_one_is_heard_first_as_the_planner_has_it() -> None:
    ahead = [Sat(4, 5, 1), Sat(11, 12, 1)]
    late, urgent = a_case(0, 0, due=2), a_case(1, 1, due=2, urgent=True)
    assert dates_first([late, urgent], ahead) == planned([late, urgent], ahead) == [urgent]


def test_an_urgent_case_goes_before_another_of_the_same_day() -> None:
    ahead = [Sat(4, 5, 1), Sat(11, 12, 1)]
    urgent = a_case(1, 3, due=6, urgent=True)
    assert dates_first([a_case(0, 0, due=6), urgent], ahead) == [urgent]
