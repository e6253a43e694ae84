"""A plan as it is shown: who is heard when, who is not yet, why, and how far it is proved to be the best."""

from dataclasses import dataclass
from typing import Literal

from services.panels.planning.order import Level


@dataclass(frozen=True, slots=True)
class Proof:
    """A level's value, and the bound that no plan with equal earlier levels exceeds; ``how`` it was found."""

    level: Level
    value: int
    bound: float
    how: Literal["linear", "search"]
    nodes: int = 0

    @property
    def proved(self) -> bool:
        """Whether no better value is possible."""
        return self.bound < self.value + 1 - 1e-6


@dataclass(frozen=True, slots=True)
class Listing:
    """A case for a sitting, with the reason in words."""

    case_id: str
    sitting_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A case for which no sitting was found, and what would list it."""

    case_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is heard when, by day and turn; who is not yet; and how far each level is proved to be the best possible.

    Without proofs the solver failed, and cases were taken one after the other.
    """

    listings: tuple[Listing, ...]
    unlisted: tuple[Unlisted, ...]
    proofs: tuple[Proof, ...] = ()
