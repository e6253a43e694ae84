"""What is asked of the planner, in the words of the panel: who waits, which sittings come, and what forbids a pair.

`Question` turns them into a `Problem`: siblings into one block, the feasible pairs numbered. Cases and sittings are put
in one order first, so that it does not matter in which they are given.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from chassis.calendar import london_date
from schemas.codes import Area, Need, Phase, ProvisionType
from services.panels.domain.panel import Remit
from services.panels.planning.problem import Block, Member, Problem, Session

Cause = Literal["locked", "remit", "papers", "quorum"]
#: How much more a day late counts for an urgent case.
URGENT_WEIGHT = 2


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


@dataclass(frozen=True)
class Question:
    """Cases in the order in which they were opened, sittings in the order of their days."""

    cases: Sequence[PlanCase]
    sittings: Sequence[PlanSitting]

    @classmethod
    def of(cls, cases: Iterable[PlanCase], sittings: Iterable[PlanSitting]) -> "Question":
        """The question, whatever the order in which its parts are given."""
        return cls(
            sorted(cases, key=lambda case: (case.opened_at, case.case_id)),
            sorted(sittings, key=lambda sitting: (sitting.sits_on, sitting.sitting_id)),
        )

    @cached_property
    def together(self) -> Sequence[Sequence[PlanCase]]:
        """The cases by block, each block in the place of its first case."""
        blocks: dict[tuple[str, str], list[PlanCase]] = {}
        for case in self.cases:
            mark = (case.panel, f"siblings {case.siblings}") if case.siblings else (case.panel, case.case_id)
            blocks.setdefault(mark, []).append(case)
        return sorted(blocks.values(), key=lambda block: (london_date(block[0].opened_at), block[0].case_id))

    @cached_property
    def problem(self) -> Problem:
        """The same in numbers."""
        numbers = {sitting.sitting_id: number for number, sitting in enumerate(self.sittings)}
        blocks = [self._block(block, numbers) for block in self.together]
        return Problem(blocks, [_session(sitting) for sitting in self.sittings])

    def _block(self, block: Sequence[PlanCase], numbers: Mapping[str, int]) -> Block:
        open_to = tuple(
            number
            for number, sitting in enumerate(self.sittings)
            if not any(cause(case, sitting) for case in block)
        )
        told = next((numbers[case.told] for case in block if case.told and case.told in numbers), None)
        received = min(london_date(case.opened_at) for case in block).toordinal()
        minutes = sum(case.minutes for case in block)
        return Block(tuple(map(_member, block)), received, minutes, open_to, told)


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


def _member(case: PlanCase) -> Member:
    due = case.due_on.toordinal()
    return Member(case.case_id, due, due if case.urgent else None, URGENT_WEIGHT if case.urgent else 1)


def _session(sitting: PlanSitting) -> Session:
    minutes = sitting.minutes if sitting.minutes is not None else 1_000_000
    return Session(sitting.sitting_id, sitting.sits_on.toordinal(), sitting.free, minutes)
