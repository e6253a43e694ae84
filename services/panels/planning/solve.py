"""Level after level to the one best plan, with how far each level is proved."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from services.panels.planning import search
from services.panels.planning.faces import NOUGHT, Faces, Optimum, Unfounded
from services.panels.planning.first import one_by_one
from services.panels.planning.levels import worth
from services.panels.planning.order import LAST, ORDER, Level
from services.panels.planning.outcome import Proof
from services.panels.planning.problem import Problem, Whole
from services.panels.planning.search import Found, likely, near, proved, started
from services.panels.planning.solution import Solution
from services.panels.planning.stages import Stage, stages

#: Nodes after which a search gives up: a count, not a time, so that equal input ends alike on any machine.
NODES = 20_000


def solve(problem: Problem, order: Sequence[Level] = ORDER, nodes: int = NODES) -> Solution:
    """The plan that is best at the first level, among those at the second, and so on.

    Raises ArithmeticError where a value that was proved is not that of the plan, so that no wrong plan is shown.
    """
    tables = {level: worth(problem, level) for level in (*order, *LAST)}
    if not len(problem.block_of):
        return Solution(np.zeros(0, np.int64), (), tables)
    walk = _Walk(problem, stages(problem, tables), nodes)
    plan = walk.through()
    solution = Solution(plan, tuple(walk.proofs()), tables)
    _checked(solution)
    return solution


@dataclass(frozen=True, slots=True)
class _Reached:
    """A stage's value and bound, in whole numbers."""

    value: int
    bound: float
    how: Literal["linear", "search"]
    nodes: int = 0


@dataclass(frozen=True, slots=True)
class _Trusted:
    """Where a stage's bound was taken for reached before a plan showed it: all as it was, to come back to."""

    number: int
    faces: Faces
    plan: Whole | None


class _Walk:
    """The way through the stages: forward, and back to the last bound that was trusted where no plan bears it out."""

    def __init__(self, problem: Problem, of: Sequence[Stage], nodes: int) -> None:
        self._stages, self._nodes = of, nodes
        self._reached: list[_Reached] = []
        self._trusted: list[_Trusted] = []
        self._faces = Faces(problem)
        self._plan: Whole | None = one_by_one(problem)
        self._faces.begin(self._plan)

    def through(self) -> Whole:
        """The best plan. Raises ArithmeticError where no whole plan is found within so many nodes."""
        again = False
        while self._plan is None or len(self._reached) < len(self._stages):
            try:
                self._next(again)
                again = False
            except Unfounded:
                self._back()
                again = True
        return self._plan

    def proofs(self) -> Iterator[Proof]:
        """How far each level is proved."""
        for stage, reached in zip(self._stages, self._reached, strict=True):
            for level, value, bound in stage.values(reached.value, reached.bound):
                yield Proof(level, value, bound, reached.how, reached.nodes)

    def _back(self) -> None:
        if not self._trusted:
            raise ArithmeticError("no whole plan was found within so many nodes") from None
        trusted = self._trusted.pop()
        self._faces, self._plan = trusted.faces, trusted.plan
        del self._reached[trusted.number :]

    def _next(self, again: bool) -> None:
        optimum, taken_off = self._faces.best(self._stages[len(self._reached)].worth)
        if not optimum.broken.any():
            self._plan = self._faces.pairs[optimum.shares > 0.5]
            self._faces.keep_face(optimum)
            value = round(optimum.bound) + taken_off
            self._reached.append(_Reached(value, value, "linear"))
            return
        found = self._whole(optimum, again)
        self._plan = found.plan if found else None
        value = found.value if found else optimum.top
        bound = float(np.floor(found.bound + NOUGHT)) if found else value
        self._keep(optimum, value)
        how: Literal["linear", "search"] = "search" if found else "linear"
        self._reached.append(_Reached(value + taken_off, bound + taken_off, how, found.nodes if found else 0))

    def _whole(self, optimum: Optimum, again: bool) -> Found | None:
        """The stage's best whole plan; None where its bound is trusted, which is done once and not at the end."""
        best = started(self._faces, optimum, self._plan)
        if not again and len(self._faces.pairs) > search.FEW_PAIRS:
            best = near(self._faces, optimum, best, self._nodes)
            if best is not None and best.value >= optimum.top:
                return best
            if likely(optimum) and len(self._reached) < len(self._stages) - 1:
                known = best.plan if best else None
                self._trusted.append(_Trusted(len(self._reached), self._faces.copy(), known))
                return None
        return proved(self._faces, optimum, best, self._nodes)

    def _keep(self, optimum: Optimum, value: int) -> None:
        if optimum.bound - value < 1e-3:
            self._faces.keep_face(optimum)
        else:
            self._faces.keep_value(optimum, value)


def _checked(solution: Solution) -> None:
    for proof in solution.proofs:
        value = int(solution.tables[proof.level][solution.plan].sum())
        if value != proof.value:
            raise ArithmeticError(f"{proof.level} is {value} and was proved to be {proof.value}")
