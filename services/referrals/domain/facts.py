"""What is published of a referral that was taken in and sent on, in the oldest version that has its codes."""

from typing import get_args

from schemas.codes import FirstAsksFor, FirstDestinationKind
from schemas.referrals_v1 import ReferralReceived, ReferralReceivedV2, ReferralRouted, ReferralRoutedV2
from services.referrals.domain.referral import Referral

_FIRST_ASKS = frozenset(get_args(FirstAsksFor))
_FIRST_KINDS = frozenset(get_args(FirstDestinationKind))


def received(referral: Referral) -> ReferralReceivedV2:
    """A form passed every check."""
    version = ReferralReceived if referral.asks_for in _FIRST_ASKS else ReferralReceivedV2
    return version(
        referral_id=referral.id,
        reference=referral.reference,
        child_id=referral.child_id,
        tell=referral.tell,
        urn=referral.urn,
        area=referral.area,
        phase=referral.phase,
        year_group=referral.year_group,
        sen_provision=referral.sen_provision,
        primary_need=referral.primary_need,
        other_needs=referral.other_needs,
        asks_for=referral.asks_for,
        origin=referral.origin,
        received_at=referral.received_at,
        follows=referral.follows,
    )


def routed(referral: Referral) -> ReferralRoutedV2:
    """Who has it now, by which rule."""
    version = ReferralRouted if referral.destination_kind in _FIRST_KINDS else ReferralRoutedV2
    return version(
        referral_id=referral.id,
        reference=referral.reference,
        destination_kind=referral.destination_kind,
        destination=referral.destination,
        rule=referral.rule,
        routed_at=referral.routed_at,
        answer_by=referral.answer_by,
        child_id=referral.child_id,
        urn=referral.urn,
        area=referral.area,
        phase=referral.phase,
        primary_need=referral.primary_need,
        placement=referral.placement,
    )
