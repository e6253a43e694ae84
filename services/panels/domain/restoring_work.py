"""What was asked and answered about a case, told by the service's own facts: for a database that has lost it.

Facts of before what people entered was told as a whole (`restoring_record`) say no more than this.
"""

from chassis.calendar import london_date
from chassis.decision import Decision
from schemas.case_work_v1 import DatesCorrected, EvidenceAnswered, PapersRequested, WithdrawalAnswered
from schemas.referrals_v1 import WithdrawalRequested
from services.panels.domain.cases.arrivals import Answered, Raised, RaisedKind
from services.panels.domain.cases.case import Case
from services.panels.domain.cases.papers import asked
from services.panels.domain.record import LOST


def papers_requested(case: Case | None, fact: PapersRequested) -> Decision[Case]:
    """Somebody was asked for papers."""
    if case is None:
        return Decision()
    on = london_date(fact.requested_at)
    papers = asked(case.papers, fact.items, fact.owner, on, fact.bring_by)
    return Decision(case.noted("papers-requested", fact.requested_at, papers=papers))


def dates_corrected(case: Case | None, fact: DatesCorrected) -> Decision[Case]:
    """It is due on another day."""
    return Decision(case and case.noted("dates-given", fact.corrected_at, due_on=fact.due_on))


def withdrawal_requested(case: Case | None, fact: WithdrawalRequested) -> Decision[Case]:
    """The school asked to withdraw: unless it was answered, or the case withdrawn, that waits for an answer."""
    if case is None:
        return Decision()
    id = f"withdrawal-{len(case.raised) + 1}"
    raised = Raised(id=id, kind="withdrawal", at=fact.requested_at, reason=fact.reason)
    return Decision(case.model_copy(update={"raised": (*case.raised, raised)}))


def withdrawal_answered(case: Case | None, fact: WithdrawalAnswered) -> Decision[Case]:
    """The school had asked to withdraw, and was answered."""
    return _answered(case, "withdrawal", fact)


def evidence_answered(case: Case | None, fact: EvidenceAnswered) -> Decision[Case]:
    """The school had added papers, and was answered."""
    return _answered(case, "evidence", fact)


def _answered(
    case: Case | None, kind: RaisedKind, fact: WithdrawalAnswered | EvidenceAnswered
) -> Decision[Case]:
    if case is None:
        return Decision()
    answered = Answered(accepted=fact.accepted, reason=fact.reason, words=LOST, by=LOST, at=fact.answered_at)
    came = fact.added_at if isinstance(fact, EvidenceAnswered) else fact.answered_at
    new = Raised(id=f"{kind}-{len(case.raised) + 1}", kind=kind, at=came)
    waiting = next((each for each in case.raised if each.kind == kind and each.answered is None), new)
    others = tuple(each for each in case.raised if each.id != waiting.id)
    done = waiting.model_copy(update={"answered": answered})
    return Decision(case.noted(f"{kind}-answered", fact.answered_at, raised=(*others, done)))
