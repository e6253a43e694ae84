"""Level after level to the one best plan, with how far each level is proved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from services.panels.planning.faces import Faces
from services.panels.planning.first import one_by_one
from services.panels.planning.levels import LAST, ORDER, Level, worth
from services.panels.planning.problem import Problem, Whole
from services.panels.planning.search import whole_plan

#: Nodes after which a search gives up: a count, not a time, so that equal input ends alike on any machine.
NODES = 20_000


@dataclass(frozen=True, slots=True)
class Proof:
    """A level's value, and the bound that no plan with equal earlier levels exceeds; ``how`` it was found."""

    level: Level
    value: int
    bound: float
    how: Literal["linear", "search"]
    nodes: int = 0

    @property
    def proved(self) -> bool:
        """Whether no better value is possible."""
        return self.bound < self.value + 1 - 1e-6


@dataclass(frozen=True, slots=True)
class Solution:
    """The chosen pairs by their number, and each level's proof in order."""

    plan: Whole
    proofs: tuple[Proof, ...]


def solve(problem: Problem, order: Sequence[Level] = ORDER, nodes: int = NODES) -> Solution:
    """The plan that is best at the first level, among those at the second, and so on.

    Raises ArithmeticError where a value that was proved is not that of the plan, so that no wrong plan is shown.
    """
    if not len(problem.block_of):
        return Solution(np.zeros(0, np.int64), ())
    faces, plan = Faces(problem), one_by_one(problem)
    faces.begin(plan)
    proofs: list[Proof] = []
    for level in (*order, *LAST):
        plan, proof = _level(faces, level, worth(problem, level), plan, nodes)
        proofs.append(proof)
    solution = Solution(plan, tuple(proofs))
    _checked(problem, solution)
    return solution


def _level(faces: Faces, level: Level, value: Whole, plan: Whole, nodes: int) -> tuple[Whole, Proof]:
    optimum, taken_off = faces.best(value)
    if not optimum.broken.any():
        plan = faces.pairs[optimum.shares > 0.5]
        faces.keep_face(optimum)
        reached = round(optimum.bound) + taken_off
        return plan, Proof(level, reached, reached, "linear")
    found = whole_plan(faces, optimum, plan, nodes)
    if optimum.bound - found.value < 1e-3:
        faces.keep_face(optimum)
    else:
        faces.keep_value(optimum, found.value)
    proof = Proof(level, found.value + taken_off, found.bound + taken_off, "search", found.nodes)
    return found.plan, proof


def _checked(problem: Problem, solution: Solution) -> None:
    for proof in solution.proofs:
        value = int(worth(problem, proof.level)[solution.plan].sum())
        if value != proof.value:
            raise ArithmeticError(f"{proof.level} is {value} and was proved to be {proof.value}")
