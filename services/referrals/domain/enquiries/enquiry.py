"""Enquiries: a question to Ask SALI, and a request for help for a whole setting. No child is named in either.

Only schools and settings ask; families are pointed to SENDIASS. Words of an enquiry stay in this service's database.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Kind
from schemas.codes import Area, DestinationKind, Need
from services.referrals.domain.permissions import Subject

EnquiryKind = Literal["sali-question", "setting-help"]
Wants = Literal["advice", "visit", "training"]
EnquiryStatus = Literal["new", "taken", "answered", "converted", "closed"]
Did = Literal["asked", "taken", "handed-back", "answered", "converted", "closed"]
ClosedBecause = Literal["not-needed", "asked-elsewhere", "solved"]

#: Where questions to Ask SALI stand; it is no destination of a referral.
ASK_SALI = "ask-sali"
OPEN: frozenset[EnquiryStatus] = frozenset({"new", "taken"})
LONGEST = 8000  # characters of a question or an answer
MOST_MINUTES = 600


@dataclass(frozen=True, slots=True)
class AskEnquiry:
    """A school asks. The same id twice is one enquiry."""

    id: str
    kind: EnquiryKind
    urn: str
    by: str
    question: str = field(repr=False)
    topic: Need | None = None
    wants: Wants | None = None


@dataclass(frozen=True, slots=True)
class OnEnquiry:
    """What somebody does with an enquiry, of which they saw the version ``seen``; None: whatever it is."""

    id: str
    by: str = field(kw_only=True)
    seen: int | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class TakeEnquiry(OnEnquiry):
    """Somebody of those who answer, by staff id, sees to it from now on; None: it goes back to all of them."""

    to: str | None


@dataclass(frozen=True, slots=True)
class AnswerEnquiry(OnEnquiry):
    """The answer in words, and how many minutes it took."""

    answer: str = field(repr=False)
    minutes: int


@dataclass(frozen=True, slots=True)
class CloseEnquiry(OnEnquiry):
    """Nobody needs it any more."""

    reason: ClosedBecause


@dataclass(frozen=True, slots=True)
class ConvertEnquiry(OnEnquiry):
    """It becomes a draft of a referral with this id, filled in with what was asked and answered."""

    draft_id: str
    name: str = field(repr=False)


class _State(BaseModel):
    model_config = ConfigDict(frozen=True)


class EnquiryStep(_State):
    """One thing that happened to an enquiry: who did it, what and when."""

    version: int
    at: AwareDatetime
    by: str
    did: Did
    to: str | None = None


class Enquiry(_State):
    """A question with its answer. ``destination`` is where it stands, ``reason`` why there, in words."""

    id: str
    reference: str
    kind: EnquiryKind
    urn: str
    area: Area
    destination: str
    destination_kind: DestinationKind | None
    status: EnquiryStatus
    asked_by: str
    asked_at: AwareDatetime
    question: str
    topic: Need | None = None
    wants: Wants | None = None
    reason: str
    answer_by: date
    changed_at: AwareDatetime
    taken_by: str | None = None
    answer: str | None = None
    minutes: int | None = None
    answered_by: str | None = None
    answered_at: AwareDatetime | None = None
    closed_because: ClosedBecause | None = None
    draft_id: str | None = None
    version: int = 1
    history: tuple[EnquiryStep, ...] = ()

    @property
    def open(self) -> bool:
        """Whether somebody owes an answer."""
        return self.status in OPEN

    @property
    def subject(self) -> Subject:
        """The enquiry as permissions see it."""
        return Subject(self.urn, self.area, self.destination, self.destination_kind, self.taken_by)

    def overdue(self, today: date) -> bool:
        """Whether the day by which an answer was promised has passed without one."""
        return self.open and self.answer_by < today

    def days_taken(self, today: date) -> int:
        """Calendar days from the question to its answer, or to today."""
        end = self.answered_at.date() if self.answered_at else today
        return max(0, (end - self.asked_at.date()).days)


ENQUIRY = Kind("enquiry", Enquiry)


def step(
    enquiry: Enquiry, did: Did, by: str, now: datetime, to: str | None = None, **facts: object
) -> Enquiry:
    """The enquiry with another step in its history."""
    version = enquiry.version + 1
    entry = EnquiryStep(version=version, at=now, by=by, did=did, to=to)
    changed = {"version": version, "changed_at": now, "history": (*enquiry.history, entry), **facts}
    return enquiry.model_copy(update=changed)
