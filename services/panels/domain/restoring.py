"""Cases and sittings, told by the service's own facts: for a database that has lost them.

What was never published cannot come back: a recommendation before its decision (the case stands before its
sitting again, and the panel records it again), the statutory dates that completed a case, who decided, why a
case was deferred beside what was missing.
"""

from chassis.decision import Decision, Refused, World
from schemas import panels_v1 as facts
from schemas.personal_v1 import CasePapers
from schemas.referrals_v1 import ReferralRoutedV2
from services.panels.domain.case import CASE, Case, Deferral, Issued, Listing, Withdrawal, case_id_of
from services.panels.domain.commands import ScheduleSitting
from services.panels.domain.queue import open_case
from services.panels.domain.sitting import Cancelled, Sitting, schedule
from services.panels.domain.sittings_calendar import PanelBook

LOST = "lost with the database"


def routed(book: PanelBook, case: Case | None, fact: ReferralRoutedV2) -> Decision[Case]:
    """What a case was opened with; that it was opened is told by the panels' own fact."""
    ref = CASE.at(case_id_of(fact.referral_id))
    try:
        changes = open_case(book, World({ref: case}), fact, fact.routed_at)
    except Refused:
        return Decision()
    return Decision(changes.decisions[ref].state if ref in changes.decisions else None)


def opened(case: Case | None, fact: facts.CaseOpened) -> Decision[Case]:
    """The case stands in the queue."""
    names = ("panel", "trigger", "urgent", "opened_at", "due_on")
    return _changed(case, **{name: getattr(fact, name) for name in names})


def completed(case: Case | None, fact: facts.CaseCompleted) -> Decision[Case]:
    """Nothing is missing any more."""
    if case is None:
        return Decision()
    at = fact.completed_at
    return Decision(case.moved_to("queued", at, complete_at=at, missing=(), due_on=fact.due_on))


def listed(book: PanelBook, case: Case | None, fact: facts.CaseListed) -> Decision[Case]:
    """A sitting hears it."""
    if case is None:
        return Decision()
    slot = book.slot(fact.sitting_id)
    listing = Listing(
        sitting_id=fact.sitting_id,
        sits_at=slot.sits_at if slot else fact.papers_close_at,
        sits_on=fact.sits_on,
        papers_close_at=fact.papers_close_at,
        decision_by=fact.decision_by,
    )
    return Decision(case.moved_to("listed", fact.papers_close_at, listing=listing))


def unlisted(case: Case | None, fact: facts.CaseUnlisted) -> Decision[Case]:
    """That sitting does not hear it after all; one that listed it meanwhile still does."""
    if case is None or not case.sits(fact.sitting_id):
        return Decision()
    return Decision(case.moved_to("queued", fact.unlisted_at, listing=None))


def heard(case: Case | None, fact: facts.CaseHeard) -> Decision[Case]:
    """The recommendation is gone: the case is before its sitting until the panel records it again."""
    return Decision(case)


def decided(case: Case | None, fact: facts.DecisionIssued) -> Decision[Case]:
    """The authority decided; its reasons are told by the papers."""
    if case is None:
        return Decision()
    names = ("decision_id", "outcome", "provision", "decided_at", "next_step_by")
    issued = Issued(**{name: getattr(fact, name) for name in names}, reasons="", officer=LOST)
    return Decision(case.moved_to("decided", fact.decided_at, decision=issued))


def reasons(case: Case | None, fact: CasePapers) -> Decision[Case]:
    """The reasons of a decision that lacks them."""
    if case is None or case.decision is None or case.decision.reasons:
        return Decision()
    return _changed(case, decision=case.decision.model_copy(update={"reasons": fact.reasons or LOST}))


def deferred(case: Case | None, fact: facts.CaseDeferred) -> Decision[Case]:
    """Back to the queue."""
    if case is None:
        return Decision()
    names = ("sitting_id", "missing", "owner", "deferred_at", "next_on")
    told = {name: getattr(fact, name) for name in names}
    deferral = Deferral(**told, reason=LOST, escalated=bool(case.deferrals))
    changes = {"listing": None, "missing": fact.missing, "complete_at": None}
    deferrals = (*case.deferrals, deferral)
    return Decision(case.moved_to("deferred", fact.deferred_at, deferrals=deferrals, **changes))


def withdrawn(case: Case | None, fact: facts.CaseWithdrawn) -> Decision[Case]:
    """Taken out of the queue."""
    if case is None:
        return Decision()
    withdrawal = Withdrawal(reason=fact.reason, at=fact.withdrawn_at)
    return Decision(case.moved_to("withdrawn", fact.withdrawn_at, withdrawal=withdrawal))


def _changed(case: Case | None, **changes: object) -> Decision[Case]:
    return Decision(case.model_copy(update=changes) if case else None)


def scheduled(book: PanelBook, sitting: Sitting | None, fact: facts.SittingScheduled) -> Decision[Sitting]:
    """A sitting of the calendar, or an extra one, with what falls due for it."""
    if sitting is not None:
        return Decision()
    made = schedule(book, None, ScheduleSitting(fact.sitting_id), fact.papers_close_at)
    return Decision(made.state, due=made.due)


def cancelled(sitting: Sitting | None, fact: facts.SittingCancelled) -> Decision[Sitting]:
    """It does not take place, and hears nobody."""
    if sitting is None:
        return Decision()
    why = Cancelled(
        reason=fact.reason,
        words=LOST,
        at=fact.cancelled_at,
        case_ids=sitting.case_ids,
        moved_to=fact.moved_to,
    )
    changes = {"status": "cancelled", "flag": None, "case_ids": (), "cancelled": why}
    return Decision(sitting.model_copy(update=changes))


def confirmed(sitting: Sitting | None, fact: facts.SittingConfirmed) -> Decision[Sitting]:
    """Its batch was settled; where all cases have left it, it is as before."""
    changes = {
        "status": "confirmed" if fact.case_ids else "scheduled",
        "case_ids": fact.case_ids,
        "confirmed_at": fact.confirmed_at,
    }
    return Decision(sitting.model_copy(update={**changes, "flag": None}) if sitting else None)


def locked(sitting: Sitting | None, fact: facts.SittingLocked) -> Decision[Sitting]:
    """Its papers closed; without cases it lapsed."""
    changes = {"status": "locked" if fact.case_ids else "lapsed", "case_ids": fact.case_ids, "flag": None}
    return Decision(sitting.model_copy(update={**changes, "locked_at": fact.locked_at}) if sitting else None)
