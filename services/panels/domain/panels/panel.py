"""A panel as data: its remit, calendar, capacity and the days it gives itself. See ``panels/*.toml``."""

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from chassis.calendar import WorkingCalendar
from schemas.codes import Trigger
from services.panels.domain.panels.levels import ORDER, Level
from services.panels.domain.panels.membership import Members, Quorum
from services.panels.domain.panels.parts import CODE, Part
from services.panels.domain.panels.recurrence import checked_rule
from services.panels.domain.panels.remit import Remit

Paper = Literal["educational-psychology-advice", "family-views", "school-report", "health-advice"]


class Moved(Part):
    """One date of the rule that is moved by hand."""

    day: date
    to: date
    reason: str = Field(min_length=1)


class Calendar(Part):
    """When a panel sits: an RFC 5545 recurrence rule, and what happens to a date that is no working day."""

    rule: str
    sittings_a_month: int = Field(ge=1, le=31)
    hour: time
    when_not_a_working_day: Literal["next", "previous"] = "next"
    #: ``skip``: a date of the rule in the schools' holidays falls out, and a month may have fewer sittings.
    in_school_holidays: Literal["sit", "skip"] = "sit"
    moved: tuple[Moved, ...] = ()

    @field_validator("rule")
    @classmethod
    def _readable(cls, rule: str) -> str:
        return checked_rule(rule)


class Papers(Part):
    """When papers close before a sitting, when its batch is to be confirmed, what a complete case has.

    They close some working days before, or some calendar days: then on the last working day up to that one.
    """

    close_working_days_before: int | None = Field(None, ge=0, le=60)
    close_calendar_days_before: int | None = Field(None, ge=0, le=90)
    close_at: time
    confirm_by: time
    required: tuple[Paper, ...] = ()

    @model_validator(mode="after")
    def _confirmed_before_closing(self) -> Self:
        if self.confirm_by >= self.close_at:
            raise ValueError("confirm_by must be earlier in the day than close_at")
        return self

    @model_validator(mode="after")
    def _closes_by_one_rule(self) -> Self:
        if (self.close_working_days_before is None) == (self.close_calendar_days_before is None):
            raise ValueError("give one of close_working_days_before and close_calendar_days_before")
        return self

    def closing_day(self, sits_on: date, working: WorkingCalendar) -> date:
        """The working day on which papers close for a sitting."""
        if self.close_working_days_before is not None:
            return working.subtract(sits_on, self.close_working_days_before)
        assert self.close_calendar_days_before is not None
        return working.previous_working_day(sits_on - timedelta(days=self.close_calendar_days_before))


class Decisions(Part):
    """When the authority's decision is promised after a sitting, and the next step after each outcome."""

    within_working_days: int = Field(ge=0, le=60)
    agreed_calendar_days: int = Field(ge=0, le=90)
    not_agreed_working_days: int = Field(ge=0, le=60)
    more_information_working_days: int = Field(ge=0, le=60)


class Minutes(Part):
    """How long a sitting has for its cases, and how long a case takes, by what brought it where that is given."""

    sitting: int = Field(ge=1, le=1440)
    per_case: int = Field(ge=1, le=480)
    by_trigger: Mapping[Trigger, Annotated[int, Field(ge=1, le=480)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if self.sitting < max([self.per_case, *self.by_trigger.values()]):
            raise ValueError("sitting is shorter than one of its cases: give it more minutes")
        return self


class Fund(Part):
    """What a panel for funding may agree to in a financial year, in pounds, by the year in which it begins."""

    budgets: Mapping[str, Annotated[int, Field(ge=0)]]

    @field_validator("budgets")
    @classmethod
    def _by_year(cls, budgets: Mapping[str, int]) -> Mapping[str, int]:
        wrong = [year for year in budgets if not re.fullmatch(r"20\d\d-\d\d", year)]
        if wrong or not budgets:
            raise ValueError('write each financial year as "2026-27", with its budget in pounds')
        return budgets


class Panel(Part):
    """One panel during one period. A later file with the same ``code`` and a later date replaces it.

    ``decides``: a deciding officer issues the decision, or where the authority lets them, the chair.
    ``levels``: what the planner tries for, the most important first. Without ``minutes`` only cases are counted.
    """

    code: str = Field(pattern=CODE, max_length=60)
    kind: Literal["placement", "high-needs-funding"] = "placement"
    name: str = Field(min_length=1, max_length=120)
    effective_from: date
    effective_to: date | None = None
    capacity: int = Field(ge=1, le=200)
    remit: Remit
    calendar: Calendar
    papers: Papers
    decisions: Decisions
    quorum: Quorum
    members: Members = Members()
    minutes: Minutes | None = None
    decides: Literal["officer", "chair"] = "officer"
    levels: tuple[Level, ...] = ORDER
    fund: Fund | None = None

    @field_validator("remit", mode="before")
    @classmethod
    def _says_what_it_hears(cls, given: Any) -> Any:
        if given == {}:
            raise ValueError('says nothing: write areas = "all" where the panel hears the whole county')
        return given

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to is before effective_from: swap the two")
        return self

    @model_validator(mode="after")
    def _quorum_can_be_reached(self) -> Self:
        seats = {each.seat: each.places for each in self.members.seats}
        strange = sorted(set(self.quorum.roles) - set(seats))
        if strange:
            raise ValueError(
                f"quorum.roles needs {strange[0]}, and members.seats has no such seat: add it there"
            )
        if self.quorum.members > sum(seats.values()):
            raise ValueError(
                f"quorum.members is {self.quorum.members} and members.seats has {sum(seats.values())} places: "
                "no sitting could reach it"
            )
        return self

    @field_validator("levels")
    @classmethod
    def _each_level_once(cls, levels: tuple[Level, ...]) -> tuple[Level, ...]:
        if sorted(levels) != sorted(ORDER):
            raise ValueError(f"name each of {', '.join(ORDER)} once, in the order in which they count")
        return levels

    @model_validator(mode="after")
    def _funds_where_it_decides_on_funds(self) -> Self:
        if (self.kind == "high-needs-funding") != (self.fund is not None):
            raise ValueError(
                "a panel of the kind high-needs-funding, and no other, has a [fund] with its budgets"
            )
        return self

    def in_effect(self, day: date) -> bool:
        """Whether this version of the panel holds on a day."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    def minutes_for(self, trigger: Trigger) -> int:
        """How long a case that was so brought takes; 0 where minutes are not counted."""
        return self.minutes.by_trigger.get(trigger, self.minutes.per_case) if self.minutes else 0
