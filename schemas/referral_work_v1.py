"""What teams and schools do with a referral after it was sent on. Ids, codes and dates; words are in the papers."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from schemas.codes import AsksFor, DestinationKind, Need, SenProvision
from schemas.codes import Helped as Helped
from schemas.envelope import Event
from schemas.topics import REFERRALS

VisitKind = Literal["outreach-visit", "in-reach", "training"]
Owed = Literal["advice", "question"]
Direction = Literal["up", "down"]
ClosingReason = Literal[
    "advice-put-in-place", "no-answer-from-school", "moved-away", "left-education", "duplicate", "needs-met"
]  # fmt: skip
Part = Literal[
    "narrative",
    "tried",
    "asks-for",
    "primary-need",
    "other-needs",
    "sen-provision",
    "placement",
    "agreement",
    "views",
    "contacts",
    "evidence",
]


class ReferralWaiting(Event, type="referral.waiting.v1", topic=REFERRALS, key="referral_id"):
    """A rule chose a panel that does not exist yet: the case waits, visibly, until the directory lists it."""

    referral_id: str
    reference: str
    destination_kind: DestinationKind
    destination: str
    rule: str
    waiting_at: AwareDatetime
    quiet: bool = False


class ReferralAssigned(Event, type="referral.assigned.v1", topic=REFERRALS, key="referral_id"):
    """One of the team works on it from now on; nobody in particular where ``staff_id`` is None."""

    referral_id: str
    destination: str
    staff_id: str | None
    assigned_at: AwareDatetime


class InformationAsked(Event, type="information.asked.v1", topic=REFERRALS, key="referral_id"):
    """The team asks the school a question; its own time to answer stands still until it is answered."""

    referral_id: str
    destination: str
    asked_at: AwareDatetime
    school_answers_by: date


class SchoolAnswered(Event, type="school.answered.v1", topic=REFERRALS, key="referral_id"):
    """The school answered advice or a question: the team has it again, its time moved by what stood still.

    ``stopped_working_days`` is how long that was this time.
    """

    referral_id: str
    destination: str
    to: Owed
    answered_at: AwareDatetime
    answer_by: date
    stopped_working_days: int


class VisitArranged(Event, type="visit.arranged.v1", topic=REFERRALS, key="referral_id"):
    """A visit to the school, a visit of the school to a special school, or training, has its day."""

    referral_id: str
    visit_id: str
    destination: str
    kind: VisitKind
    visit_on: date
    arranged_at: AwareDatetime


class VisitMoved(Event, type="visit.moved.v1", topic=REFERRALS, key="referral_id"):
    """It has another day."""

    referral_id: str
    visit_id: str
    destination: str
    kind: VisitKind
    visit_on: date
    moved_at: AwareDatetime


class VisitDone(Event, type="visit.done.v1", topic=REFERRALS, key="referral_id"):
    """It took place."""

    referral_id: str
    visit_id: str
    destination: str
    kind: VisitKind
    done_on: date
    done_at: AwareDatetime


class ReviewDue(Event, type="review.due.v1", topic=REFERRALS, key="referral_id"):
    """The day has come on which school and family say whether it helped."""

    referral_id: str
    destination: str
    review_on: date
    due_at: AwareDatetime


class ReviewRecorded(Event, type="review.recorded.v1", topic=REFERRALS, key="referral_id"):
    """Whether it helped, as school and family see it."""

    referral_id: str
    destination: str
    helped: Helped
    recorded_at: AwareDatetime


class ReferralStepped(Event, type="referral.stepped.v1", topic=REFERRALS, key="referral_id"):
    """It ends here and goes on as ``next_referral_id``, one rung up or down the ladder of support."""

    referral_id: str
    destination: str
    direction: Direction
    asks_for: AsksFor
    next_referral_id: str
    next_reference: str
    stepped_at: AwareDatetime


class ReferralClosed(Event, type="referral.closed.v1", topic=REFERRALS, key="referral_id"):
    """Nobody works on it any more, for this reason."""

    referral_id: str
    destination: str
    reason: ClosingReason
    closed_at: AwareDatetime


class ReferralReopened(Event, type="referral.reopened.v1", topic=REFERRALS, key="referral_id"):
    """It had ended and is with the team again."""

    referral_id: str
    destination: str
    reopened_at: AwareDatetime
    answer_by: date


class ReferralAmended(Event, type="referral.amended.v1", topic=REFERRALS, key="referral_id"):
    """The school changed what it had sent. Where another team has it now, a routing follows.

    A code that was changed has its new value here, ``tell`` the persons who may be told from now on; None is left
    as it was.
    """

    referral_id: str
    parts: tuple[Part, ...]
    amended_at: AwareDatetime
    asks_for: AsksFor | None = None
    primary_need: Need | None = None
    other_needs: tuple[Need, ...] | None = None
    sen_provision: SenProvision | None = None
    tell: tuple[str, ...] | None = None


class EvidenceAdded(Event, type="evidence.added.v1", topic=REFERRALS, key="referral_id"):
    """The school added files, which are named in the sealed papers."""

    referral_id: str
    evidence_ids: tuple[str, ...]
    added_at: AwareDatetime


class AnswerDue(Event, type="answer.due.v1", topic=REFERRALS, key="referral_id"):
    """The team's promise ends soon."""

    referral_id: str
    destination: str
    answer_by: date
    due_at: AwareDatetime


class AnswerOverdue(Event, type="answer.overdue.v1", topic=REFERRALS, key="referral_id"):
    """The team's promise was not kept. Said once for each promise."""

    referral_id: str
    destination: str
    answer_by: date
    overdue_at: AwareDatetime


class SchoolOverdue(Event, type="school.overdue.v1", topic=REFERRALS, key="referral_id"):
    """The school has not answered in time: its head teacher has it in their list now."""

    referral_id: str
    destination: str
    owed: Owed
    school_answers_by: date
    overdue_at: AwareDatetime
