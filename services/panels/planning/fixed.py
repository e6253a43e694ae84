"""What it costs that cases are heard at given sittings and nowhere else: the best plan with them, beside the best.

Both plans are measured by the same question, level by level, so that it is seen what others lose by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from services.panels.planning.asked import Cause, PlanCase, cause
from services.panels.planning.best import best
from services.panels.planning.levels import worth
from services.panels.planning.order import ORDER, Level
from services.panels.planning.problem import Problem
from services.panels.planning.question import Question, without
from services.panels.planning.solution import Solution


@dataclass(frozen=True, slots=True)
class Cost:
    """What a level is worth in the best plan, and in the best of those in which the pair is fixed."""

    level: Level
    best: int
    fixed: int

    @property
    def lost(self) -> int:
        """How much worse this level gets; less than nought where it gets better for what an earlier one loses."""
        return self.best - self.fixed


def objection(question: Question, case_id: str, sitting_id: str) -> Cause | Literal["unknown", "room"] | None:
    """What forbids that a case, and all who are heard with it, are heard at this sitting; None where nothing does.

    ``unknown``: one of the two is not in the question. ``room``: too much is taken by cases that cannot be moved.
    """
    place = next((sitting for sitting in question.sittings if sitting.sitting_id == sitting_id), None)
    block = _block(question, case_id)
    if place is None or not block:
        return "unknown"
    if why := next((why for case in block if (why := cause(case, place))), None):
        return why
    minutes = sum(case.minutes for case in block)
    short = len(block) > place.free or (place.minutes is not None and minutes > place.minutes)
    return "room" if short else None


def costs(question: Question, places: Mapping[str, str], order: Sequence[Level] = ORDER) -> tuple[Cost, ...]:
    """The cost at each level, in their order, of giving each of these cases its sitting. Nothing may forbid a pair."""
    free = measured(question, _heard(question.problem, best(question.problem, order)), order)
    fixed = {case.case_id: place for id, place in places.items() for case in _block(question, id)}
    rest = without(question, fixed).problem
    held = measured(question, {**_heard(rest, best(rest, order)), **fixed}, order)
    return tuple(Cost(level, free[level], held[level]) for level in order)


def measured(
    question: Question, heard: Mapping[str, str], order: Sequence[Level] = ORDER
) -> dict[Level, int]:
    """What a plan is worth at each level; ``heard`` has the sitting of each case that it lists."""
    problem = question.problem
    number = {sitting.sitting_id: place for place, sitting in enumerate(question.sittings)}
    begins = np.cumsum([0, *(len(block.sessions) for block in problem.blocks)])
    pairs = [
        int(begins[place]) + block.sessions.index(number[heard[block.members[0].case_id]])
        for place, block in enumerate(problem.blocks)
        if block.members[0].case_id in heard
    ]
    return {level: int(worth(problem, level)[pairs].sum()) for level in order}


def _block(question: Question, case_id: str) -> Sequence[PlanCase]:
    of_it = (block for block in question.together if any(case.case_id == case_id for case in block))
    return next(of_it, ())


def _heard(problem: Problem, solution: Solution) -> dict[str, str]:
    return {
        member.case_id: problem.sessions[problem.session_of[pair]].sitting_id
        for pair in solution.plan
        for member in problem.blocks[problem.block_of[pair]].members
    }
