"""The plan is the best of all plans at every level, in the order of the levels, and it is one plan."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.panels.planning import search
from services.panels.planning.blocks import Block, Member, Session
from services.panels.planning.first import first_come, one_by_one, urgent_then_due
from services.panels.planning.levels import worth
from services.panels.planning.order import LAST, ORDER, Level
from services.panels.planning.problem import Problem
from services.panels.planning.solve import solve
from tests.panels.planning.questions import best_by_trying, fits, questions

pytestmark = pytest.mark.slow


@settings(max_examples=150)
@given(questions())
def test_no_other_plan_is_better_at_any_level(problem: Problem) -> None:
    solution = solve(problem)
    assert fits(problem, tuple(solution.plan))
    if len(problem.block_of):
        assert [proof.value for proof in solution.proofs] == best_by_trying(problem)
        assert all(proof.proved for proof in solution.proofs)


@settings(max_examples=100)
@given(questions())
def test_nor_is_one_that_a_search_in_small_cores_would_pass_over(problem: Problem) -> None:
    few, search.FEW_PAIRS = search.FEW_PAIRS, 0  # as if each question were large
    try:
        solution = solve(problem)
    finally:
        search.FEW_PAIRS = few
    if len(problem.block_of):
        assert [proof.value for proof in solution.proofs] == best_by_trying(problem)
        assert all(proof.proved for proof in solution.proofs)


@settings(max_examples=60)
@given(questions(), st.permutations(ORDER))
def test_the_order_of_the_levels_is_the_authoritys(problem: Problem, order: list[Level]) -> None:
    solution = solve(problem, order)
    if len(problem.block_of):
        assert [proof.value for proof in solution.proofs] == best_by_trying(problem, (*order, *LAST))


@settings(max_examples=60)
@given(questions(blocks=14, sessions=5))
def test_nobody_is_listed_twice_and_no_sitting_overfilled(problem: Problem) -> None:
    plan = solve(problem).plan
    listed = problem.block_of[plan]
    assert len(set(listed.tolist())) == len(listed)
    assert fits(problem, tuple(plan))


@settings(max_examples=60)
@given(questions(blocks=14, sessions=5))
def test_it_is_never_worse_than_taking_one_after_the_other(problem: Problem) -> None:
    best = solve(problem).plan
    for turn in (urgent_then_due, first_come):
        assert _values(problem, best) >= _values(problem, one_by_one(problem, turn))


@settings(max_examples=40)
@given(questions(blocks=14, sessions=5))
def test_the_same_question_has_the_same_answer(problem: Problem) -> None:
    again = Problem(list(problem.blocks), list(problem.sessions))
    assert np.array_equal(solve(problem).plan, solve(again).plan)


@settings(max_examples=60)
@given(questions(), st.sampled_from([0, 1]))
def test_a_search_that_ends_early_never_claims_more_than_it_proved(problem: Problem, nodes: int) -> None:
    solution = solve(problem, nodes=nodes)
    assert fits(problem, tuple(solution.plan))
    if not len(problem.block_of):
        return
    for proof, best in zip(solution.proofs, best_by_trying(problem), strict=True):
        if proof.value != best:
            assert best <= proof.bound + 1e-6
            assert not proof.proved
            break


def test_of_two_like_cases_the_one_that_came_first_is_heard_first() -> None:
    early, late = (_one(name, received) for name, received in (("b", 3), ("a", 9)))
    problem = Problem([early, late], [Session("s0", 20, 1, 60), Session("s1", 27, 1, 60)])
    assert _heard_at(problem) == {"b": "s0", "a": "s1"}


def test_siblings_are_heard_together_or_not_at_all() -> None:
    siblings = Block((Member("a", 90), Member("b", 90)), 1, 60, (0, 1))
    problem = Problem([siblings], [Session("s0", 20, 1, 200), Session("s1", 27, 2, 200)])
    assert _heard_at(problem) == {"a": "s1", "b": "s1"}


def test_a_date_that_the_family_knows_is_kept_where_nothing_else_is_lost() -> None:
    told = Block((Member("a", 90),), 5, 30, (0, 1), told=1)
    problem = Problem([_one("b", 5), told], [Session("s0", 20, 1, 60), Session("s1", 27, 1, 60)])
    assert _heard_at(problem) == {"b": "s0", "a": "s1"}


def test_without_sittings_nobody_is_listed() -> None:
    assert not len(solve(Problem([Block((Member("a", 90),), 5, 30, ())], [])).plan)


def _one(name: str, received: int) -> Block:
    return Block((Member(name, 90),), received, 30, (0, 1))


def _heard_at(problem: Problem) -> dict[str, str]:
    plan = solve(problem).plan
    return {
        member.case_id: problem.sessions[problem.session_of[pair]].sitting_id
        for pair in plan
        for member in problem.blocks[problem.block_of[pair]].members
    }


def _values(problem: Problem, plan: np.typing.NDArray[np.int64]) -> list[int]:
    return [int(worth(problem, level)[plan].sum()) for level in (*ORDER, *LAST)]
