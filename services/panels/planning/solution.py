"""A plan in numbers, and the one that is left where the solver cannot run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.panels.planning.first import one_by_one
from services.panels.planning.levels import worth
from services.panels.planning.order import LAST, ORDER, Level
from services.panels.planning.outcome import Proof
from services.panels.planning.problem import Problem, Whole


@dataclass(frozen=True, slots=True)
class Solution:
    """The chosen pairs by their number, each level's proof in order, and what each pair is worth at each level.

    Without proofs it is merely a plan.
    """

    plan: Whole
    proofs: tuple[Proof, ...]
    tables: Mapping[Level, Whole]


def simple(problem: Problem, order: Sequence[Level] = ORDER) -> Solution:
    """A plan made by taking one case after the other, of which nothing is proved."""
    return Solution(one_by_one(problem), (), {level: worth(problem, level) for level in (*order, *LAST)})
