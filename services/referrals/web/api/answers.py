"""What programs are answered, for the OpenAPI document. Answers are made in `views`; tests hold both together."""

from datetime import date
from typing import Any

from pydantic import AwareDatetime, BaseModel

from schemas.codes import AsksFor, DestinationKind, EvidenceKind, Need
from services.referrals.domain.enquiries.enquiry import EnquiryKind, EnquiryStatus, Wants
from services.referrals.domain.referral import Status


class Taken(BaseModel):
    """A form was taken in: where its referral can be read, and a sentence for people."""

    reference: str
    referral_id: str
    status_url: str
    received_at: AwareDatetime
    sentence: str


class Done(BaseModel):
    """Where a referral is now, by when something is owed, and the version to act on next."""

    status: str
    by: date | None
    version: int


class Given(BaseModel):
    """One of several referrals: what became of it, or why it stayed as it was."""

    reference: str
    code: str | None = None
    detail: str | None = None


class GivenToOne(BaseModel):
    """Each of several referrals."""

    referrals: list[Given]


class Story(BaseModel):
    """Where a referral stands, in sentences for people."""

    happened: str
    holder: str
    next_step: str
    by: date | None


class ReferralLine(BaseModel):
    """A referral as one line of a list."""

    reference: str
    referral_id: str
    status: Status
    urn: str
    school: str | None
    area: str
    asks_for: AsksFor
    primary_need: Need
    destination: str | dict[str, Any]
    received_at: AwareDatetime
    answer_by: date
    version: int
    assigned_to: str | None
    school_answers_by: date | None
    school_overdue: bool
    withdrawal_asked: bool
    story: Story


class ReferralPage(BaseModel):
    """A page of a list; ``next`` is the address of the following one."""

    referrals: list[ReferralLine]
    next: str | None


class FormerReferral(BaseModel):
    """A referral of a child who has left the school, and the day until which the school sees it."""

    reference: str
    left_on: date


class FormerReferrals(BaseModel):
    """The latest, 50 at most; an older one is still read by its reference."""

    referrals: list[FormerReferral]


class WholeReferral(ReferralLine):
    """Everything that the school is shown of its referral.

    ``left_on`` is None, or the day on which the child went to another school: so it stood then.
    """

    left_on: date | None
    officer: str
    reason: str
    advice: str | None
    told: list[dict[str, Any]]
    next_step_by: date | None
    clock: dict[str, Any]
    visits: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    review_on: date | None
    review_due: bool
    helped: str | None
    follows: str | None
    next_reference: str | None
    evidence: list[dict[str, Any]]
    history: list[dict[str, Any]]


class QueueLine(BaseModel):
    """One destination's queue."""

    destination: str
    name: str | None
    kind: DestinationKind | None
    waiting: int
    under_way: int
    ended: int
    overdue: int
    oldest: AwareDatetime | None


class Queues(BaseModel):
    """Every destination that has ever had a referral."""

    queues: list[QueueLine]


class Paper(BaseModel):
    """A paper of a referral; with ``content_url`` where it is a file. ``lost``: send the file again."""

    kind: EvidenceKind
    title: str
    dated: date | None
    id: str | None
    state: str | None
    lost: bool
    media_type: str | None
    size: int | None
    sha256: str | None
    content_url: str | None


class PapersOfOne(BaseModel):
    """The papers of a referral."""

    files: list[Paper]


class EnquiryDone(BaseModel):
    """Where an enquiry is now, by when it is answered, and the version to act on next."""

    reference: str
    status: EnquiryStatus
    version: int
    answer_by: date


class EnquiryAsked(EnquiryDone):
    """A new enquiry, and where it can be read."""

    status_url: str


class EnquiryConverted(EnquiryDone):
    """What an enquiry became. Without a form it is a draft: people of the school go on with it at ``draft_url``, or a
    second call brings the rest of the form. With one it is a referral.
    """

    draft_id: str
    draft_url: str | None
    referral: str | None
    referral_url: str | None
    sentence: str


class EnquiryLine(BaseModel):
    """An enquiry as one line of a list, without words."""

    reference: str
    kind: EnquiryKind
    status: EnquiryStatus
    urn: str
    school: str | None
    area: str
    destination: str
    topic: Need | None
    wants: Wants | None
    asked_at: AwareDatetime
    answer_by: date
    taken_by: str | None
    version: int
    overdue: bool


class EnquiryPage(BaseModel):
    """A page of a list; ``next`` is the address of the following one."""

    enquiries: list[EnquiryLine]
    next: str | None


class WholeEnquiry(EnquiryLine):
    """An enquiry with its words."""

    reason: str
    question: str
    answer: str | None
    minutes: int | None
    answered_at: AwareDatetime | None
    closed_because: str | None
    history: list[dict[str, Any]]
    draft_url: str | None
    referral: str | None
    referral_url: str | None
