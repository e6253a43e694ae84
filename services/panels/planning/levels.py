"""What makes a plan better, one level after the other: nothing at a later level outweighs an earlier one.

Each level gives every pair of a block and a session a whole number, the more the better; a block that is not listed
counts nothing. The order is data, so that an authority can put days late before legal dates kept.
"""

from collections.abc import Callable, Mapping

import numpy as np

from services.panels.planning.blocks import Block
from services.panels.planning.order import Level
from services.panels.planning.problem import Problem, Whole

_Rule = Callable[[Block, Whole, int], Whole]


def worth(problem: Problem, level: Level) -> Whole:
    """What each pair is worth at a level, in the order of the problem's pairs."""
    if level == "turn":
        return _turns(problem)
    if level == "stay":
        return _stays(problem)
    rule, end = _RULES[level], int(problem.days.max(initial=0)) + 1
    parts = [rule(block, problem.days[list(block.sessions)], end) for block in problem.blocks]
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)


def _urgent(block: Block, days: Whole, _: int) -> Whole:
    """Urgent cases heard by the day by which they cannot wait any longer."""
    needs = [member.need_by for member in block.members if member.need_by is not None]
    return sum(((days <= by).astype(np.int64) for by in needs), np.zeros(len(days), np.int64))


def _listed(block: Block, days: Whole, _: int) -> Whole:
    return np.full(len(days), block.size, np.int64)


def _legal(block: Block, days: Whole, _: int) -> Whole:
    """Legal dates kept."""
    return sum(
        ((days <= member.due).astype(np.int64) for member in block.members), np.zeros(len(days), np.int64)
    )


def _late(block: Block, days: Whole, end: int) -> Whole:
    """Days late, weighted, that are saved against not being heard before the end of the calendar."""
    saved = np.zeros(len(days), np.int64)
    for member in block.members:
        saved += member.weight * (max(0, end - member.due) - np.maximum(0, days - member.due))
    return saved


def _wait(block: Block, days: Whole, end: int) -> Whole:
    """Days of waiting saved."""
    saved: Whole = block.size * (end - days)
    return saved


def _fair(block: Block, days: Whole, end: int) -> Whole:
    """A wait counts by its square, so that of two like cases the one that came first is heard first."""
    return block.size * ((end - block.received) ** 2 - (days - block.received) ** 2)


_RULES: Mapping[Level, _Rule] = {
    "urgent": _urgent,
    "listed": _listed,
    "legal": _legal,
    "late": _late,
    "wait": _wait,
    "fair": _fair,
}


def _stays(problem: Problem) -> Whole:
    """Cases that keep the date that their family was told."""
    told = np.array([-1 if block.told is None else block.told for block in problem.blocks], dtype=np.int64)
    kept: Whole = (told[problem.block_of] == problem.session_of) * problem.sizes[problem.block_of]
    return kept


def _turns(problem: Problem) -> Whole:
    """Who came first to the earlier session; and a number without a meaning, so that of equal plans one is best.

    The number is a multiplicative hash (Knuth, The Art of Computer Programming 3, 6.4), the same on any machine.
    """
    before = len(problem.blocks) - problem.block_of
    mixed = (problem.block_of * 2_654_435_761 + problem.session_of * 40_503 + 12_345) % (1 << 32)
    scattered = (mixed * 1_103_515_245 % (1 << 32)) >> 24
    turns: Whole = before * (len(problem.sessions) - problem.session_of) * 1_024 + scattered
    return turns
