"""What people entered about cases and sittings, all of it each time: a database that was lost knows it again by this.

Ids, codes and dates only; the words that belong to it travel in the papers of the case or the sitting. These facts are
the panels service's own record: no other service has to act on them, so they do not name the referral.
"""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from schemas.case_work_v1 import DeclineReason
from schemas.codes import Area, Owner, ProvisionType, Trigger, WithdrawalReason
from schemas.envelope import Event
from schemas.panels_v1 import MissingItem
from schemas.topics import PANELS

#: Into what the child changes. "another-post-16": from one place after 16 to another, at any time of the year.
TransferTo = Literal["school", "junior", "middle", "secondary", "post-16", "another-post-16"]
#: Why the law lets an authority be late: SI 2014/1530 reg 10(4), to which regs 5(4) and 13(3) lead.
ExceptionKind = Literal["school-closed", "personal-circumstances", "absent-from-area"]
Attends = Literal["yes", "no", "unknown"]
#: A member's school is the child's, or the one that is asked for; or they declared an interest of another kind.
AsideReason = Literal["current-school", "asked-school", "declared-interest"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class StatutoryDates(_Part):
    """The dates from which the law counts, as far as they are known."""

    request_received: date | None = None
    draft_served: date | None = None
    review_meeting: date | None = None
    assessment_decided: date | None = None
    schools_consulted: date | None = None
    review_reported: date | None = None


class TransferAhead(_Part):
    """A change of phase: into what, in which calendar year, on which day."""

    to: TransferTo
    year: int
    starts_on: date | None = None


class ExceptionClaimed(_Part):
    """An exception that the authority claims, for which days, recorded by whom."""

    kind: ExceptionKind
    first: date
    last: date | None = None
    by: str
    recorded_at: AwareDatetime


class PaperOnTheList(_Part):
    """One paper of the checklist: when it came, or of whom it was asked."""

    item: MissingItem
    arrived_on: date | None = None
    brought_by: Owner | None = None
    asked_of: Owner | None = None
    asked_on: date | None = None
    bring_by: date | None = None


class RaisedAnswer(_Part):
    """What was answered to the school."""

    accepted: bool
    reason: DeclineReason | None = None
    by: str
    at: AwareDatetime


class RaisedLate(_Part):
    """What the school sent after papers had closed, and the answer if there is one."""

    id: str
    kind: Literal["withdrawal", "evidence"]
    at: AwareDatetime
    reason: WithdrawalReason | None = None
    files: int = 0
    answered: RaisedAnswer | None = None


class Escalated(_Part):
    """A deferral, by its instant, that was escalated; who answered for it and when."""

    deferred_at: AwareDatetime
    answered_by: str | None = None
    answered_at: AwareDatetime | None = None


class ChairAsked(_Part):
    """Chair's action: who asked, and which chair answered what."""

    asked_at: AwareDatetime
    asked_by: str
    agreed: bool | None = None
    answered_at: AwareDatetime | None = None
    answered_by: str | None = None
    decision_by: date | None = None


class MovedByHand(_Part):
    """A sitting that a co-ordinator chose for the case; None is the queue."""

    was: str | None
    to: str | None
    by: str
    at: AwareDatetime


class Withdrawn(_Part):
    """The school's wish to take the case back."""

    reason: WithdrawalReason
    at: AwareDatetime


class CaseRecorded(Event, type="case.recorded.v1", topic=PANELS, key="case_id"):
    """All that people entered about a case beside where it stands, as it is from now on.

    ``heard_with`` is a mark that those share who are heard together; ``decided_by`` the deciding officer.
    """

    case_id: str
    urn: str
    area: Area
    trigger: Trigger
    provision: ProvisionType | None = None
    asked_setting: str | None = None
    personal_budget: bool | None = None
    dates: StatutoryDates
    transfer: TransferAhead | None = None
    exceptions: tuple[ExceptionClaimed, ...] = ()
    missing: tuple[MissingItem, ...] = ()
    papers: tuple[PaperOnTheList, ...] = ()
    raised: tuple[RaisedLate, ...] = ()
    minutes: int | None = None
    amount_asked: int | None = None
    heard_with: str | None = None
    moves: tuple[MovedByHand, ...] = ()
    escalated: tuple[Escalated, ...] = ()
    chair_action: ChairAsked | None = None
    decided_by: str | None = None
    withdrawal: Withdrawn | None = None
    recorded_at: AwareDatetime


class SeatTaken(_Part):
    """One seat, by its code in the panel's file, and the member of staff in it."""

    staff_id: str
    seat: str
    attends: Attends = "unknown"


class StoodAside(_Part):
    """A member takes no part in one case."""

    staff_id: str
    case_id: str
    why: AsideReason


class SittingRecorded(Event, type="sitting.recorded.v1", topic=PANELS, key="sitting_id"):
    """Who sits at a sitting, who of them is there, and who stands aside for which case, as it is from now on."""

    sitting_id: str
    panel: str
    members: tuple[SeatTaken, ...] = ()
    aside: tuple[StoodAside, ...] = ()
    recorded_at: AwareDatetime
