"""What people ask of the plan, and what it is told: cases that change their places, all of them or none."""

from dataclasses import dataclass

from services.panels.domain.plan.plans import Plan


@dataclass(frozen=True, slots=True)
class Move:
    """A case from the sitting that it is on to another one; None is the queue."""

    case_id: str
    was: str | None
    to: str | None


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Cases that change their places, all of them or none.

    ``batches`` are those of every sitting concerned, as whoever asks saw them. ``told_ok`` are the cases for which a
    person has said yes to a change of the date that their family knows. ``by`` is who asks, ``why`` in their words.
    """

    moves: tuple[Move, ...]
    batches: tuple[tuple[str, tuple[str, ...]], ...]
    told_ok: frozenset[str] = frozenset()
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class KeepPlan:
    """The plan of a panel as it was just made, or found to be right still."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class AcceptPlan:
    """A co-ordinator accepts what the plan proposes, all or some of it; ``seen`` is the plan's digest."""

    panel: str
    seen: str
    arrangement: Arrangement


@dataclass(frozen=True, slots=True)
class MoveCase:
    """A co-ordinator gives a case another place, with all who are heard with it. ``seen`` as for `DeferCase`."""

    case_id: str
    arrangement: Arrangement
    seen: int | None = None
