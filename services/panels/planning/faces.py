"""One level as a linear programme, and what is left of it: the plans that are best at every level so far.

After a level the *optimal face* is kept (the pairs whose reduced cost is nought, the limits that bind), which is exact:
a whole plan is best at this level exactly if it lies there. Where no whole plan reaches the programme's bound, the
pairs that could still be part of a plan with the proved value are kept, with that value as a limit of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

from services.panels.planning.problem import Mask, Problem, Whole

#: Reduced costs are sums of whole numbers and of fractions with small denominators: less than this is nought.
NOUGHT = 1e-4
#: For the solver: the same run on any machine, and no end by the clock.
SAME_EVERYWHERE: dict[str, str | int | float] = {
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "output_flag": False,
    "mip_rel_gap": 0.0,
}
#: From a basis that is nearly right: the primal simplex, which takes the first pair that looks best.
QUICKLY = (("presolve", "off"), ("simplex_strategy", 4), ("simplex_primal_edge_weight_strategy", 0))
_Reals = npt.NDArray[np.float64]


class Unfounded(Exception):
    """No whole plan is as good as an earlier level's bound promised."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """A level's best by the linear programme: how much of each pair, and what each pair left out would cost."""

    worth: Whole
    shares: _Reals
    costs: _Reals
    prices: _Reals
    bound: float

    @property
    def broken(self) -> Mask:
        """The pairs of which the programme takes a part only."""
        found: Mask = np.abs(self.shares - np.round(self.shares)) > 1e-6
        return found

    @property
    def top(self) -> int:
        """The most that a whole plan can be worth: the bound without its fraction, in steps of what pairs are worth."""
        step = int(np.gcd.reduce(np.abs(self.worth))) or 1
        return int(np.floor((self.bound + NOUGHT) / step)) * step


class Faces:
    """The linear programme of a problem, narrowed level by level. ``pairs`` are those still in it, by their number."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.pairs: Whole = np.arange(len(problem.block_of), dtype=np.int64)
        self._solver = _solver()
        self._solver.passModel(_programme(problem))

    @property
    def blocks(self) -> Whole:
        """The block of each pair still in it."""
        return self.problem.block_of[self.pairs]

    @property
    def sessions(self) -> Whole:
        """The session of each pair still in it."""
        return self.problem.session_of[self.pairs]

    def copy(self) -> "Faces":
        """The same, to narrow apart from this one."""
        twin = object.__new__(Faces)
        twin.problem, twin.pairs, twin._solver = self.problem, self.pairs, _solver()
        twin._solver.passModel(self._solver.getLp())
        twin._solver.setBasis(self._solver.getBasis())
        return twin

    def begin(self, plan: Iterable[int]) -> None:
        """Starts from a plan, given as numbers of pairs: from there it is a short way to the best one."""
        chosen = np.fromiter(plan, dtype=np.int64)
        basic, lower, upper = (
            highspy.HighsBasisStatus.kBasic,
            highspy.HighsBasisStatus.kLower,
            highspy.HighsBasisStatus.kUpper,
        )
        columns = [lower] * len(self.pairs)
        rows = [basic] * self._solver.getNumRow()
        for pair in chosen:
            columns[pair] = basic
            rows[self.problem.block_of[pair]] = upper
        basis = highspy.HighsBasis()
        basis.col_status, basis.row_status, basis.valid = columns, rows, True
        self._solver.setBasis(basis)

    def best(self, worth: Whole) -> tuple[Optimum, int]:
        """The level's best, and what was taken off each pair's worth alike: blocks that must be listed have it anyway.

        Raises Unfounded if no plan is left, ArithmeticError if the solver does not end with an optimum.
        """
        here, taken_off = self._beside_the_best(worth[self.pairs])
        count = len(here)
        if not count:
            return Optimum(here, np.zeros(0), np.zeros(0), np.zeros(self._solver.getNumRow()), 0.0), taken_off
        self._solver.changeColsCost(count, np.arange(count, dtype=np.int32), here.astype(np.float64))
        self._solver.run()
        status = self._solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            raise Unfounded
        if status != highspy.HighsModelStatus.kOptimal:
            raise ArithmeticError(f"no optimum: {self._solver.modelStatusToString(status)}")
        found = self._solver.getSolution()
        shares = np.array(found.col_value)
        costs, prices = np.array(found.col_dual), np.array(found.row_dual)
        return Optimum(here, shares, costs, prices, float(shares @ here)), taken_off

    def _beside_the_best(self, worth: Whole) -> tuple[Whole, int]:
        """A block that must be listed counts by how far a pair falls behind its best one: small, exact numbers."""
        must = np.array(self._solver.getLp().row_lower_[: len(self.problem.blocks)]) > 0.5
        best = np.full(len(self.problem.blocks), np.iinfo(np.int64).min)
        np.maximum.at(best, self.blocks, worth)
        best[~must] = 0
        return worth - best[self.blocks], int(best[must].sum())

    def keep_face(self, optimum: Optimum) -> None:
        """Only plans with the programme's own value from now on."""
        programme = self._solver.getLp()
        upper, lower = np.array(programme.row_upper_), np.array(programme.row_lower_)
        for row in np.nonzero(np.abs(optimum.prices) > NOUGHT)[0]:
            binding = float(upper[row] if upper[row] < highspy.kHighsInf else lower[row])
            self._solver.changeRowBounds(int(row), binding, binding)
        self._drop((np.abs(optimum.costs) > NOUGHT) & (optimum.shares < 0.5))

    def keep_value(self, optimum: Optimum, value: int) -> None:
        """Only plans with at least this value, which lies below the programme's, from now on."""
        gone = optimum.costs < -(optimum.bound - value) - NOUGHT
        worth = optimum.worth[~gone]
        self._drop(gone)
        counted = np.nonzero(worth)[0].astype(np.int32)
        if len(counted):
            step = int(np.gcd.reduce(np.abs(worth[counted])))
            parts = (worth[counted] // step).astype(np.float64)
            self._solver.addRow(float(-(-value // step)), highspy.kHighsInf, len(counted), counted, parts)

    def _drop(self, gone: Mask) -> None:
        numbers = np.nonzero(gone)[0].astype(np.int32)
        if len(numbers):
            self._solver.deleteCols(len(numbers), numbers)
            self.pairs = self.pairs[~gone]

    def narrowed(self, core: Mask) -> highspy.Highs:
        """The programme as it stands now with these pairs only, for a search of its own."""
        part = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in SAME_EVERYWHERE.items():
            part.setOptionValue(name, value)
        part.passModel(self._solver.getLp())
        gone = np.nonzero(~core)[0].astype(np.int32)
        if len(gone):
            part.deleteCols(len(gone), gone)
        return part


def _solver() -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (*SAME_EVERYWHERE.items(), *QUICKLY):
        solver.setOptionValue(name, value)
    return solver


def _programme(problem: Problem) -> highspy.HighsLp:
    """Rows: each block at most once; at each session at most its cases, and at most its minutes."""
    blocks, sessions, pairs = len(problem.blocks), len(problem.sessions), len(problem.block_of)
    rows = blocks + 2 * sessions
    limits = [1] * blocks + [s.cases for s in problem.sessions] + [s.minutes for s in problem.sessions]
    programme = highspy.HighsLp()
    programme.num_col_, programme.num_row_ = pairs, rows
    programme.sense_ = highspy.ObjSense.kMaximize
    programme.col_cost_ = np.zeros(pairs)
    programme.col_lower_, programme.col_upper_ = np.zeros(pairs), np.full(pairs, highspy.kHighsInf)
    programme.row_lower_ = np.full(rows, -highspy.kHighsInf)
    programme.row_upper_ = np.array(limits, dtype=np.float64)
    matrix = programme.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kColwise
    matrix.start_ = np.arange(0, 3 * pairs + 1, 3, dtype=np.int32)
    of, at = problem.block_of, problem.session_of
    matrix.index_ = np.column_stack([of, blocks + at, blocks + sessions + at]).ravel().astype(np.int32)
    ones = np.ones(pairs)
    matrix.value_ = np.column_stack([ones, problem.sizes[of], problem.minutes[of]]).ravel().astype(np.float64)
    return programme
