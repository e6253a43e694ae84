"""What a plan is asked for, in numbers: the blocks, the sittings, and all pairs of the two that are possible."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from services.panels.planning.blocks import Block, Session

Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Problem:
    """Blocks in order of their turn, sessions in order of their day, and all feasible pairs of the two."""

    blocks: Sequence[Block]
    sessions: Sequence[Session]

    @cached_property
    def block_of(self) -> Whole:
        """For each pair its block."""
        lengths = [len(block.sessions) for block in self.blocks]
        return np.repeat(np.arange(len(self.blocks), dtype=np.int64), lengths)

    @cached_property
    def session_of(self) -> Whole:
        """For each pair its session."""
        return np.array([s for block in self.blocks for s in block.sessions], dtype=np.int64)

    @cached_property
    def days(self) -> Whole:
        """The day of each session."""
        return np.array([session.day for session in self.sessions], dtype=np.int64)

    @cached_property
    def sizes(self) -> Whole:
        """How many cases each block holds."""
        return np.array([block.size for block in self.blocks], dtype=np.int64)

    @cached_property
    def minutes(self) -> Whole:
        """How many minutes each block needs."""
        return np.array([block.minutes for block in self.blocks], dtype=np.int64)
