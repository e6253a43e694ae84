"""The time limits of the law as data: from which date each counts, how long, for whom, and where it is written.

Sources: the Special Educational Needs and Disability Regulations 2014 (SI 2014/1530), in force from 1 September
2014, and the SEND code of practice of January 2015. A limit that changes gets ``in_force_to`` and a successor.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.codes import Trigger
from services.panels.domain.legal.dates import Claimed, DateName, Dates, ExceptionKind

#: Before this day none of the rules below was law.
EARLIEST = date(2014, 9, 1)
Keeper = Literal["panel", "authority", "school"]
Sense = Literal["by", "not-before"]


class Clock(BaseModel):
    """One time limit of a case. ``sense`` tells a last day from a first day.

    ``keeper`` is whose step it waits for, ``met_on`` the day of that step where it is recorded. ``claimed`` are
    exceptions that are claimed for it: its end stays where it is.
    """

    model_config = ConfigDict(frozen=True)

    rule: str
    words: str
    on: date
    sense: Sense
    counted_from: date
    source: str
    keeper: Keeper = "panel"
    met_on: date | None = None
    claimed: tuple[ExceptionKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A time limit in one version of the law: ``days`` after the date named, in force for the dates given.

    ``met_by`` is the date that ends it; once ``moot_by`` is known nothing waits for it any more. ``exceptions``
    are those that its law names.
    """

    code: str
    counted_from: DateName
    triggers: frozenset[Trigger]
    days: int
    words: str
    source: str
    sense: Sense = "by"
    keeper: Keeper = "panel"
    met_by: DateName | None = None
    moot_by: DateName | None = None
    exceptions: frozenset[ExceptionKind] = frozenset()
    in_force_from: date = EARLIEST
    in_force_to: date | None = None

    def clock(self, dates: Dates, claims: Iterable[Claimed] = ()) -> Clock | None:
        """The time limit for these dates; None where its date is not known, the rule not in force then, or moot."""
        start: date | None = getattr(dates, self.counted_from)
        if start is None or start < self.in_force_from or (self.in_force_to and start > self.in_force_to):
            return None
        met: date | None = getattr(dates, self.met_by) if self.met_by else None
        if met is None and self.moot_by and getattr(dates, self.moot_by) is not None:
            return None
        end = start + timedelta(days=self.days)
        claimed = {each.kind for each in claims if each.kind in self.exceptions and each.touches(start, end)}
        return Clock(
            rule=self.code,
            words=self.words,
            on=end,
            sense=self.sense,
            counted_from=start,
            source=self.source,
            keeper=self.keeper,
            met_on=met,
            claimed=tuple(sorted(claimed)),
        )


_PLAN: frozenset[Trigger] = frozenset({"draft-plan", "school-referral"})
_REVIEW: frozenset[Trigger] = frozenset({"annual-review", "school-referral"})
_ALL: frozenset[Trigger] = _PLAN | _REVIEW
_ANY_REASON: frozenset[ExceptionKind] = frozenset(
    {"school-closed", "personal-circumstances", "absent-from-area"}
)

RULES = (
    Rule(
        code="assessment-decision",
        counted_from="request_received",
        triggers=_PLAN,
        days=6 * 7,
        words="decision whether to assess within 6 weeks of the request",
        source="SI 2014/1530 reg 5(1)",
        keeper="authority",
        met_by="assessment_decided",
        moot_by="draft_served",
        exceptions=_ANY_REASON,
    ),
    Rule(
        code="no-plan",
        counted_from="request_received",
        triggers=_PLAN,
        days=16 * 7,
        words="if there is to be no plan, the family is told within 16 weeks of the request",
        source="SI 2014/1530 reg 10(1)",
        keeper="authority",
        moot_by="draft_served",
        exceptions=_ANY_REASON,
    ),
    Rule(
        code="final-plan",
        counted_from="request_received",
        triggers=_PLAN,
        days=20 * 7,
        words="final plan within 20 weeks of the request",
        source="SI 2014/1530 reg 13(2)",
        exceptions=_ANY_REASON,
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
        code="schools-answer",
        counted_from="schools_consulted",
        triggers=_ALL,
        days=15,
        words="schools that are consulted answer within 15 days",
        source="SEND code of practice 2015, 9.83",
        keeper="school",
    ),
    Rule(
        code="review-report",
        counted_from="review_meeting",
        triggers=_REVIEW,
        days=2 * 7,
        words="report of the review within 2 weeks of the meeting",
        source="SI 2014/1530 reg 20(7) and (8)",
        keeper="school",
        met_by="review_reported",
        moot_by="draft_served",
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
