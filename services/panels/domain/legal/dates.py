"""What is known of a case for the law: its dates, the change of phase ahead, and the exceptions that are claimed."""

from datetime import date, datetime, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from schemas.case_records_v1 import ExceptionKind as ExceptionKind
from schemas.case_records_v1 import TransferTo as TransferTo

DateName = Literal[
    "request_received",
    "assessment_decided",
    "draft_served",
    "schools_consulted",
    "review_meeting",
    "review_reported",
]
FOUR_WEEKS = timedelta(weeks=4)


class Known(BaseModel):
    """A part of what is known."""

    model_config = ConfigDict(frozen=True)


class Dates(Known):
    """The statutory dates of a case, as far as they are known."""

    request_received: date | None = None
    draft_served: date | None = None
    review_meeting: date | None = None
    assessment_decided: date | None = None
    schools_consulted: date | None = None
    review_reported: date | None = None

    def merged(self, later: Self) -> Self:
        """These dates with those that ``later`` knows in their place."""
        return self.model_copy(update=later.model_dump(exclude_none=True))


class Transfer(Known):
    """A change of phase: into what, in which calendar year, and for one between places after 16 on which day."""

    to: TransferTo
    year: int
    starts_on: date | None = None


class Claimed(Known):
    """An exception that the authority claims: which, for which days, who recorded it and when; the words stay here.

    It is evidence. No clock stops or moves for it.
    """

    kind: ExceptionKind
    first: date
    last: date | None = None
    by: str
    recorded_at: datetime
    words: str = ""

    def touches(self, first: date, last: date) -> bool:
        """Whether it falls into the days from ``first`` to ``last``."""
        return self.first <= last and (self.last is None or self.last >= first)


def long_enough(kind: ExceptionKind, first: date, last: date | None) -> bool:
    """Whether these days are as many as the law asks: four weeks on end, but for personal circumstances.

    One that has not ended yet may become long enough.
    """
    return kind == "personal-circumstances" or last is None or last - first >= FOUR_WEEKS
