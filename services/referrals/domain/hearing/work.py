"""What the panels service asks for and answers while a case waits for its panel, noted on the referral."""

from datetime import datetime

from chassis.decision import Decision
from schemas.case_work_v1 import DatesCorrected, EvidenceAnswered, PapersRequested, WithdrawalAnswered
from services.referrals.domain.referral import PANEL, PanelCase, Referral, known
from services.referrals.domain.work.moving import noted


def papers_requested(referral: Referral | None, event: PapersRequested, now: datetime) -> Decision[Referral]:
    """The case lacks papers, and somebody was asked for them by a day."""
    referral = known(referral)
    asked = {"missing": event.items, "owner": event.owner, "bring_by": event.bring_by}
    case = (referral.case or PanelCase(case_id=event.case_id)).model_copy(update=asked)
    after = noted(
        referral, "papers-requested", event.requested_at, PANEL, detail=event.owner, on=event.bring_by
    )
    return Decision(after.model_copy(update={"case": case, "changed_at": event.requested_at}))


def dates_corrected(referral: Referral | None, event: DatesCorrected, now: datetime) -> Decision[Referral]:
    """The case is due on another day; nothing else of it changes."""
    referral = known(referral)
    case = (referral.case or PanelCase(case_id=event.case_id)).model_copy(update={"due_on": event.due_on})
    return Decision(referral.model_copy(update={"case": case}))


def withdrawal_answered(
    referral: Referral | None, event: WithdrawalAnswered, now: datetime
) -> Decision[Referral]:
    """The panel answered the wish to withdraw; if it is yes, that the case is withdrawn follows."""
    referral = known(referral)
    after = noted(
        referral, "withdrawal-answered", event.answered_at, PANEL, detail=event.reason or "accepted"
    )
    wish = referral.withdrawal
    if wish is not None and not event.accepted:
        wish = wish.model_copy(update={"declined": event.reason or "decision-cannot-wait"})
    return Decision(after.model_copy(update={"withdrawal": wish, "changed_at": event.answered_at}))


def evidence_answered(
    referral: Referral | None, event: EvidenceAnswered, now: datetime
) -> Decision[Referral]:
    """The panel answered whether it sees what the school had added after papers closed."""
    referral = known(referral)
    after = noted(referral, "evidence-answered", event.answered_at, PANEL, detail=event.reason or "accepted")
    return Decision(after.model_copy(update={"changed_at": event.answered_at}))
