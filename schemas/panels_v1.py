"""What the panels service says about cases and sittings. Ids, codes and dates only."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from schemas.codes import Owner, ProvisionType, Trigger, WithdrawalReason
from schemas.envelope import Event
from schemas.topics import PANELS

#: What a panel for local high needs funding agrees to.
Gives = Literal["funding", "support", "both"]
Outcome = Literal["agreed", "not-agreed", "more-information"]
MissingItem = Literal[
    "statutory-dates", "educational-psychology-advice", "family-views", "school-report", "health-advice"
]


class CaseOpened(Event, type="case.opened.v1", topic=PANELS, key="case_id"):
    """A case stands in the queue of a panel. ``due_on`` is None until its statutory dates are known."""

    case_id: str
    referral_id: str
    panel: str
    trigger: Trigger
    urgent: bool
    opened_at: AwareDatetime
    due_on: date | None
    complete: bool


class CaseCompleted(Event, type="case.completed.v1", topic=PANELS, key="case_id"):
    """The EHC co-ordinator supplied what was missing: dates or papers."""

    case_id: str
    referral_id: str
    completed_at: AwareDatetime
    due_on: date


class CaseListed(Event, type="case.listed.v1", topic=PANELS, key="case_id"):
    """The co-ordinator confirmed the sitting at which the case is heard.

    ``why`` it has this date: it had none before, or it moved; then ``was_on`` is the one that the family knew.
    ``sits_at`` is the sitting's own hour.
    """

    case_id: str
    referral_id: str
    panel: str
    sitting_id: str
    sits_on: date
    papers_close_at: AwareDatetime
    decision_by: date
    why: Literal["listed", "moved"] = "listed"
    was_on: date | None = None
    sits_at: AwareDatetime | None = None


class CaseRehomed(Event, type="case.rehomed.v1", topic=PANELS, key="case_id"):
    """The panels' remits have changed, and another panel has the case in its queue. No legal clock stops."""

    case_id: str
    referral_id: str
    from_panel: str
    panel: str
    rehomed_at: AwareDatetime


class CaseUnlisted(Event, type="case.unlisted.v1", topic=PANELS, key="case_id"):
    """A sitting does not hear the case after all, and it waits for another one. ``moved``: that one follows at once.

    ``withdrawn``: the co-ordinator took it off the batch. ``not-heard``: the sitting began and did not come to it.
    Nobody is told of a ``quiet`` one: the child has died.
    """

    case_id: str
    referral_id: str
    panel: str
    sitting_id: str
    sits_on: date
    reason: Literal["sitting-cancelled", "moved", "withdrawn", "not-heard"]
    unlisted_at: AwareDatetime
    due_on: date | None = None
    quiet: bool = False


class CaseHeard(Event, type="case.heard.v1", topic=PANELS, key="case_id"):
    """The panel has made its recommendation, which stays internal until the authority decides."""

    case_id: str
    referral_id: str
    sitting_id: str
    heard_at: AwareDatetime
    decision_by: date


class DecisionIssued(Event, type="decision.issued.v1", topic=PANELS, key="case_id"):
    """The authority's decision; only this tells the family the outcome. ``setting_urn``: where it is known already.

    A panel for local high needs funding gives ``funding`` and no provision; amounts are in pounds.
    """

    case_id: str
    referral_id: str
    decision_id: str
    outcome: Outcome
    provision: ProvisionType | None
    setting_urn: str | None = None
    decided_at: AwareDatetime
    next_step_by: date
    funding: Gives | None = None
    amount_asked: int | None = None
    amount_agreed: int | None = None


class CaseDeferred(Event, type="case.deferred.v1", topic=PANELS, key="case_id"):
    """The case goes back to the queue with what is missing, who brings it, and by when."""

    case_id: str
    referral_id: str
    sitting_id: str
    missing: tuple[MissingItem, ...]
    owner: Owner
    deferred_at: AwareDatetime
    next_on: date


class CaseWithdrawn(Event, type="case.withdrawn.v1", topic=PANELS, key="case_id"):
    """The panel took the case out of its queue, as the school had asked."""

    case_id: str
    referral_id: str
    reason: WithdrawalReason
    withdrawn_at: AwareDatetime


class SittingScheduled(Event, type="sitting.scheduled.v1", topic=PANELS, key="sitting_id"):
    """The calendar rule, or for an extra one a person, set a sitting.

    ``capacity`` is the number of cases that it can hear, ``minutes`` how long it has for them (None: not counted);
    by ``confirm_by`` its co-ordinator should have settled the batch.
    """

    sitting_id: str
    panel: str
    sits_at: AwareDatetime
    papers_close_at: AwareDatetime
    capacity: int
    kind: Literal["regular", "extra"] = "regular"
    minutes: int | None = None
    confirm_by: AwareDatetime | None = None


class SittingCancelled(Event, type="sitting.cancelled.v1", topic=PANELS, key="sitting_id"):
    """A sitting will not take place. Each case that was on its batch is told by a fact of its own.

    ``moved_to`` is the day on which it takes place instead, where it was moved as a whole.
    """

    sitting_id: str
    panel: str
    sits_on: date
    reason: Literal["no-quorum", "closed-day", "no-room", "no-cases", "other"]
    cancelled_at: AwareDatetime
    moved_to: date | None = None


class SittingConfirmed(Event, type="sitting.confirmed.v1", topic=PANELS, key="sitting_id"):
    """The co-ordinator settled the batch."""

    sitting_id: str
    case_ids: tuple[str, ...]
    confirmed_at: AwareDatetime


class SittingLocked(Event, type="sitting.locked.v1", topic=PANELS, key="sitting_id"):
    """Papers have closed; the batch does not change any more."""

    sitting_id: str
    case_ids: tuple[str, ...]
    locked_at: AwareDatetime
