"""What the plan did for the month's cases, beside first come, first served on the same cases and sittings."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from rich.table import Table

from chassis.calendar import london_date
from deploy.demo.tables import new_table
from services.panels.domain.panels.remit import Remit
from services.panels.domain.panels.sittings_calendar import Slot
from services.panels.planning.asked import PlanCase, PlanSitting
from services.panels.planning.first import first_come, one_by_one
from services.panels.planning.question import Question


@dataclass(frozen=True, slots=True)
class Before:
    """A case that could be heard in the month, and the day of the first sitting that it was before, if any."""

    case: PlanCase
    sits_on: date | None


@dataclass
class Planned:
    """``accepted`` plans, of which ``proved`` were proved the best at each level; ``moves`` of dates families knew.

    ``taken`` are places, by the sitting's day, that went to cases which were withdrawn late or came a second time.
    """

    accepted: int = 0
    proved: int = 0
    moves: int = 0
    not_proved: list[str] = field(default_factory=list)
    before: dict[str, Before] = field(default_factory=dict)
    taken: Counter[date] = field(default_factory=Counter)

    def saw(self, plan: dict[str, Any], done: dict[str, Any]) -> None:
        """Counts a plan of which something was accepted."""
        self.accepted += 1
        self.moves += len(done["moved"]) + len(done["unlisted"])
        if plan["how"] == "proved":
            self.proved += 1
        else:
            self.not_proved.append(plan["sentence"])

    def heard(self, case: dict[str, Any], sits_on: date | None) -> None:
        """Notes a case that is before a sitting, or waits for one when the month ends; the first time counts."""
        if case["case_id"] not in self.before:
            self.before[case["case_id"]] = Before(_asked(case), sits_on)
        elif sits_on is not None:
            self.taken[sits_on] += 1


@dataclass(frozen=True, slots=True)
class Fared:
    """How cases fared: how many were heard in the month, of these how many in time, and how long they waited."""

    heard: int
    in_time: int
    days: float

    @classmethod
    def of(cls, cases: Collection[Before]) -> "Fared":
        heard = [each for each in cases if each.sits_on is not None]
        waits = [(each.sits_on - london_date(each.case.opened_at)).days for each in heard if each.sits_on]
        in_time = sum(each.sits_on <= each.case.due_on for each in heard if each.sits_on)
        return cls(len(heard), in_time, sum(waits) / len(waits) if waits else 0.0)


def first_come_first_served(planned: Planned, sittings: Sequence[Slot]) -> list[Before]:
    """The same cases at the same places, each taking the first that is free, in the order in which they were opened."""
    places = [_sitting(slot, planned.taken[slot.sits_on]) for slot in sittings]
    question = Question.of([each.case for each in planned.before.values()], places)
    problem = question.problem
    days = {
        problem.blocks[problem.block_of[pair]].members[0].case_id: question.sittings[
            problem.session_of[pair]
        ].sits_on
        for pair in one_by_one(problem, first_come)
    }
    return [Before(case, days.get(case.case_id)) for case in question.cases]


def as_figures(planned: Planned, sittings: Sequence[Slot]) -> dict[str, Any]:
    """Every figure of the table, for programs."""
    cases = list(planned.before.values())
    ours, simple = Fared.of(cases), Fared.of(first_come_first_served(planned, sittings))
    return {
        "plans_accepted": planned.accepted,
        "plans_proved": planned.proved,
        "not_proved": planned.not_proved,
        "moves": planned.moves,
        "cases": len(cases),
        "by_the_plan": _figures(ours),
        "first_come_first_served": _figures(simple),
    }


def table(planned: Planned, sittings: Sequence[Slot]) -> Table:
    """The same for people."""
    known = as_figures(planned, sittings)
    shown = new_table("The plan", "", "by the plan", "first come, first served")
    both = (known["by_the_plan"], known["first_come_first_served"])
    shown.add_row("cases that could be heard", str(known["cases"]), str(known["cases"]))
    shown.add_row("heard in the month", *(str(each["heard"]) for each in both))
    shown.add_row("legal dates kept", *(str(each["legal_dates_kept"]) for each in both))
    shown.add_row("days waited (mean)", *(f"{each['mean_wait_days']:.1f}" for each in both))
    shown.add_row("plans accepted", str(known["plans_accepted"]), "·")
    shown.add_row("  proved the best at every level", str(known["plans_proved"]), "·")
    shown.add_row("dates that families knew, changed", str(known["moves"]), "0")
    for sentence in planned.not_proved:
        shown.add_row(f"  {sentence}", "", "")
    return shown


def _figures(fared: Fared) -> dict[str, Any]:
    return {
        "heard": fared.heard,
        "legal_dates_kept": fared.in_time,
        "mean_wait_days": round(fared.days, 1),
    }


def _asked(case: dict[str, Any]) -> PlanCase:
    names = ("case_id", "panel", "area", "phase", "need", "provision", "urgent")
    return PlanCase(
        **{name: case[name] for name in names},
        due_on=date.fromisoformat(case["due_on"]),
        opened_at=datetime.fromisoformat(case["opened_at"]),
        complete_at=datetime.fromisoformat(case["complete_at"]),
    )


def _sitting(slot: Slot, taken: int) -> PlanSitting:
    return PlanSitting(
        sitting_id=slot.sitting_id,
        panel=slot.panel,
        sits_on=slot.sits_on,
        papers_close_at=slot.papers_close_at,
        capacity=slot.capacity,
        remit=Remit(),
        taken=taken,
    )
