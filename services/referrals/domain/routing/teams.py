"""Those to whom a referral can go: teams, outreach co-ordinators, the assessment team, panels, triage."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Protocol, Self

from pydantic import Field, model_validator

from schemas.codes import Area, DestinationKind, EvidenceKind
from services.referrals.domain.routing.conditions import Who
from services.referrals.domain.routing.entries import Code, Dated, FileEntry, Sentence

__all__ = ["Asks", "Code", "Destination", "Destinations", "FileEntry", "Sentence", "Support", "WorkingDays"]


class WorkingDays(Protocol):
    """Counts working days; chassis.calendar.WorkingCalendar does."""

    def add(self, day: date, working_days: int) -> date:
        """The n-th working day after ``day``."""
        ...

    def between(self, start: date, end: date) -> int:
        """How many working days come after ``start``, up to and including ``end``."""
        ...


class Asks(FileEntry):
    """What a destination wants to see in a referral; what is missing is said to the school before it sends.

    ``cycles`` of assess, plan, do, review, the last of them reviewed ``within_months``; kinds of ``evidence``.
    """

    cycles: Annotated[int, Field(ge=0, le=10)] = 0
    within_months: Annotated[int, Field(ge=1, le=36)] | None = None
    evidence: tuple[EvidenceKind, ...] = ()
    views: bool = False
    agreement: bool = False


class Destination(Dated):
    """Somebody a referral can go to, as a data file describes them. Waits are in days.

    ``for_`` says for which children they are, ``asks`` what they want to see of the school's work; from and until,
    on which days they take referrals.
    """

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
    for_: Annotated[Who, Field(alias="for")] = Who()
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


class Destinations(dict[str, Destination]):
    """Every destination by its code, as it is on the day that it was turned to last.

    One that has ended stays as it was last: referrals that it has are in progress still.
    """

    def __init__(self, described: Iterable[Destination]) -> None:
        """Until it is turned to a day, each is as it will be at last."""
        super().__init__()
        found: dict[str, list[Destination]] = {}
        for each in described:
            found.setdefault(each.code, []).append(each)
        self.versions: Mapping[str, Sequence[Destination]] = {
            code: sorted(versions, key=lambda each: each.starts) for code, versions in found.items()
        }
        self.turn(date.max)

    def turn(self, day: date) -> None:
        """From now on each is as it is on this day."""
        self.update({code: self.on(code, day) for code in self.versions})

    def on(self, code: str, day: date) -> Destination:
        """A destination as it is on a day: as it was last where it has ended, as it will be where it is to come."""
        versions = self.versions[code]
        return next((each for each in reversed(versions) if each.starts <= day), versions[0])

    def open(self, day: date) -> "list[Destination]":
        """Those that take referrals on a day, in the order of the data files."""
        return [found for code in self.versions if (found := self.on(code, day)).holds_on(day)]


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
