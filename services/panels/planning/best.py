"""The best plan of a problem; one that is merely a plan where the solver cannot run."""

from collections.abc import Sequence

from services.panels.planning.order import ORDER, Level
from services.panels.planning.problem import Problem
from services.panels.planning.solution import Solution, simple


def best(problem: Problem, order: Sequence[Level] = ORDER) -> Solution:
    """The best plan; without proofs if the solver fails or is missing, so that people have something to go by."""
    try:
        from services.panels.planning.solve import solve

        return solve(problem, order)
    except (ArithmeticError, ImportError, RuntimeError):
        return simple(problem, order)
