"""What the law allows: from which date each time limit counts, and when it ends.

Rules are versioned by the date from which they count. A panel's date never stops a clock; nothing here
pauses one. Where a date is not known there is no deadline, and the case is incomplete, never on time.

Sources: the Special Educational Needs and Disability Regulations 2014 (SI 2014/1530), in force from
1 September 2014, and for urgent cases the council's published promise of ten working days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from chassis.calendar import WorkingCalendar
from schemas.codes import Trigger

DateName = Literal["request_received", "draft_served", "review_meeting"]
#: Before this day none of the rules below was law.
EARLIEST = date(2014, 9, 1)
URGENT_WORKING_DAYS = 10


class Dates(BaseModel):
    """The statutory dates of a case, as far as they are known."""

    model_config = ConfigDict(frozen=True)

    request_received: date | None = None
    draft_served: date | None = None
    review_meeting: date | None = None

    def merged(self, later: Self) -> Self:
        """These dates with those that ``later`` knows in their place."""
        return self.model_copy(update=later.model_dump(exclude_none=True))


class Clock(BaseModel):
    """One time limit of a case. ``sense`` tells a last day from a first day."""

    model_config = ConfigDict(frozen=True)

    rule: str
    words: str
    on: date
    sense: Literal["by", "not-before"]
    counted_from: date
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A time limit in one version of the law: ``days`` after the date named, in force for the dates given."""

    code: str
    counted_from: DateName
    triggers: frozenset[Trigger]
    days: int
    words: str
    source: str
    sense: Literal["by", "not-before"] = "by"
    in_force_from: date = EARLIEST
    in_force_to: date | None = None

    def clock(self, dates: Dates) -> Clock | None:
        """The time limit for these dates; None where its date is not known or the rule not in force then."""
        start: date | None = getattr(dates, self.counted_from)
        if start is None or start < self.in_force_from or (self.in_force_to and start > self.in_force_to):
            return None
        end = start + timedelta(days=self.days)
        return Clock(
            rule=self.code, words=self.words, on=end, sense=self.sense, counted_from=start, source=self.source
        )


_PLAN: frozenset[Trigger] = frozenset({"draft-plan", "school-referral"})
_REVIEW: frozenset[Trigger] = frozenset({"annual-review", "school-referral"})

RULES = (
    Rule(
        code="final-plan",
        counted_from="request_received",
        triggers=_PLAN,
        days=20 * 7,
        words="final plan within 20 weeks of the request",
        source="SI 2014/1530 reg 13(2)",
    ),
    Rule(
        code="views-on-draft",
        counted_from="draft_served",
        triggers=frozenset({"draft-plan"}),
        days=15,
        words="15 days for views on the draft, so not final before",
        source="SI 2014/1530 reg 13(1)",
        sense="not-before",
    ),
    Rule(
        code="review-decision",
        counted_from="review_meeting",
        triggers=_REVIEW,
        days=4 * 7,
        words="decision within 4 weeks of the review meeting",
        source="SI 2014/1530 reg 20(10)",
    ),
    Rule(
        code="amended-plan",
        counted_from="draft_served",
        triggers=frozenset({"annual-review"}),
        days=8 * 7,
        words="amended final plan within 8 weeks of the proposed amendments",
        source="SI 2014/1530 reg 22(3)",
    ),
)


def clocks(trigger: Trigger, dates: Dates, rules: Iterable[Rule] = RULES) -> list[Clock]:
    """Every time limit that runs for a case with this trigger, earliest first."""
    running = [rule.clock(dates) for rule in rules if trigger in rule.triggers]
    return sorted((clock for clock in running if clock), key=lambda clock: (clock.on, clock.rule))


def deadline(trigger: Trigger, dates: Dates) -> Clock | None:
    """The time limit that the panel has to keep; None while no statutory date is known.

    The earliest of those that run, but the decision on a review is made once the amendments were
    served: from then on only the amended plan is awaited.
    """
    running = [clock for clock in clocks(trigger, dates) if clock.sense == "by"]
    amended = [clock for clock in running if clock.rule == "amended-plan"]
    return next(iter(amended or running), None)


def urgent_by(opened_on: date, need_by: date | None, working: WorkingCalendar) -> date:
    """When an urgent case must be heard: its need-by date, else ten working days after it was opened."""
    return need_by or working.add(opened_on, URGENT_WORKING_DAYS)
