"""What a plan is asked for: blocks of cases, sittings, and which block may be heard at which sitting.

All days are ordinals (`date.toordinal`), so that rules are arithmetic. Whoever only asks whether a plan is still that
of the question comes as far as this and no further: NumPy, which `problem` needs, is 15 MB of memory.
"""

from dataclasses import dataclass


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
