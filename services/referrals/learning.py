"""What this service learnt from others: how its cases fare at the panels, and what families were told."""

from typing import Any

from chassis.learning import Learning, Learnt, Restoring
from schemas import directory_v1 as directory
from schemas import referrals_v1 as referrals
from schemas.personal_v1 import PersonDetails, ReferralPapers
from services.referrals.domain import restoring
from services.referrals.domain.directory import ENTRY
from services.referrals.domain.persons import PERSON
from services.referrals.domain.referral import PAPERS, REFERRAL, Referral
from services.referrals.storage import REFERRALS


def _hearing(referral: Referral) -> dict[str, Any]:
    """The parts of a referral that others told; between two of them there is no order."""
    told = sorted((each.person_id, each.fact, each.how, each.at) for each in referral.told)
    return {"case": referral.case and referral.case.model_dump(mode="json"), "told": told}


def _restoring() -> Restoring:
    own = Restoring()
    own.on(referrals.ReferralReceived, REFERRAL, restoring.received)
    own.on(referrals.ReferralReceivedV2, REFERRAL, restoring.received)
    own.on(referrals.ReferralRouted, REFERRAL, restoring.routed)
    own.on(referrals.ReferralRoutedV2, REFERRAL, restoring.routed)
    own.on(referrals.ReferralAccepted, REFERRAL, restoring.accepted)
    own.on(referrals.ReferralReturned, REFERRAL, restoring.returned)
    own.on(referrals.ReferralConcluded, REFERRAL, restoring.concluded)
    own.on(referrals.WithdrawalRequested, REFERRAL, restoring.withdrawal_requested)
    own.on(referrals.ReferralWithdrawn, REFERRAL, restoring.withdrawn)
    own.on(PersonDetails, PERSON, restoring.person)
    own.on(ReferralPapers, PAPERS, restoring.papers)
    own.on(directory.DestinationListed, ENTRY, restoring.entry)
    own.on(directory.DestinationListedV2, ENTRY, restoring.entry)
    own.on(directory.SettingListed, ENTRY, restoring.entry)
    own.on(directory.RuleListed, ENTRY, restoring.entry)
    return own


LEARNING = Learning(learnt=(Learnt(REFERRALS, _hearing, wholly=False),), restoring=_restoring())
