"""What happens at a sitting and after it: the panel recommends or defers, then the authority decides."""

from datetime import date, datetime, timedelta

from chassis.calendar import london_date
from chassis.decision import Decision, Refused
from chassis.ids import beside
from schemas.codes import ProvisionType
from schemas.panels_v1 import CaseDeferred, CaseHeard, DecisionIssued, Outcome
from schemas.personal_v1 import CasePapers
from services.panels.domain.case import (
    Case,
    Deferral,
    Issued,
    Listing,
    Recommendation,
    as_seen,
    known,
    still_missing,
)
from services.panels.domain.commands import DeferCase, IssueDecision, RecordRecommendation
from services.panels.domain.faults import Wrong
from services.panels.domain.sittings_calendar import PanelBook


def recommend(case: Case | None, command: RecordRecommendation, now: datetime) -> Decision[Case]:
    """The panel's recommendation, which stays internal.

    Raises Refused unless the case is before that sitting.
    """
    case = known(case)
    _provision_fits(command.outcome, command.provision)
    listing = _on_agenda(case, command.sitting_id, now)
    made = Recommendation(
        sitting_id=listing.sitting_id,
        outcome=command.outcome,
        provision=command.provision,
        reasons=command.reasons,
        heard_at=now,
    )
    heard = CaseHeard(
        case_id=case.case_id,
        referral_id=case.referral_id,
        sitting_id=listing.sitting_id,
        heard_at=now,
        decision_by=listing.decision_by,
    )
    answer = {"case_id": case.case_id, "state": "heard", "decision_by": listing.decision_by.isoformat()}
    return Decision(case.moved_to("heard", now, recommendation=made), (heard,), answer=answer)


def defer(case: Case | None, command: DeferCase, now: datetime) -> Decision[Case]:
    """Back to the queue, with why, what is missing, who brings it and by when. No legal clock stops.

    Raises Refused unless the case is before that sitting and as it was seen, or for a second deferral without
    escalation.
    """
    case = as_seen(case, command.seen)
    listing = _on_agenda(case, command.sitting_id, now)
    _deferral_makes_sense(command, now)
    if case.deferrals and not command.escalated:
        raise Refused(
            "deferred-before",
            "The case was deferred once already: have a second deferral escalated, then say so.",
        )
    dated = "statutory-dates" not in command.missing
    missing = still_missing(command.missing, dated)
    deferral = Deferral(
        sitting_id=listing.sitting_id,
        reason=command.reason,
        missing=missing,
        owner=command.owner,
        deferred_at=now,
        next_on=command.next_on,
        escalated=command.escalated,
    )
    told = CaseDeferred(
        case_id=case.case_id,
        referral_id=case.referral_id,
        sitting_id=listing.sitting_id,
        missing=missing,
        owner=command.owner,
        deferred_at=now,
        next_on=command.next_on,
    )
    after = case.moved_to(
        "deferred",
        now,
        listing=None,
        missing=missing,
        complete_at=None,
        deferrals=(*case.deferrals, deferral),
    )
    answer = {"case_id": case.case_id, "state": "deferred", "next_on": command.next_on.isoformat()}
    return Decision(after, (told,), answer=answer)


def issue(book: PanelBook, case: Case | None, command: IssueDecision, now: datetime) -> Decision[Case]:
    """The authority decides, as recommended or otherwise; only this tells the family.

    The same decision again answers the one that was issued. Raises Refused for a case without a
    recommendation, for a second, different decision, and for a departure without reasons of its own.
    """
    case = known(case)
    if case.decision is not None:
        return _issued_before(case, case.decision, command)
    recommended = case.recommendation
    if case.status != "heard" or recommended is None:
        raise Refused("not-heard", f"The case is {case.status}: a decision follows a panel's recommendation.")
    outcome, provision = _settled(recommended, command)
    _provision_fits(outcome, provision)
    if (outcome, provision) != (recommended.outcome, recommended.provision) and not command.reasons:
        raise Refused("reasons-missing", "A decision that departs from the recommendation needs its reasons.")
    issued = Issued(
        decision_id=beside(case.case_id, "decision"),
        outcome=outcome,
        provision=provision,
        reasons=command.reasons or recommended.reasons,
        decided_at=now,
        next_step_by=_next_step_by(book, case, outcome, now),
        officer=command.officer,
    )
    after = case.moved_to("decided", now, decision=issued)
    return Decision(after, _told(case, issued), answer=_answer(case, issued))


def _settled(recommended: Recommendation, command: IssueDecision) -> tuple[Outcome, ProvisionType | None]:
    """Outcome and provision: as recommended where the officer named none."""
    if command.outcome is None:
        return recommended.outcome, command.provision or recommended.provision
    if command.outcome == recommended.outcome:
        return command.outcome, command.provision or recommended.provision
    return command.outcome, command.provision


def _issued_before(case: Case, issued: Issued, command: IssueDecision) -> Decision[Case]:
    same = (
        command.outcome in (None, issued.outcome)
        and command.provision in (None, issued.provision)
        and command.reasons in (None, issued.reasons)
    )
    if not same:
        raise Refused("already-decided", "A decision was issued already, and is never rewritten.")
    return Decision(answer=_answer(case, issued))


def _told(case: Case, issued: Issued) -> tuple[DecisionIssued, CasePapers]:
    decision = DecisionIssued(
        case_id=case.case_id,
        referral_id=case.referral_id,
        decision_id=issued.decision_id,
        outcome=issued.outcome,
        provision=issued.provision,
        decided_at=issued.decided_at,
        next_step_by=issued.next_step_by,
    )
    return decision, CasePapers(
        case_id=case.case_id, referral_id=case.referral_id, reasons=issued.reasons, told=True
    )


def _answer(case: Case, issued: Issued) -> dict[str, object]:
    return {
        "case_id": case.case_id,
        "state": "decided",
        "decision_id": issued.decision_id,
        "outcome": issued.outcome,
        "provision": issued.provision,
        "decided_at": issued.decided_at.isoformat(),
        "next_step_by": issued.next_step_by.isoformat(),
    }


def _next_step_by(book: PanelBook, case: Case, outcome: Outcome, now: datetime) -> date:
    today = london_date(now)
    panel = book.at(case.panel, today)
    if panel is None:
        raise Refused("unknown-panel", "No file in panels/ describes this panel today.")
    if outcome == "agreed":
        return today + timedelta(days=panel.decisions.agreed_calendar_days)
    if outcome == "not-agreed":
        return book.working.add(today, panel.decisions.not_agreed_working_days)
    return book.working.add(today, panel.decisions.more_information_working_days)


def _on_agenda(case: Case, sitting_id: str, now: datetime) -> Listing:
    if case.listing is None or not case.sits(sitting_id):
        raise Refused("not-on-agenda", f"The case is {case.status} and not before this sitting.")
    if now < case.listing.sits_at:
        raise Refused("sitting-not-begun", "The sitting has not begun yet: record this from its hour on.")
    return case.listing


def _provision_fits(outcome: Outcome, provision: ProvisionType | None) -> None:
    if outcome == "agreed" and provision is None:
        wrong = Wrong("provision", "provision-missing", "names the type of provision when it is agreed")
    elif outcome != "agreed" and provision is not None:
        wrong = Wrong("provision", "provision-not-expected", "must be left out unless the outcome is agreed")
    else:
        return
    raise Refused("provision-does-not-fit", "Provision and outcome do not fit.", faults=(wrong,))


def _deferral_makes_sense(command: DeferCase, now: datetime) -> None:
    wrong = []
    if not command.reason.strip():
        wrong.append(Wrong("reason", "reason-missing", "says in words why the panel cannot recommend yet"))
    if not command.missing:
        wrong.append(Wrong("missing", "missing-items-missing", "names at least one item that is missing"))
    if command.next_on <= london_date(now):
        wrong.append(Wrong("next_on", "not-in-the-future", "must be a day after today"))
    if wrong:
        raise Refused("deferral-incomplete", "The deferral lacks something.", faults=tuple(wrong))
