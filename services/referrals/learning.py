"""What this service learnt from others: how its cases fare at the panels, and what families were told."""

from typing import Any

from chassis.erasure import ERASURE, restored
from chassis.learning import Answered, Learning, Learnt, Restoring
from schemas import children_v1 as children
from schemas import directory_v1 as directory
from schemas import referral_work_v1 as work
from schemas import referrals_v1 as referrals
from schemas import submissions_v1 as submissions
from schemas.erasure_v1 import PersonErased
from schemas.family_v1 import FamilyAnswer, FamilyAnswered, PageCodeHanded, TellingDecided
from schemas.personal_v1 import PersonDetails, ReferralPapers
from schemas.staff_v1 import ReferralRestricted, StaffDetails
from services.referrals.domain import family_words, page_codes
from services.referrals.domain.children.aliases import ALIAS
from services.referrals.domain.children.persons import PERSON
from services.referrals.domain.directory.listing import ENTRY
from services.referrals.domain.family_words import FAMILY_WORDS as SAID
from services.referrals.domain.family_words import FamilyWords
from services.referrals.domain.referral import PAPERS, REFERRAL, Referral
from services.referrals.domain.restoring import beginnings as restoring
from services.referrals.domain.restoring import children as again
from services.referrals.domain.restoring import work as did
from services.referrals.domain.staff.members import STAFF
from services.referrals.domain.staff.restricted import RESTRICTION
from services.referrals.storage import FAMILY_WORDS, PAGE_CODES, REFERRALS


def _hearing(referral: Referral) -> dict[str, Any]:
    """The parts of a referral that others told; between two of them there is no order."""
    told = sorted((each.person_id, each.fact, each.how, each.at) for each in referral.told)
    case, place = (each and each.model_dump(mode="json") for each in (referral.case, referral.place))
    return {"case": case, "place": place, "told": told}


def _restoring() -> Restoring:
    own = Restoring()
    own.on(referrals.ReferralReceived, REFERRAL, restoring.received)
    own.on(referrals.ReferralReceivedV2, REFERRAL, restoring.received)
    own.on(referrals.ReferralRouted, REFERRAL, restoring.routed)
    own.on(referrals.ReferralRoutedV2, REFERRAL, restoring.routed)
    _work(own)
    own.on(children.PersonMerged, ALIAS, again.merged)
    own.on(children.PersonUnmerged, ALIAS, again.unmerged)
    own.on(PersonErased, ERASURE, restored)
    own.on(children.ChildMoved, REFERRAL, again.moved)
    own.on(children.ChildDied, REFERRAL, again.died)
    own.on(StaffDetails, STAFF, restoring.staff)
    own.on(ReferralRestricted, RESTRICTION, restoring.restricted)
    own.on(FamilyAnswered, REFERRAL, did.family_answered)
    own.on(TellingDecided, REFERRAL, did.telling_decided)
    own.on(FamilyAnswer, SAID, family_words.restored)
    own.on(PageCodeHanded, page_codes.PAGE_CODE, page_codes.restored)
    own.on(PersonDetails, PERSON, restoring.person)
    own.on(ReferralPapers, PAPERS, restoring.papers)
    own.on(directory.DestinationListed, ENTRY, restoring.entry)
    own.on(directory.DestinationListedV2, ENTRY, restoring.entry)
    own.on(directory.SettingListed, ENTRY, restoring.entry)
    own.on(directory.AreaListed, ENTRY, restoring.entry)
    own.on(directory.RuleListed, ENTRY, restoring.entry)
    own.answered(
        submissions.SubmissionAccepted, lambda it: Answered(it.source, it.submission_id, it.referral_id)
    )
    own.answered(submissions.SubmissionRefused, lambda it: Answered(it.source, it.submission_id))
    return own


def _work(own: Restoring) -> None:
    """What teams and schools did with a referral, and what the clock did."""
    own.on(work.ReferralWaiting, REFERRAL, did.waiting)
    own.on(referrals.ReferralAccepted, REFERRAL, did.accepted)
    own.on(referrals.ReferralReturned, REFERRAL, did.returned)
    own.on(work.InformationAsked, REFERRAL, did.asked)
    own.on(work.SchoolAnswered, REFERRAL, did.answered)
    own.on(work.ReferralAssigned, REFERRAL, did.assigned)
    own.on(work.VisitArranged, REFERRAL, did.visit_arranged)
    own.on(work.VisitMoved, REFERRAL, did.visit_moved)
    own.on(work.VisitDone, REFERRAL, did.visit_done)
    own.on(referrals.ReferralConcluded, REFERRAL, did.concluded)
    own.on(work.ReviewRecorded, REFERRAL, did.reviewed)
    own.on(work.ReferralStepped, REFERRAL, did.stepped)
    own.on(work.ReferralClosed, REFERRAL, did.closed)
    own.on(work.ReferralReopened, REFERRAL, did.reopened)
    own.on(work.ReferralAmended, REFERRAL, did.amended)
    own.on(work.EvidenceAdded, REFERRAL, did.evidence_added)
    own.on(referrals.WithdrawalRequested, REFERRAL, did.withdrawal_requested)
    own.on(referrals.ReferralWithdrawn, REFERRAL, did.withdrawn)
    own.on(work.AnswerDue, REFERRAL, did.answer_due)
    own.on(work.AnswerOverdue, REFERRAL, did.overdue)
    own.on(work.SchoolOverdue, REFERRAL, did.school_overdue)
    own.on(work.ReviewDue, REFERRAL, did.review_due)


def _written(words: FamilyWords) -> dict[str, Any]:
    """What the family wrote; the answer is this service's own."""
    return words.model_dump(mode="json", exclude={"answer", "answered_by", "answered_at"})


LEARNING = Learning(
    learnt=(
        Learnt(REFERRALS, _hearing, wholly=False),
        Learnt(FAMILY_WORDS, _written, wholly=False),
        Learnt(PAGE_CODES, lambda code: code.model_dump(mode="json", include={"used_at"}), wholly=False),
    ),
    restoring=_restoring(),
)
