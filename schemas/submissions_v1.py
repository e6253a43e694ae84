"""What a school sends: the referral form, the same over HTTP and as an event. And what it is answered.

The form is strict where every other contract is tolerant: a misspelt field would otherwise be lost
without a word. Rules that need a register or a calendar belong to the referrals service.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from schemas.codes import (
    AnyRelation,
    AsksFor,
    EvidenceKind,
    Language,
    Need,
    ProvisionType,
    SenProvision,
    Trigger,
)
from schemas.envelope import Event
from schemas.topics import SUBMISSION_ANSWERS

SUBMISSION_TYPE = "referral-submission.v1"  # the ce_type of a form that is sent as an event

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]


class Part(BaseModel):
    """A part of the form: strict types, no unknown field, its values never in an error's text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Referrer(Part):
    """The person at the school who answers for the referral, usually the SENCo."""

    name: Line
    email: Line
    role: Line = "SENCo"


class Child(Part):
    """The child or young person the referral is about."""

    given_name: Line
    family_name: Line
    born: date
    upn: Line | None = Field(None, description="Unique Pupil Number, 13 characters")
    no_upn_reason: Literal["not-yet-assigned", "early-years", "home-educated", "from-abroad"] | None = None
    address: Line | None = None
    year_group: int | None = Field(
        None, description="As the school says it, Reception is 0; left out, the age tells it"
    )
    sen_provision: SenProvision
    primary_need: Need
    other_needs: tuple[Need, ...] = ()
    looked_after: bool = False
    email: Line | None = Field(None, description="The young person's own address, from 16 on")
    phone: Line | None = None
    language: Language | None = None


class Adult(Part):
    """A parent, carer or professional around the child."""

    given_name: Line
    family_name: Line
    relation: AnyRelation
    email: Line | None = None
    phone: Line | None = None
    address: Line | None = Field(
        None,
        description="Where letters go: where there is no e-mail and no mobile number, or letters are preferred",
    )
    may_be_told: bool | None = Field(
        None, description="None where no one recorded it: then nobody tells them"
    )
    channel: Literal["email", "text", "letter"] | None = Field(None, description="How they prefer to be told")
    language: Language | None = None


class Agreement(Part):
    """Whether the parents, or the young person from 16 on, agreed that specialists are called in."""

    agreed: bool
    by: Line | None = None
    on: date | None = None
    disagreement: Text | None = Field(None, description="Their view, and what was done about it")


class Cycle(Part):
    """One round of assess, plan, do, review."""

    started: date
    reviewed: date
    put_in_place: Text
    changed: Text


class Views(Part):
    """What the family and the child say themselves, as nearly as possible in their own words."""

    parents_say: Text | None = None
    child_says: Text | None = None
    young_person_asked: bool | None = Field(
        None, description="Whether the young person, from 16 on, was asked directly (SEND code 8.13)"
    )


class Care(Part):
    """Who answers for a child that is looked after, and who must not be told."""

    authority: Line | None = Field(None, description="The authority that looks after the child")
    social_worker: Line | None = None
    social_worker_email: Line | None = None
    social_worker_phone: Line | None = None
    virtual_school: Line | None = Field(None, description="Whom to speak to at the Virtual School")
    not_to_be_told: tuple[Line, ...] = Field((), max_length=8)


class Evidence(Part):
    """A paper that supports the referral; ``file`` is the id that its upload was answered."""

    kind: EvidenceKind
    title: Line
    dated: date | None = None
    file: Annotated[str, StringConstraints(max_length=40)] | None = None


class StatutoryDates(Part):
    """The dates from which a placement case's legal time limits are counted."""

    request_received: date | None = None
    draft_served: date | None = None
    review_meeting: date | None = None


class Placement(Part):
    """What is asked of a placement panel."""

    trigger: Trigger
    provision: ProvisionType
    urgent: bool = False
    need_by: date | None = None
    dates: StatutoryDates = StatutoryDates()
    papers_complete: bool = False
    personal_budget: bool | None = Field(None, description="Whether the family asks for a personal budget")


class ReferralSubmission(Part):
    """The referral form."""

    urn: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)]
    referrer: Referrer
    child: Child
    adults: tuple[Adult, ...] = Field((), max_length=8)
    agreement: Agreement
    asks_for: AsksFor
    narrative: Text
    tried: tuple[Cycle, ...] = Field((), max_length=20)
    placement: Placement | None = None
    views: Views | None = None
    care: Care | None = Field(None, description="Where the child is looked after")
    evidence: tuple[Evidence, ...] = Field((), max_length=20)


class Fault(BaseModel):
    """One thing that is wrong with a form: where, a stable code, and a sentence that says what to do."""

    model_config = ConfigDict(frozen=True)

    field: str
    code: str
    message: str


class SubmissionAccepted(Event, type="submission.accepted.v1", topic=SUBMISSION_ANSWERS, key="submission_id"):
    """The form was taken; ``reference`` is how to ask about it from now on."""

    submission_id: str
    source: str
    referral_id: str
    reference: str
    received_at: AwareDatetime


class SubmissionRefused(Event, type="submission.refused.v1", topic=SUBMISSION_ANSWERS, key="submission_id"):
    """The form was not taken: every fault by its field, never a value."""

    submission_id: str
    source: str
    faults: tuple[Fault, ...]
