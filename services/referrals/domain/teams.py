"""Those to whom a referral can go: teams, outreach co-ordinators, the assessment team, panels, triage."""

from datetime import date, timedelta
from typing import Annotated, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.codes import Area, DestinationKind, EvidenceKind

Code = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Sentence = Annotated[str, Field(min_length=1, max_length=500)]


class WorkingDays(Protocol):
    """Counts working days; chassis.calendar.WorkingCalendar does."""

    def add(self, day: date, working_days: int) -> date:
        """The n-th working day after ``day``."""
        ...

    def between(self, start: date, end: date) -> int:
        """How many working days come after ``start``, up to and including ``end``."""
        ...


class FileEntry(BaseModel):
    """Something that a data file describes: no key is unknown, nothing changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Asks(FileEntry):
    """What a destination wants to see in a referral; what is missing is said to the school before it sends.

    ``cycles`` of assess, plan, do, review, the last of them reviewed ``within_months``; kinds of ``evidence``.
    """

    cycles: Annotated[int, Field(ge=0, le=10)] = 0
    within_months: Annotated[int, Field(ge=1, le=36)] | None = None
    evidence: tuple[EvidenceKind, ...] = ()
    views: bool = False
    agreement: bool = False


class Destination(FileEntry):
    """Somebody a referral can go to, as a data file describes them. Waits are in days."""

    code: Code
    kind: DestinationKind
    name: Annotated[str, Field(min_length=1, max_length=120)]
    does: Sentence
    advice_line: str | None = None
    opening_hours: str | None = None
    answer_within_working_days: Annotated[int, Field(ge=1, le=60)] | None = None
    answer_within_weeks: Annotated[int, Field(ge=1, le=26)] | None = None
    expected_wait_days: Annotated[int, Field(ge=0, le=730)] | None = None
    meanwhile: Sentence | None = None
    school_answers_within_working_days: Annotated[int, Field(ge=1, le=60)] = 10
    #: False for a panel that does not sit yet: its cases wait, visibly, until it does.
    sits: bool = True
    for_whom: Sentence | None = None
    how_to_refer: Sentence | None = None
    asks: Asks = Asks()

    @model_validator(mode="after")
    def _one_promise(self) -> Self:
        if (self.answer_within_working_days is None) == (self.answer_within_weeks is None):
            raise ValueError("write either answer_within_working_days or answer_within_weeks")
        return self

    def answer_by(self, received: date, days: WorkingDays) -> date:
        """The last day of the promise to answer, counted from the day of receipt."""
        if self.answer_within_weeks is not None:
            return received + timedelta(weeks=self.answer_within_weeks)
        return days.add(received, self.answer_within_working_days or 1)


class Support(FileEntry):
    """Somebody who helps whether or not a referral was made, such as the SEND information service.

    ``areas`` is empty where they help everywhere.
    """

    name: Annotated[str, Field(min_length=1, max_length=120)]
    does: Sentence
    families: bool = True
    advice_line: str | None = None
    opening_hours: str | None = None
    find: Sentence | None = None
    areas: frozenset[Area] = frozenset()
