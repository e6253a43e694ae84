"""What a plan is asked for: blocks of cases, sittings, and which block may be heard at which sitting.

All days are ordinals (`date.toordinal`), so that rules are arithmetic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Member:
    """A case in a block. ``need_by`` is set for an urgent one, ``due`` is its legal day."""

    case_id: str
    due: int
    need_by: int | None = None
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Block:
    """A case, or siblings who are heard together. ``sessions`` are the places in order where it may be heard.

    ``received`` is the day of the earliest; ``told`` is the session that its family knows.
    """

    members: tuple[Member, ...]
    received: int
    minutes: int
    sessions: tuple[int, ...]
    told: int | None = None

    @property
    def size(self) -> int:
        """How many cases it holds."""
        return len(self.members)

    @property
    def turn(self) -> tuple[int, str]:
        """Who came first; the id settles a tie."""
        return (self.received, self.members[0].case_id)


@dataclass(frozen=True, slots=True)
class Session:
    """A sitting that still takes cases: its day, and the cases and minutes that are free."""

    sitting_id: str
    day: int
    cases: int
    minutes: int


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
