"""Level after level to the one best plan, with how far each level is proved."""

from collections.abc import Mapping, Sequence

import numpy as np

from services.panels.planning.faces import Faces, Optimum
from services.panels.planning.first import one_by_one
from services.panels.planning.levels import worth
from services.panels.planning.order import LAST, ORDER, Level
from services.panels.planning.outcome import Proof
from services.panels.planning.problem import Problem, Whole
from services.panels.planning.search import Unfounded, whole_plan
from services.panels.planning.solution import Solution

#: Nodes after which a search gives up: a count, not a time, so that equal input ends alike on any machine.
NODES = 20_000


def solve(problem: Problem, order: Sequence[Level] = ORDER, nodes: int = NODES) -> Solution:
    """The plan that is best at the first level, among those at the second, and so on.

    Raises ArithmeticError where a value that was proved is not that of the plan, so that no wrong plan is shown.
    """
    tables = {level: worth(problem, level) for level in (*order, *LAST)}
    if not len(problem.block_of):
        return Solution(np.zeros(0, np.int64), (), tables)
    patient: frozenset[Level] = frozenset()
    while True:
        walk = _Walk(problem, nodes, patient)
        try:
            solution = walk.through(tables)
        except Unfounded:
            if set(walk.trusted[-1:]) <= patient:
                raise ArithmeticError("no whole plan was found within so many nodes") from None
            patient |= set(walk.trusted[-1:])
        else:
            _checked(solution)
            return solution


class _Walk:
    """One way through the levels. ``trusted`` are those whose bound was taken for reached before a plan showed it."""

    def __init__(self, problem: Problem, nodes: int, patient: frozenset[Level]) -> None:
        self.trusted: list[Level] = []
        self._nodes, self._patient = nodes, patient
        self._faces = Faces(problem)
        self._plan: Whole | None = one_by_one(problem)
        self._faces.begin(self._plan)

    def through(self, tables: Mapping[Level, Whole]) -> Solution:
        """The best plan. Raises Unfounded where a trusted bound cannot be reached."""
        proofs = tuple(self._level(level, value) for level, value in tables.items())
        if self._plan is None:
            raise Unfounded
        return Solution(self._plan, proofs, tables)

    def _level(self, level: Level, value: Whole) -> Proof:
        optimum, taken_off = self._faces.best(value)
        if not optimum.broken.any():
            self._plan = self._faces.pairs[optimum.shares > 0.5]
            return self._reached(level, optimum, taken_off)
        found = whole_plan(self._faces, optimum, self._plan, self._nodes, level in self._patient)
        if found is None:
            self._plan = None
            self.trusted.append(level)
            return self._reached(level, optimum, taken_off)
        self._plan = found.plan
        if optimum.bound - found.value < 1e-3:
            self._faces.keep_face(optimum)
        else:
            self._faces.keep_value(optimum, found.value)
        return Proof(level, found.value + taken_off, found.bound + taken_off, "search", found.nodes)

    def _reached(self, level: Level, optimum: Optimum, taken_off: int) -> Proof:
        self._faces.keep_face(optimum)
        value = round(optimum.bound) + taken_off
        return Proof(level, value, value, "linear")


def _checked(solution: Solution) -> None:
    for proof in solution.proofs:
        value = int(solution.tables[proof.level][solution.plan].sum())
        if value != proof.value:
            raise ArithmeticError(f"{proof.level} is {value} and was proved to be {proof.value}")
