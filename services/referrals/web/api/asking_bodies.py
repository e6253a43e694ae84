"""What a program sends about an enquiry, and what it is shown of one."""

from datetime import date
from typing import Annotated, Any, Protocol

from pydantic import Field, StrictInt, WithJsonSchema

from chassis.ids import new_id
from schemas.codes import Need
from services.referrals.domain.book import Book
from services.referrals.domain.enquiries import enquiry as domain
from services.referrals.domain.enquiries.enquiry import (
    MOST_MINUTES,
    ClosedBecause,
    Enquiry,
    EnquiryKind,
    Wants,
)
from services.referrals.domain.intake.drafts import Draft
from services.referrals.web.api.parts import Body, Id, Text, Urn

#: Who has begun a draft, where a program did.
_A_PROGRAM = "The school's own system"
FORM = WithJsonSchema(
    {
        "type": "object",
        "description": "The fields of the body of POST /api/referrals; what is known already may be left out.",
    }
)


class Asking(Body):
    """A question to Ask SALI, or help for a whole setting (then ``wants`` says what would help)."""

    kind: EnquiryKind
    urn: Urn
    question: Text
    topic: Need | None = None
    wants: Wants | None = None

    def command(self, by: str) -> domain.AskEnquiry:
        """The command."""
        return domain.AskEnquiry(new_id(), self.kind, self.urn, by, self.question, self.topic, self.wants)


class Act(Protocol):
    """A body that says what is to be done with an enquiry."""

    def command(self, enquiry: Enquiry, by: str) -> domain.OnEnquiry:
        """The command of somebody."""
        ...


class Doing(Body):
    """``seen`` is the version of the enquiry that was looked at: where it has another by now, nothing is done."""

    seen: StrictInt | None = Field(None, ge=1, le=1_000_000)


class Taking(Doing):
    """Who sees to it, by staff id; null: it waits for all who answer."""

    to: Id | None

    def command(self, enquiry: Enquiry, by: str) -> domain.OnEnquiry:
        """The command."""
        return domain.TakeEnquiry(enquiry.id, self.to, by=by, seen=self.seen)


class Answering(Doing):
    """The answer in words, and how many minutes it took."""

    answer: Text
    minutes: StrictInt = Field(ge=1, le=MOST_MINUTES)

    def command(self, enquiry: Enquiry, by: str) -> domain.OnEnquiry:
        """The command."""
        return domain.AnswerEnquiry(enquiry.id, self.answer, self.minutes, by=by, seen=self.seen)


class Closing(Doing):
    """Why nobody needs an answer any more."""

    reason: ClosedBecause

    def command(self, enquiry: Enquiry, by: str) -> domain.OnEnquiry:
        """The command."""
        return domain.CloseEnquiry(enquiry.id, self.reason, by=by, seen=self.seen)


class Converting(Doing):
    """A question about one child becomes a referral.

    ``form`` is the referral form without what is known already: the school, the words of question and answer, the main
    need. What stands in it counts before what is known.
    """

    form: Annotated[dict[str, Any], FORM] | None = None

    def command(self, enquiry: Enquiry, by: str) -> domain.OnEnquiry:
        """The command."""
        return domain.ConvertEnquiry(enquiry.id, new_id(), _A_PROGRAM, by=by, seen=self.seen)


def brief(enquiry: Enquiry, book: Book, today: date) -> dict[str, Any]:
    """An enquiry as one line of a list: codes and dates, no words of anybody."""
    setting = book.register.find(enquiry.urn)
    shown = {
        "reference", "kind", "status", "urn", "area", "destination", "topic", "wants", "asked_at", "answer_by",
        "taken_by", "version",
    }  # fmt: skip
    school = setting.name if setting else None
    return {
        **enquiry.model_dump(mode="json", include=shown),
        "school": school,
        "overdue": enquiry.overdue(today),
    }


def full(enquiry: Enquiry, draft: Draft | None, book: Book, today: date) -> dict[str, Any]:
    """Everything that the school is shown of what it asked."""
    shown = {"reason", "question", "answer", "minutes", "answered_at", "closed_because", "history"}
    return {
        **brief(enquiry, book, today),
        **enquiry.model_dump(mode="json", include=shown),
        **became(draft),
    }


def became(draft: Draft | None) -> dict[str, str | None]:
    """What it became: a draft that waits for the rest, or a referral."""
    open_draft = draft.id if draft and draft.open else None
    reference = draft.reference if draft else None
    return {
        "draft_url": f"/refer/{open_draft}" if open_draft else None,
        "referral": reference,
        "referral_url": f"/api/referrals/{reference}" if reference else None,
    }
