"""What a co-ordinator asks of sittings themselves, beside their batches."""

from dataclasses import dataclass
from datetime import date, datetime, time

from services.panels.domain.sittings.members import AsideReason, Attends
from services.panels.domain.sittings.sitting import CancelReason


@dataclass(frozen=True, slots=True)
class AddSitting:
    """An extra sitting, and why. What is None is as the panel's file has it; ``papers_close_at`` is aware."""

    panel: str
    sits_on: date
    why: str
    hour: time | None = None
    capacity: int | None = None
    minutes: int | None = None
    papers_close_at: datetime | None = None

    @property
    def sitting_id(self) -> str:
        """The id that the sitting gets."""
        return f"{self.panel}-{self.sits_on.isoformat()}"


@dataclass(frozen=True, slots=True)
class CancelSitting:
    """A sitting does not take place. ``seen`` is its batch as the co-ordinator saw it."""

    sitting_id: str
    reason: CancelReason
    words: str
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MoveSitting:
    """A sitting takes place on another day, at the panel's hour or its own. ``seen`` as for `CancelSitting`."""

    sitting_id: str
    sits_on: date
    why: str
    seen: tuple[str, ...] = ()

    @property
    def moved_id(self) -> str:
        """The id of the sitting on that day."""
        return f"{self.sitting_id[:-10]}{self.sits_on.isoformat()}"


@dataclass(frozen=True, slots=True)
class SeatMembers:
    """Who sits in which seat, as (seat, staff id, attends); the whole of it. ``seen``: the staff ids as they were."""

    sitting_id: str
    members: tuple[tuple[str, str, Attends], ...]
    seen: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class StandAside:
    """A member takes no part in a case, or, with ``why`` None, takes part after all."""

    sitting_id: str
    staff_id: str
    case_id: str
    why: AsideReason | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class LinkCases:
    """Two cases are to be heard together. ``seen``: the `Case.version` of the first, as for `DeferCase`."""

    case_id: str
    other_id: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class PartCase:
    """A case is to be heard by itself. ``seen`` as for `DeferCase`."""

    case_id: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class SetMinutes:
    """How long a case takes; None: as long as any that was so brought. ``seen`` as for `DeferCase`."""

    case_id: str
    minutes: int | None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class AskAmount:
    """What a case asks of its area's fund, in pounds. ``seen`` as for `DeferCase`."""

    case_id: str
    amount: int
    seen: int | None = None
