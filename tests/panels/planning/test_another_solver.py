"""Questions too large to try everything: another solver (CBC), asked level after level, reaches the same values."""

import pulp
import pytest

from services.panels.planning.problem import Problem
from services.panels.planning.solve import solve
from tests.bench.planner.instances import Kind, question

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning:pulp")]
KINDS = (
    Kind("two months", 60, 16),
    Kind("a month's backlog", 50, 8, backlog=True),
    Kind("minutes as scarce as seats", 40, 8, room=1.0),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("seed", range(3))
def test_no_level_can_be_better_says_another_solver(kind: Kind, seed: int) -> None:
    problem = question(kind, seed).problem
    solution = solve(problem)
    model, chosen = _model(problem)
    for proof in solution.proofs:
        worth = solution.tables[proof.level].tolist()
        level = pulp.lpSum(value * pair for value, pair in zip(worth, chosen, strict=True))
        model.setObjective(level)
        assert model.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=0, gapAbs=0.5, threads=1)) == 1
        assert round(pulp.value(level) or 0) == proof.value, proof.level
        model.addConstraint(level >= proof.value)


def _model(problem: Problem) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    chosen = [pulp.LpVariable(f"p{number}", cat="Binary") for number in range(len(problem.block_of))]
    of, at = problem.block_of.tolist(), problem.session_of.tolist()
    model = pulp.LpProblem("plan", pulp.LpMaximize)
    for block in range(len(problem.blocks)):
        model.addConstraint(pulp.lpSum(p for p, b in zip(chosen, of, strict=True) if b == block) <= 1)
    for number, session in enumerate(problem.sessions):
        here = [(p, problem.blocks[b]) for p, b, s in zip(chosen, of, at, strict=True) if s == number]
        model.addConstraint(pulp.lpSum(block.size * p for p, block in here) <= session.cases)
        model.addConstraint(pulp.lpSum(block.minutes * p for p, block in here) <= session.minutes)
    return model, chosen
