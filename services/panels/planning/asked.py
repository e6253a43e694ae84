"""What the planner is asked about: cases that wait, sittings to come, and what forbids that one hears the other."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from schemas.codes import Area, Need, Phase, ProvisionType
from services.panels.domain.panels.remit import Remit

Cause = Literal["locked", "remit", "papers", "quorum"]


@dataclass(frozen=True, slots=True)
class PlanCase:
    """A complete case that waits. ``complete_at`` is when the last of its papers arrived.

    ``siblings`` is a mark that those share who are heard together; ``told`` the sitting that its family knows of.
    """

    case_id: str
    panel: str
    area: Area
    phase: Phase
    need: Need
    provision: ProvisionType | None
    urgent: bool
    due_on: date
    opened_at: datetime
    complete_at: datetime
    minutes: int = 0
    siblings: str | None = None
    told: str | None = None


@dataclass(frozen=True, slots=True)
class PlanSitting:
    """A sitting as the plan sees it. ``taken`` places are confirmed already; a locked one gets no further case.

    ``minutes`` are those that are left, None where only cases are counted; ``without_quorum`` names the cases for which
    too many members would have to stand aside.
    """

    sitting_id: str
    panel: str
    sits_on: date
    papers_close_at: datetime
    capacity: int
    remit: Remit
    taken: int = 0
    locked: bool = False
    minutes: int | None = None
    without_quorum: frozenset[str] = frozenset()

    @property
    def free(self) -> int:
        """How many places are left."""
        return 0 if self.locked else max(0, self.capacity - self.taken)


def cause(case: PlanCase, sitting: PlanSitting) -> Cause | None:
    """What forbids that this sitting hears this case, room apart; None where nothing does."""
    if sitting.panel != case.panel or sitting.remit.objection(
        case.area, case.phase, case.need, case.provision
    ):
        return "remit"
    if sitting.locked:
        return "locked"
    if case.complete_at > sitting.papers_close_at:
        return "papers"
    return "quorum" if case.case_id in sitting.without_quorum else None
