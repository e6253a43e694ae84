"""What the panels and notifications services say, noted on the referral. The panel owns the case's state."""

from datetime import datetime

from chassis.decision import Decision
from schemas.notifications_v1 import MessageFailedV2, MessageHeld, MessageSentV2, MessageSettled
from schemas.panel_days_v1 import CaseChairAction, CasePassedOn, DecisionCorrected
from schemas.panels_v1 import (
    CaseCompleted,
    CaseDeferred,
    CaseHeard,
    CaseListed,
    CaseOpened,
    CaseUnlisted,
    CaseWithdrawn,
    DecisionIssued,
)
from services.referrals.domain.referral import (
    PANEL,
    How,
    PanelCase,
    Referral,
    Status,
    Told,
    Withdrawal,
    known,
)
from services.referrals.domain.work.moving import noted


def case_opened(referral: Referral | None, event: CaseOpened, now: datetime) -> Decision[Referral]:
    """The case stands in the panel's queue."""
    return _case(
        referral, event.case_id, "queued", event.opened_at, due_on=event.due_on, complete=event.complete
    )


def case_completed(referral: Referral | None, event: CaseCompleted, now: datetime) -> Decision[Referral]:
    """What was missing has come; a deferred case is back in the queue."""
    status = "queued" if known(referral).status == "deferred" else known(referral).status
    facts = {"due_on": event.due_on, "complete": True, "missing": ()}
    return _case(referral, event.case_id, status, event.completed_at, **facts)


def case_listed(referral: Referral | None, event: CaseListed, now: datetime) -> Decision[Referral]:
    """A sitting will hear the case."""
    facts = {"sits_on": event.sits_on, "decision_by": event.decision_by}
    return _case(referral, event.case_id, "listed", now, **facts)


def case_unlisted(referral: Referral | None, event: CaseUnlisted, now: datetime) -> Decision[Referral]:
    """Its sitting does not hear the case after all: it is back in the panel's queue."""
    facts = {"sits_on": None, "decision_by": None, "due_on": event.due_on}
    return _case(referral, event.case_id, "queued", event.unlisted_at, **facts)


def case_heard(referral: Referral | None, event: CaseHeard, now: datetime) -> Decision[Referral]:
    """The panel has heard the case; its recommendation stays internal."""
    return _case(referral, event.case_id, "heard", event.heard_at, decision_by=event.decision_by)


def decision_issued(referral: Referral | None, event: DecisionIssued, now: datetime) -> Decision[Referral]:
    """The authority has decided."""
    facts = {"outcome": event.outcome, "provision": event.provision, "next_step_by": event.next_step_by}
    return _case(referral, event.case_id, "decided", event.decided_at, **facts)


def decision_corrected(
    referral: Referral | None, event: DecisionCorrected, now: datetime
) -> Decision[Referral]:
    """The authority mended its decision."""
    facts = {"outcome": event.outcome, "provision": event.provision, "next_step_by": event.next_step_by}
    return _case(referral, event.case_id, "decided", event.corrected_at, **facts)


def case_settled_by_chair(
    referral: Referral | None, event: CaseChairAction, now: datetime
) -> Decision[Referral]:
    """A chair recommended between sittings; the recommendation stays internal."""
    return _case(referral, event.case_id, "heard", event.acted_at, decision_by=event.decision_by)


def case_passed_on(referral: Referral | None, event: CasePassedOn, now: datetime) -> Decision[Referral]:
    """Another panel has the case in its queue; first it is completed there where that one wants to see more."""
    facts: dict[str, object] = {"sits_on": None, "decision_by": None}
    if event.missing:
        facts |= {"missing": event.missing, "complete": False}
    return _case(referral, event.case_id, "queued", event.passed_at, **facts)


def case_deferred(referral: Referral | None, event: CaseDeferred, now: datetime) -> Decision[Referral]:
    """The case goes back to the queue, with what is missing."""
    facts = {
        "missing": event.missing,
        "owner": event.owner,
        "next_on": event.next_on,
        "sits_on": None,
        "decision_by": None,
        "complete": False,
    }
    return _case(referral, event.case_id, "deferred", event.deferred_at, **facts)


def case_withdrawn(referral: Referral | None, event: CaseWithdrawn, now: datetime) -> Decision[Referral]:
    """The panel has taken the case out of its queue."""
    state = known(_case(referral, event.case_id, "withdrawn", event.withdrawn_at).state)
    withdrawal = state.withdrawal or Withdrawal(reason=event.reason, asked_at=event.withdrawn_at)
    done = withdrawal.model_copy(update={"done": True, "reason": event.reason})
    return Decision(state.model_copy(update={"withdrawal": done}))


def _case(
    referral: Referral | None, case_id: str, status: Status, at: datetime, **facts: object
) -> Decision[Referral]:
    referral = known(referral)
    case = (referral.case or PanelCase(case_id=case_id)).model_copy(update=facts)
    after = noted(referral, "panel", at, PANEL, detail=status)
    return Decision(after.model_copy(update={"status": status, "changed_at": at, "case": case}))


def message_sent(referral: Referral | None, event: MessageSentV2, now: datetime) -> Decision[Referral]:
    """A person has been told of a fact."""
    return _told(referral, event, "sent", event.sent_at)


def message_failed(referral: Referral | None, event: MessageFailedV2, now: datetime) -> Decision[Referral]:
    """A person could not be told: somebody has to find another way."""
    return _told(referral, event, "failed", event.failed_at, event.reason)


def message_held(referral: Referral | None, event: MessageHeld, now: datetime) -> Decision[Referral]:
    """Nobody knows whether the person was told, or there is no way to tell them."""
    return _told(referral, event, "held", event.held_at, event.reason)


def message_settled(referral: Referral | None, event: MessageSettled, now: datetime) -> Decision[Referral]:
    """A person settled a held or failed message by hand."""
    how: How = "by-hand" if event.told else "not-to-be-told"
    return _told(referral, event, how, event.settled_at)


_Message = MessageSentV2 | MessageFailedV2 | MessageHeld | MessageSettled


def _told(
    referral: Referral | None, event: _Message, how: How, at: datetime, why: str = ""
) -> Decision[Referral]:
    referral, about = known(referral), (event.person_id, event.fact)
    others = tuple(each for each in referral.told if (each.person_id, each.fact) != about)
    now = Told(person_id=about[0], fact=about[1], how=how, at=at, message_id=event.message_id, why=why)
    told = (*others, now)
    return Decision(referral.model_copy(update={"told": told}))
