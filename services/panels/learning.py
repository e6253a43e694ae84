"""What this service learnt from others: children's names, schools, their words, and what families were told."""

from functools import partial
from typing import Any

from chassis.erasure import ERASURE
from chassis.erasure import restored as erased_before
from chassis.learning import Learning, Learnt, Restoring
from chassis.restrictions import RESTRICTIONS
from chassis.staff import COLLEAGUES
from schemas import case_records_v1 as entered
from schemas import case_work_v1 as work
from schemas import panel_days_v1 as days
from schemas import panels_v1 as facts
from schemas import places_v1
from schemas.erasure_v1 import ErasedFromPanels
from schemas.panel_papers_v1 import PlacementPapers, SittingPapers
from schemas.personal_v1 import CasePapers
from schemas.referrals_v1 import ReferralRouted, ReferralRoutedV2, WithdrawalRequested
from services.panels.domain import restoring
from services.panels.domain import restoring_record as recorded
from services.panels.domain import restoring_work as did
from services.panels.domain.cases.case import CASE, Case, case_id_of
from services.panels.domain.heard import Told
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.placing import remarks
from services.panels.domain.placing import restoring as places
from services.panels.domain.placing.placement import PLACEMENT, Request
from services.panels.domain.placing.places import PLACES
from services.panels.domain.sittings.sitting import SITTING, Sitting
from services.panels.placed import REQUESTS
from services.panels.storage import ALIASES, CASES, CHILDREN, SCHOOLS, SITTINGS, TELLINGS, WORDS_HEARD


def _told(told: Told) -> dict[str, Any]:
    """Each message by its id: between two of them there is no order."""
    return {each.message_id: each.model_dump(mode="json") for each in told.messages}


def _request(request: Request) -> dict[str, Any]:
    """Without where the child is by now: that is told to its case as well, which is the service's own."""
    return request.model_dump(mode="json", exclude={"urn", "area"})


#: What no fact tells: a case's history is made anew, places that the plan gave it follow from its sittings.
_OF_CASE = {"history", "moves"}


def _case(case: Case) -> dict[str, Any]:
    by_hand = [each for each in case.moves if each.by_hand]
    return case.model_dump(mode="json", exclude=_OF_CASE) | {
        "moves": [each.model_dump(mode="json") for each in by_hand]
    }


def _sitting(sitting: Sitting) -> dict[str, Any]:
    """Without what falls due by the clock alone: the co-ordinator's reminder, and that a locked batch was held."""
    status = "locked" if sitting.status == "held" else sitting.status
    return sitting.model_dump(mode="json", exclude={"flag"}) | {"status": status}


def _restoring(book: PanelBook) -> Restoring:
    own = Restoring()
    for routed in (ReferralRouted, ReferralRoutedV2):
        own.on(routed, CASE, partial(restoring.routed, book), lambda fact: case_id_of(fact.referral_id))
    own.on(ErasedFromPanels, ERASURE, erased_before)
    own.on(facts.CaseOpened, CASE, restoring.opened)
    own.on(facts.CaseCompleted, CASE, restoring.completed)
    own.on(facts.CaseListed, CASE, partial(restoring.listed, book))
    own.on(facts.CaseRehomed, CASE, restoring.rehomed)
    own.on(facts.CaseUnlisted, CASE, restoring.unlisted)
    own.on(facts.CaseHeard, CASE, restoring.heard)
    own.on(facts.DecisionIssued, CASE, restoring.decided)
    own.on(facts.CaseDeferred, CASE, restoring.deferred)
    own.on(facts.CaseWithdrawn, CASE, restoring.withdrawn)
    own.on(days.CasePassedOn, CASE, restoring.passed_on)
    own.on(days.CaseChairAction, CASE, restoring.chair_acted)
    own.on(days.DecisionCorrected, CASE, restoring.corrected)
    own.on(WithdrawalRequested, CASE, did.withdrawal_requested, lambda fact: case_id_of(fact.referral_id))
    own.on(work.PapersRequested, CASE, did.papers_requested)
    own.on(work.DatesCorrected, CASE, did.dates_corrected)
    own.on(work.WithdrawalAnswered, CASE, did.withdrawal_answered)
    own.on(work.EvidenceAnswered, CASE, did.evidence_answered)
    own.on(entered.CaseRecorded, CASE, recorded.case_recorded)
    own.on(CasePapers, CASE, recorded.papers, fills=True)
    own.on(entered.SittingRecorded, SITTING, recorded.sitting_recorded)
    own.on(SittingPapers, SITTING, recorded.sitting_papers, fills=True)
    own.on(facts.SittingScheduled, SITTING, partial(restoring.scheduled, book))
    own.on(facts.SittingCancelled, SITTING, restoring.cancelled)
    own.on(facts.SittingConfirmed, SITTING, restoring.confirmed)
    own.on(facts.SittingLocked, SITTING, restoring.locked)
    own.on(days.SittingSigned, SITTING, restoring.signed)
    _after_the_panel(own)
    return own


def _after_the_panel(own: Restoring) -> None:
    own.on(places_v1.PlaceAwaited, PLACEMENT, places.awaited)
    own.on(places_v1.PlaceAgreedAnew, PLACEMENT, places.agreed_again)
    own.on(places_v1.PlaceConsulted, PLACEMENT, places.consulted)
    own.on(places_v1.PlaceAnswered, PLACEMENT, places.answered)
    own.on(places_v1.PlaceOffered, PLACEMENT, places.offered)
    own.on(places_v1.PlaceDeclined, PLACEMENT, places.declined)
    own.on(places_v1.PlaceAccepted, PLACEMENT, places.accepted)
    own.on(places_v1.PlacementConfirmed, PLACEMENT, places.confirmed)
    own.on(places_v1.PlacementStarted, PLACEMENT, places.started)
    own.on(places_v1.PlacementReviewed, PLACEMENT, places.reviewed)
    own.on(places_v1.PlacementEnded, PLACEMENT, places.ended)
    own.on(PlacementPapers, PLACEMENT, remarks.papers, fills=True)
    own.on(places_v1.SupportAwaited, PLACEMENT, places.support_awaited)
    own.on(places_v1.SupportSettled, PLACEMENT, places.support_settled)
    own.on(places_v1.SupportStarted, PLACEMENT, places.started)
    own.on(places_v1.SupportEnded, PLACEMENT, places.ended)
    own.on(places_v1.PlacesCounted, PLACES, places.counted)
    own.on(places_v1.PlaceKept, PLACES, places.kept)
    own.on(places_v1.PlaceFreed, PLACES, places.freed)


def build(book: PanelBook) -> Learning:
    """``book``: without the panels and their calendar, a case or a sitting cannot be understood."""
    learnt = (
        Learnt(CHILDREN),
        Learnt(WORDS_HEARD),
        Learnt(SCHOOLS),
        Learnt(TELLINGS, _told),
        Learnt(ALIASES),
        Learnt(COLLEAGUES),
        Learnt(RESTRICTIONS),
        Learnt(REQUESTS, _request),
    )
    own = (Learnt(CASES, _case), Learnt(SITTINGS, _sitting))
    return Learning(learnt=learnt, own=own, restoring=_restoring(book))
