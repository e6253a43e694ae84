"""What the referrals service says about referrals. Ids, codes and dates only; for words see personal_v1.

A second version of a fact is published only where the first has no code for it, so that services of an older
age go on with all that they know. Each first version is a second one with fewer codes: rules take the second.
For what happens after a referral was sent on, see referral_work_v1.

A fact that is ``quiet`` happened before this system was there, and was brought in from a list: nobody is told of it.
"""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from schemas.codes import (
    Area,
    AsksFor,
    DestinationKind,
    FirstAsksFor,
    FirstDestinationKind,
    Need,
    Phase,
    ProvisionType,
    SenProvision,
    Trigger,
    WithdrawalReason,
)
from schemas.envelope import Event
from schemas.topics import REFERRALS


class PlacementAsk(BaseModel):
    """What a panel needs to know of a case in order to queue it.

    ``personal_budget``: whether the family asks for one; None where nobody has said.
    """

    model_config = ConfigDict(frozen=True)

    trigger: Trigger
    provision: ProvisionType
    urgent: bool = False
    need_by: date | None = None
    request_received: date | None = None
    draft_served: date | None = None
    review_meeting: date | None = None
    papers_complete: bool = False
    personal_budget: bool | None = None


class ReferralReceivedV2(Event, type="referral.received.v2", topic=REFERRALS, key="referral_id"):
    """A form passed every check. ``tell`` are the persons who may be told of its progress.

    ``follows`` is the referral from which this one was stepped up or down. ``restricted``: it opens to nobody
    until staff.v1 has said to whom.
    """

    referral_id: str
    reference: str
    child_id: str
    tell: tuple[str, ...]
    urn: str
    area: Area
    phase: Phase
    year_group: int
    sen_provision: SenProvision
    primary_need: Need
    other_needs: tuple[Need, ...] = ()
    asks_for: AsksFor
    origin: Literal["http", "event", "statutory"]
    received_at: AwareDatetime
    follows: str | None = None
    restricted: bool = False
    quiet: bool = False


class ReferralReceived(ReferralReceivedV2, type="referral.received.v1", topic=REFERRALS, key="referral_id"):
    """A form passed every check. ``tell`` are the persons who may be told of its progress.

    ``follows`` is the referral from which this one was stepped up or down. ``restricted``: it opens to nobody
    until staff.v1 has said to whom.
    """

    asks_for: FirstAsksFor


class ReferralRoutedV2(Event, type="referral.routed.v2", topic=REFERRALS, key="referral_id"):
    """A rule chose who has the referral now. ``rule`` names it; its words are on directory.v1.

    ``restricted``: it opens to nobody until staff.v1 has said to whom.
    """

    referral_id: str
    reference: str
    destination_kind: DestinationKind
    destination: str
    rule: str
    routed_at: AwareDatetime
    answer_by: date
    child_id: str
    urn: str
    area: Area
    phase: Phase
    primary_need: Need
    placement: PlacementAsk | None = None
    restricted: bool = False
    quiet: bool = False


class ReferralRouted(ReferralRoutedV2, type="referral.routed.v1", topic=REFERRALS, key="referral_id"):
    """A rule chose who has the referral now. ``rule`` names it; its words are on directory.v1.

    ``restricted``: it opens to nobody until staff.v1 has said to whom.
    """

    destination_kind: FirstDestinationKind


class ShortPlacement(BaseModel):
    """A place for a short time at an Education Support Centre, and when it is looked at again."""

    model_config = ConfigDict(frozen=True)

    starts_on: date
    ends_on: date
    review_on: date


class ReferralAccepted(Event, type="referral.accepted.v1", topic=REFERRALS, key="referral_id"):
    """The team takes the referral on; ``next_step_by`` is its promise.

    ``short_placement`` is there where it is a place at an Education Support Centre that was accepted.
    """

    referral_id: str
    destination: str
    accepted_at: AwareDatetime
    next_step_by: date
    destination_kind: DestinationKind | None = None
    short_placement: ShortPlacement | None = None
    quiet: bool = False


class ReferralReturned(Event, type="referral.returned.v1", topic=REFERRALS, key="referral_id"):
    """The team gives it back to the school with advice, which is not a rejection.

    Until the school answers, the team's own time stands still; no legal one ever does.
    """

    referral_id: str
    destination: str
    reason: Literal["advice-given", "more-evidence-needed", "other-service-fits-better"]
    returned_at: AwareDatetime
    school_answers_by: date | None = None


class ReferralConcluded(Event, type="referral.concluded.v1", topic=REFERRALS, key="referral_id"):
    """The team's work is done; the school and family look at it together on ``review_on``.

    ``actions`` is how many were agreed, ``next_action_by`` by when the first of them is done.
    """

    referral_id: str
    destination: str
    outcome: Literal["strategies-agreed", "training-given", "in-reach-arranged", "step-up-advised"]
    concluded_at: AwareDatetime
    review_on: date
    actions: int = 0
    next_action_by: date | None = None


class WithdrawalRequested(Event, type="withdrawal.requested.v1", topic=REFERRALS, key="referral_id"):
    """The school asks to withdraw a referral whose case a panel holds; the panel answers."""

    referral_id: str
    reason: WithdrawalReason
    requested_at: AwareDatetime


class ReferralWithdrawn(Event, type="referral.withdrawn.v1", topic=REFERRALS, key="referral_id"):
    """Nobody works on the referral any more, because the school took it back."""

    referral_id: str
    reason: WithdrawalReason
    withdrawn_at: AwareDatetime
