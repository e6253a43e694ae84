"""Cases and sittings, told by the service's own facts: for a database that has lost them.

Here is where a case and a sitting stand. What people entered about them comes back by `restoring_record`: until then
a word that is not known yet is LOST, and a case that was heard is before its sitting.
"""

from chassis.calendar import at, london_date
from chassis.decision import Decision, Refused, World
from schemas import panel_days_v1 as days
from schemas import panels_v1 as facts
from schemas.referrals_v1 import ReferralRoutedV2
from services.panels.domain.cases.case import (
    CASE,
    Case,
    Deferral,
    Issued,
    Listing,
    Withdrawal,
    case_id_of,
    judgement,
)
from services.panels.domain.cases.queue import open_case
from services.panels.domain.commands import ScheduleSitting
from services.panels.domain.day.deferrals import passed
from services.panels.domain.heard import CHILD
from services.panels.domain.judged import ChairAction, Correction, Funding
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.record import LOST as LOST
from services.panels.domain.sittings.sitting import Cancelled, Signed, Sitting, schedule, timers


def routed(book: PanelBook, case: Case | None, fact: ReferralRoutedV2) -> Decision[Case]:
    """What a case was opened with; that it was opened is told by the panels' own fact."""
    ref = CASE.at(case_id_of(fact.referral_id))
    try:
        changes = open_case(book, World({ref: case, CHILD.at(fact.child_id): None}), fact, fact.routed_at)
    except Refused:
        return Decision()
    return Decision(changes.decisions[ref].state if ref in changes.decisions else None)


def opened(case: Case | None, fact: facts.CaseOpened) -> Decision[Case]:
    """The case stands in the queue."""
    names = ("panel", "trigger", "urgent", "opened_at", "due_on")
    since = fact.opened_at if fact.complete else None
    return _changed(case, complete_at=since, **{name: getattr(fact, name) for name in names})


def completed(case: Case | None, fact: facts.CaseCompleted) -> Decision[Case]:
    """Nothing is missing any more."""
    if case is None:
        return Decision()
    since = fact.completed_at
    return Decision(case.moved_to("queued", since, complete_at=since, missing=(), due_on=fact.due_on))


def listed(book: PanelBook, case: Case | None, fact: facts.CaseListed) -> Decision[Case]:
    """A sitting hears it."""
    if case is None:
        return Decision()
    panel = book.at(fact.panel, fact.sits_on)
    listing = Listing(
        sitting_id=fact.sitting_id,
        sits_at=fact.sits_at or (at(fact.sits_on, panel.calendar.hour) if panel else fact.papers_close_at),
        sits_on=fact.sits_on,
        papers_close_at=fact.papers_close_at,
        decision_by=fact.decision_by,
    )
    return Decision(case.moved_to("listed", fact.papers_close_at, listing=listing))


def rehomed(case: Case | None, fact: facts.CaseRehomed) -> Decision[Case]:
    """Another panel has it in its queue."""
    if case is None:
        return Decision()
    return Decision(case.moved_to(case.status, fact.rehomed_at, panel=fact.panel, no_panel=""))


def unlisted(case: Case | None, fact: facts.CaseUnlisted) -> Decision[Case]:
    """That sitting does not hear it after all; one that listed it meanwhile still does."""
    if case is None or not case.sits(fact.sitting_id):
        return Decision()
    return Decision(case.moved_to("queued", fact.unlisted_at, listing=None))


def heard(case: Case | None, fact: facts.CaseHeard) -> Decision[Case]:
    """The papers tell what was recommended: until then the case is before its sitting."""
    return Decision(case)


def decided(case: Case | None, fact: facts.DecisionIssued) -> Decision[Case]:
    """The authority decided; its reasons are told by the papers."""
    if case is None:
        return Decision()
    names = ("decision_id", "outcome", "provision", "setting_urn", "decided_at", "next_step_by")
    issued = Issued(
        **{name: getattr(fact, name) for name in names}, reasons="", officer=LOST, funding=_funding(fact)
    )
    return Decision(case.moved_to("decided", fact.decided_at, decision=issued))


def _funding(fact: facts.DecisionIssued) -> Funding | None:
    if fact.funding is None:
        return None
    return Funding(gives=fact.funding, asked=fact.amount_asked or 0, agreed=fact.amount_agreed or 0)


def corrected(case: Case | None, fact: days.DecisionCorrected) -> Decision[Case]:
    """The authority mended its decision; why, and the reasons that hold since then, were told in papers alone."""
    if case is None or case.in_force is None:
        return Decision()
    before = judgement(case.in_force)
    names = ("outcome", "provision", "setting_urn")
    after = before.model_copy(update={name: getattr(fact, name) for name in names})
    mended = Correction(
        of="decision",
        at=fact.corrected_at,
        by=LOST,
        why=LOST,
        before=before,
        after=after,
        next_step_by=fact.next_step_by,
    )
    return Decision(case.moved_to("decided", fact.corrected_at, corrections=(*case.corrections, mended)))


def chair_acted(case: Case | None, fact: days.CaseChairAction) -> Decision[Case]:
    """The papers tell what the chair recommended: until then the case waits for a chair."""
    action = ChairAction(asked_at=fact.acted_at, asked_by=LOST, why=LOST)
    return _changed(case, chair_action=action)


def passed_on(case: Case | None, fact: days.CasePassedOn) -> Decision[Case]:
    """Another panel has it."""
    if case is None:
        return Decision()
    return Decision(passed(case, fact.panel, fact.missing, LOST, fact.passed_at))


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
    # A wish that nobody had to answer was done at once.
    raised = tuple(each for each in case.raised if each.kind != "withdrawal" or each.answered)
    return Decision(case.moved_to("withdrawn", fact.withdrawn_at, withdrawal=withdrawal, raised=raised))


def _changed(case: Case | None, **changes: object) -> Decision[Case]:
    return Decision(case.model_copy(update=changes) if case else None)


def scheduled(book: PanelBook, sitting: Sitting | None, fact: facts.SittingScheduled) -> Decision[Sitting]:
    """A sitting of the calendar, or an extra one, with what falls due for it."""
    if sitting is not None:
        return Decision()
    of_calendar = schedule(book, None, ScheduleSitting(fact.sitting_id), fact.papers_close_at)
    by_rule = of_calendar.state if fact.kind == "regular" else None
    made = by_rule or _outside_the_calendar(book, fact)
    told = {
        name: getattr(fact, name) for name in ("sits_at", "papers_close_at", "capacity", "kind", "minutes")
    }
    state = made.model_copy(update=told | {"confirm_by": fact.confirm_by or made.confirm_by})
    return Decision(state, due=of_calendar.due if by_rule else timers(state))


def _outside_the_calendar(book: PanelBook, fact: facts.SittingScheduled) -> Sitting:
    """An extra sitting, or a date that the calendar has no more."""
    sits_on, closes = london_date(fact.sits_at), fact.papers_close_at
    panel = book.at(fact.panel, sits_on)
    confirm_by = min(at(london_date(closes), panel.papers.confirm_by), closes) if panel else closes
    return Sitting(
        sitting_id=fact.sitting_id,
        panel=fact.panel,
        sits_on=sits_on,
        sits_at=fact.sits_at,
        papers_close_at=closes,
        confirm_by=confirm_by,
        capacity=fact.capacity,
        why=LOST if fact.kind == "extra" else "",
    )


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


def signed(sitting: Sitting | None, fact: days.SittingSigned) -> Decision[Sitting]:
    """A chair signed it off, so it was held."""
    by = Signed(by=fact.signed_by, at=fact.signed_at)
    return Decision(sitting.model_copy(update={"status": "held", "signed": by}) if sitting else None)
