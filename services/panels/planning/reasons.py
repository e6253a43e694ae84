"""Why a block is heard when it is: for each earlier sitting what forbids it, or for whose sake it is full.

A full sitting is full for a reason: whoever sits there would lose more, at some level, by giving up the place. The
first level at which an exchange would make the plan worse names it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from services.panels.planning.order import Level
from services.panels.planning.problem import Problem, Whole
from services.panels.planning.solution import Solution


@dataclass(frozen=True)
class Exchanges:
    """A solved problem, asked what an exchange of places would cost."""

    problem: Problem
    solution: Solution

    def full_for(self, block: int, session: int) -> Level | None:
        """The level at which the best exchange for a place at this session makes the plan worse.

        None where no exchange is possible, because nobody there takes as much room, or can go elsewhere.
        """
        own = self._place.get(block)
        tried = [self._first_worse(block, own, session, other) for other in self._heard.get(session, ())]
        known = [level for level in tried if level is not None]
        return max(known, key=list(self._tables).index, default=None)

    def _first_worse(self, block: int, own: int | None, session: int, other: int) -> Level | None:
        blocks = self.problem.blocks
        if blocks[other].size < blocks[block].size or blocks[other].minutes < blocks[block].minutes:
            return None
        gained, lost = self._pair(block, session), self._pair(other, session)
        if gained is None or lost is None:
            return None
        instead = None if own is None else self._pair(other, own)
        given_up = None if own is None else self._pair(block, own)
        for level, table in self._tables.items():
            change = table[gained] - table[lost]
            change += (0 if instead is None else table[instead]) - (
                0 if given_up is None else table[given_up]
            )
            if change < 0:
                return level
        return None

    def _pair(self, block: int, session: int) -> int | None:
        sessions = self.problem.blocks[block].sessions
        return int(self._begins[block]) + sessions.index(session) if session in sessions else None

    @cached_property
    def _begins(self) -> Whole:
        return np.cumsum([0, *(len(block.sessions) for block in self.problem.blocks)])

    @cached_property
    def _tables(self) -> Mapping[Level, list[int]]:
        return {level: table.tolist() for level, table in self.solution.tables.items()}

    @cached_property
    def _place(self) -> Mapping[int, int]:
        plan = self.solution.plan
        return {int(self.problem.block_of[pair]): int(self.problem.session_of[pair]) for pair in plan}

    @cached_property
    def _heard(self) -> Mapping[int, list[int]]:
        heard: dict[int, list[int]] = {}
        for block, session in self._place.items():
            heard.setdefault(session, []).append(block)
        return heard
