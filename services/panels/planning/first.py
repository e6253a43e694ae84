"""Plans made by taking one case after the other: where the way to the best one begins, and what is left without it."""

from collections.abc import Callable

import numpy as np

from services.panels.planning.blocks import Block
from services.panels.planning.problem import Problem, Whole

Turn = Callable[[Block], tuple[object, ...]]


def urgent_then_due(block: Block) -> tuple[bool, int, int, str]:
    """Urgent ones first, then whoever is due first."""
    urgent = any(member.need_by is not None for member in block.members)
    return (not urgent, min(member.due for member in block.members), *block.turn)


def first_come(block: Block) -> tuple[int, str]:
    """First come, first served."""
    return block.turn


def one_by_one(problem: Problem, turn: Turn = urgent_then_due) -> Whole:
    """Each block in its turn takes the earliest session with room for it; the chosen pairs by their number."""
    cases = [session.cases for session in problem.sessions]
    minutes = [session.minutes for session in problem.sessions]
    begins = np.cumsum([0, *(len(block.sessions) for block in problem.blocks)])
    chosen: list[int] = []
    for number in sorted(range(len(problem.blocks)), key=lambda number: turn(problem.blocks[number])):
        block = problem.blocks[number]
        for offset, session in enumerate(block.sessions):
            if cases[session] >= block.size and minutes[session] >= block.minutes:
                cases[session] -= block.size
                minutes[session] -= block.minutes
                chosen.append(int(begins[number]) + offset)
                break
    return np.array(sorted(chosen), dtype=np.int64)
