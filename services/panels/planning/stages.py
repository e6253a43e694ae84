"""Levels that are solved as one, where their weighted sum stays so small that no rounding can turn their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.panels.planning.order import Level
from services.panels.planning.problem import Problem, Whole

#: Sums above this are left apart: a double counts whole numbers to 9e15, and the solver needs some room below.
EXACT = 10**12
#: A level whose pairs are worth no more than this counts cases.
COUNTS = 4


@dataclass(frozen=True, slots=True)
class Stage:
    """One level, or some with what a unit of each weighs; ``worth`` is the weighted sum for each pair."""

    levels: tuple[Level, ...]
    weights: tuple[int, ...]
    worth: Whole

    def values(self, value: int, bound: float) -> Sequence[tuple[Level, int, float]]:
        """Each level's value and the bound that no plan with equal earlier levels exceeds, from those of the sum."""
        found = []
        for level, weight in zip(self.levels, self.weights, strict=True):
            own = value // weight
            found.append((level, own, bound if weight == 1 else float(bound // weight)))
            value, bound = value - own * weight, bound - own * weight
        return found


def stages(problem: Problem, tables: Mapping[Level, Whole]) -> list[Stage]:
    """The levels in their order; one that counts cases is taken with the one before it, if that measures something.

    Such a count is hard by itself, since nothing tells the plans apart in between; with the measure it costs nothing.
    """
    found: list[Stage] = []
    for level, table in tables.items():
        weight = _most(problem, table) + 1
        before = found[-1] if found else None
        if (
            before
            and _measures(before.worth)
            and not _measures(table)
            and _safe(problem, before, table, weight)
        ):
            weights = (*(each * weight for each in before.weights), 1)
            found[-1] = Stage((*before.levels, level), weights, before.worth * weight + table)
        else:
            found.append(Stage((level,), (1,), table))
    return found


def _measures(worth: Whole) -> bool:
    return bool(worth.max(initial=0) > COUNTS)


def _safe(problem: Problem, before: Stage, table: Whole, weight: int) -> bool:
    positive = min(before.worth.min(initial=0), table.min(initial=0)) >= 0
    return bool(positive and _most(problem, before.worth) * weight + weight < EXACT)


def _most(problem: Problem, worth: Whole) -> int:
    """No plan is worth more."""
    best = np.zeros(len(problem.blocks), np.int64)
    np.maximum.at(best, problem.block_of, worth)
    return int(best.sum())
