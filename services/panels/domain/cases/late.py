"""What the school sends after the batch is locked: the co-ordinator decides on it, and the school is answered.

Before the lock a withdrawal is done at once, and new evidence is noted: whoever completes the case looks at it.
"""

from datetime import datetime

from chassis.decision import Decision, Refused
from schemas.case_work_v1 import DeclineReason, EvidenceAnswered, WithdrawalAnswered
from schemas.referral_work_v1 import EvidenceAdded
from schemas.referrals_v1 import WithdrawalRequested
from services.panels.domain.cases.arrivals import Answered, Raised, RaisedKind
from services.panels.domain.cases.case import Case, Withdrawal, as_seen
from services.panels.domain.cases.queue import withdrawn
from services.panels.domain.commands import AnswerRaised

#: Answered without a person, where nothing is left to decide.
RULES = "rules"
WHY_NOT: dict[RaisedKind, tuple[DeclineReason, ...]] = {
    "withdrawal": ("family-wants-it-heard", "decision-cannot-wait", "heard-already"),
    "evidence": ("after-papers-closed", "known-already", "about-another-matter"),
}


def is_locked(case: Case, now: datetime) -> bool:
    """Whether what comes now comes too late to be taken without asking: its papers have closed, or it was heard."""
    if case.status == "heard":
        return True
    return case.status == "listed" and case.listing is not None and case.listing.papers_close_at <= now


def withdrawal_requested(case: Case | None, event: WithdrawalRequested, now: datetime) -> Decision[Case]:
    """The school asks to withdraw: done at once before the lock, to be decided after it, too late once decided."""
    if case is None or case.status == "withdrawn":
        return Decision()
    wish = Withdrawal(reason=event.reason, at=now)
    if case.status == "decided":
        raised = _raised(case, "withdrawal", now).model_copy(update={"reason": event.reason})
        answered = Answered(accepted=False, reason="decided-already", by=RULES, at=now)
        after, fact = _answered(case, raised, answered)
        return Decision(after.model_copy(update={"withdrawal": wish}), (fact,))
    if not is_locked(case, now):
        return withdrawn(case, wish, now)
    if any(each.kind == "withdrawal" for each in case.to_decide):
        return Decision()
    return _to_decide(case, _raised(case, "withdrawal", now).model_copy(update={"reason": event.reason}), now)


def evidence_added(case: Case | None, event: EvidenceAdded, now: datetime) -> Decision[Case]:
    """The school added papers: noted before the lock, to be decided after it."""
    if case is None or case.status == "withdrawn":
        return Decision()
    raised = _raised(case, "evidence", event.added_at)
    raised = raised.model_copy(update={"files": max(1, len(event.evidence_ids))})
    if is_locked(case, now):
        return _to_decide(case, raised, now)
    if case.status == "decided":
        after, fact = _answered(
            case, raised, Answered(accepted=False, reason="decided-already", by=RULES, at=now)
        )
        return Decision(after, (fact,))
    return Decision(case.noted("evidence-added", now))


def answer(case: Case | None, command: AnswerRaised, now: datetime) -> Decision[Case]:
    """The co-ordinator decides on what came late.

    Raises Refused for something that nobody raised or that is answered, without a reason where the answer is no, or
    where the case is not as it was seen.
    """
    case = as_seen(case, command.seen)
    raised = next((each for each in case.to_decide if each.id == command.raised_id), None)
    if raised is None:
        raise Refused(
            "nothing-to-decide", "This is answered already, or was never asked. Look at the case again."
        )
    if not command.accepted and command.reason not in WHY_NOT[raised.kind]:
        raise Refused("reason-missing", "Say why it is declined: the school is told.")
    reason = None if command.accepted else command.reason
    given = Answered(accepted=command.accepted, reason=reason, words=command.words, by=command.by, at=now)
    after, fact = _answered(case, raised, given)
    told = {"case_id": case.case_id, "raised_id": raised.id, "accepted": command.accepted}
    if raised.kind == "withdrawal" and command.accepted:
        done = withdrawn(after, Withdrawal(reason=raised.reason or "family-asked", at=now), now)
        return Decision(done.state, (fact, *done.events), answer=told | {"state": "withdrawn"})
    after = after.noted(f"{raised.kind}-answered", now)
    return Decision(after, (fact,), answer=told | {"state": after.status})


def overtaken(case: Case, now: datetime) -> tuple[Case, tuple[WithdrawalAnswered | EvidenceAnswered, ...]]:
    """A case that is decided now, and what the school is told of all that nobody had answered: it is too late."""
    facts = []
    for raised in case.to_decide:
        too_late = Answered(accepted=False, reason="decided-already", by=RULES, at=now)
        case, fact = _answered(case, raised, too_late)
        facts.append(fact)
    return case, tuple(facts)


def _raised(case: Case, kind: RaisedKind, at: datetime) -> Raised:
    return Raised(id=f"{kind}-{len(case.raised) + 1}", kind=kind, at=at)


def _to_decide(case: Case, raised: Raised, now: datetime) -> Decision[Case]:
    return Decision(case.noted(f"{raised.kind}-raised", now, raised=(*case.raised, raised)))


def _answered(
    case: Case, raised: Raised, given: Answered
) -> tuple[Case, WithdrawalAnswered | EvidenceAnswered]:
    """The case with the answer, and the fact that tells the school."""
    others = tuple(each for each in case.raised if each.id != raised.id)
    after = case.model_copy(update={"raised": (*others, raised.model_copy(update={"answered": given}))})
    if raised.kind == "withdrawal":
        return after, WithdrawalAnswered(
            case_id=case.case_id,
            referral_id=case.referral_id,
            accepted=given.accepted,
            reason=given.reason,
            answered_at=given.at,
        )
    return after, EvidenceAnswered(
        case_id=case.case_id,
        referral_id=case.referral_id,
        added_at=raised.at,
        accepted=given.accepted,
        reason=given.reason,
        answered_at=given.at,
    )
