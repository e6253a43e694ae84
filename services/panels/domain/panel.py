"""A panel as data: its remit, calendar, capacity and the days it gives itself. See ``panels/*.toml``."""

from datetime import date, time
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.codes import Area, Need, Phase, ProvisionType
from services.panels.domain.recurrence import checked_rule

Paper = Literal["educational-psychology-advice", "family-views", "school-report", "health-advice"]
All = Literal["all"]
Some = Field(min_length=1)


class Part(BaseModel):
    """A table of a panel's file: a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Remit(Part):
    """Which cases a panel hears; ``all`` is no limit. An empty list would hear nobody and is refused."""

    areas: All | Annotated[frozenset[Area], Some] = "all"
    phases: All | Annotated[frozenset[Phase], Some] = "all"
    needs: All | Annotated[frozenset[Need], Some] = "all"
    provisions: All | Annotated[frozenset[ProvisionType], Some] = "all"

    def objection(self, area: Area, phase: Phase, need: Need, provision: ProvisionType | None) -> str | None:
        """Why a case is outside the remit, in words; None where it is inside."""
        for name, limit, value in (
            ("area", self.areas, area),
            ("phase", self.phases, phase),
            ("need", self.needs, need),
            ("provision asked for", self.provisions, provision),
        ):
            if limit != "all" and value not in limit:
                return f"the panel does not hear cases of this {name} ({value or 'not known'})"
        return None


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
    moved: tuple[Moved, ...] = ()

    @field_validator("rule")
    @classmethod
    def _readable(cls, rule: str) -> str:
        return checked_rule(rule)


class Papers(Part):
    """When papers close before a sitting, when its batch is to be confirmed, what a complete case has."""

    close_working_days_before: int = Field(ge=0, le=60)
    close_at: time
    confirm_by: time
    required: tuple[Paper, ...] = ()

    @model_validator(mode="after")
    def _confirmed_before_closing(self) -> Self:
        if self.confirm_by >= self.close_at:
            raise ValueError("confirm_by must be earlier in the day than close_at")
        return self


class Decisions(Part):
    """When the authority's decision is promised after a sitting, and the next step after each outcome."""

    within_working_days: int = Field(ge=0, le=60)
    agreed_calendar_days: int = Field(ge=0, le=90)
    not_agreed_working_days: int = Field(ge=0, le=60)
    more_information_working_days: int = Field(ge=0, le=60)


class Quorum(Part):
    """How many members make a sitting valid, and which roles must be among them. Noted, not yet enforced."""

    members: int = Field(ge=1, le=30)
    roles: tuple[str, ...] = ()


class Panel(Part):
    """One panel during one period. A later file with the same ``code`` and a later date replaces it."""

    code: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    name: str = Field(min_length=1, max_length=120)
    effective_from: date
    effective_to: date | None = None
    capacity: int = Field(ge=1, le=200)
    remit: Remit
    calendar: Calendar
    papers: Papers
    decisions: Decisions
    quorum: Quorum

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to is before effective_from: swap the two")
        return self

    def in_effect(self, day: date) -> bool:
        """Whether this version of the panel holds on a day."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)
