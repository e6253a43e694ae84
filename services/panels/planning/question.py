"""What is asked of the planner, in the words of the panel: who waits, which sittings come, and what forbids a pair.

`Question` turns them into a `Problem`: siblings into one block, the feasible pairs numbered. Cases and sittings are put
in one order first, so that it does not matter in which they are given.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from chassis.calendar import london_date
from services.panels.planning.asked import PlanCase, PlanSitting, cause
from services.panels.planning.blocks import Block, Member, Session

if TYPE_CHECKING:
    from services.panels.planning.problem import Problem

#: How much more a day late counts for an urgent case.
URGENT_WEIGHT = 2


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
    def problem(self) -> "Problem":
        """The same in numbers."""
        from services.panels.planning.problem import Problem  # with NumPy: only where something is planned

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


def _member(case: PlanCase) -> Member:
    due = case.due_on.toordinal()
    return Member(case.case_id, due, due if case.urgent else None, URGENT_WEIGHT if case.urgent else 1)


def _session(sitting: PlanSitting) -> Session:
    minutes = sitting.minutes if sitting.minutes is not None else 1_000_000
    return Session(sitting.sitting_id, sitting.sits_on.toordinal(), sitting.free, minutes)


def without(question: Question, fixed: Mapping[str, str]) -> Question:
    """The question that is left for all others: the fixed cases have their places and minutes at their sittings."""
    gone = [case for case in question.cases if case.case_id in fixed]
    sittings = [
        _narrowed(sitting, [case for case in gone if fixed[case.case_id] == sitting.sitting_id])
        for sitting in question.sittings
    ]
    return Question.of((case for case in question.cases if case.case_id not in fixed), sittings)


def _narrowed(sitting: PlanSitting, cases: Sequence[PlanCase]) -> PlanSitting:
    minutes = None if sitting.minutes is None else max(0, sitting.minutes - sum(c.minutes for c in cases))
    return replace(sitting, taken=sitting.taken + len(cases), minutes=minutes) if cases else sitting
