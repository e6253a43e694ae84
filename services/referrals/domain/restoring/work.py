"""What teams and schools did with a referral, told by the service's own facts: for a database that has lost it.

What was never published cannot come back: who did it, and the words, which the papers keep.
"""

from datetime import datetime
from typing import Any

from chassis.calendar import london_date
from chassis.decision import Decision
from schemas.family_v1 import FamilyAnswered, TellingDecided
from schemas.referral_work_v1 import (
    AnswerDue,
    AnswerOverdue,
    EvidenceAdded,
    InformationAsked,
    ReferralAmended,
    ReferralAssigned,
    ReferralClosed,
    ReferralReopened,
    ReferralStepped,
    ReferralWaiting,
    ReviewDue,
    ReviewRecorded,
    SchoolAnswered,
    SchoolOverdue,
    VisitArranged,
    VisitDone,
    VisitMoved,
)
from schemas.referrals_v1 import (
    ReferralAccepted,
    ReferralConcluded,
    ReferralReturned,
    ReferralWithdrawn,
    WithdrawalRequested,
)
from services.referrals.domain.referral import CLOCK, Clock, Referral, Step, Visit, What, Withdrawal
from services.referrals.domain.work.promises import fall_due, stopped

LOST_BY = "lost"  # in the place of who did it

Restored = Decision[Referral]


def waiting(referral: Referral | None, fact: ReferralWaiting) -> Restored:
    """No panel sits for it yet."""
    names = ("destination", "destination_kind", "rule")
    facts = {name: getattr(fact, name) for name in names}
    return _noted(referral, "waiting", fact.waiting_at, status="waiting", routed_at=fact.waiting_at, **facts)


def accepted(referral: Referral | None, fact: ReferralAccepted) -> Restored:
    """The team took it on."""
    return _moved(
        referral,
        "accepted",
        fact.accepted_at,
        status="accepted",
        accepted_at=fact.accepted_at,
        next_step_by=fact.next_step_by,
        short_placement=fact.short_placement,
    )


def returned(referral: Referral | None, fact: ReferralReturned) -> Restored:
    """The team gave it back with advice."""
    facts = {"return_reason": fact.reason, "owed": "advice", "school_answers_by": fact.school_answers_by}
    return _with_school(referral, "returned", fact.returned_at, facts)


def asked(referral: Referral | None, fact: InformationAsked) -> Restored:
    """The team asked the school."""
    facts = {"owed": "question", "school_answers_by": fact.school_answers_by}
    return _with_school(referral, "asked", fact.asked_at, facts)


def _with_school(referral: Referral | None, what: What, at: datetime, facts: dict[str, Any]) -> Restored:
    clock = stopped(referral, london_date(at)) if referral else {}
    return _moved(referral, what, at, status=what, school_overdue=False, **facts, **clock)


def answered(referral: Referral | None, fact: SchoolAnswered) -> Restored:
    """The school answered."""
    if referral is None:
        return Decision()
    stood = referral.clock.stopped_days + fact.stopped_working_days
    clock = referral.clock.model_copy(update={"stopped_on": None, "stopped_days": stood})
    return _moved(
        referral, "answered", fact.answered_at, clock=clock, **_back(referral), **_promise(referral, fact)
    )


def _back(referral: Referral) -> dict[str, Any]:
    return {
        "status": referral.before_school,
        "owed": None,
        "school_answers_by": None,
        "school_overdue": False,
    }


def _promise(referral: Referral, fact: SchoolAnswered | ReferralReopened) -> dict[str, Any]:
    return {"next_step_by" if referral.accepted_at else "answer_by": fact.answer_by}


def assigned(referral: Referral | None, fact: ReferralAssigned) -> Restored:
    """Somebody of the team has it."""
    at = fact.assigned_at if fact.staff_id else None
    return _moved(
        referral, "assigned", fact.assigned_at, to=fact.staff_id, assigned_to=fact.staff_id, assigned_at=at
    )


def visit_arranged(referral: Referral | None, fact: VisitArranged) -> Restored:
    """A visit or training has a day."""
    visit = Visit(id=fact.visit_id, kind=fact.kind, on=fact.visit_on)
    return _visit(referral, "visit-arranged", fact.arranged_at, visit, next_step_by=fact.visit_on)


def visit_moved(referral: Referral | None, fact: VisitMoved) -> Restored:
    """It has another day."""
    visit = Visit(id=fact.visit_id, kind=fact.kind, on=fact.visit_on)
    return _visit(referral, "visit-moved", fact.moved_at, visit, next_step_by=fact.visit_on)


def visit_done(referral: Referral | None, fact: VisitDone) -> Restored:
    """It took place. By when the next step was promised was not published: it stays the visit's day."""
    visit = Visit(id=fact.visit_id, kind=fact.kind, on=fact.done_on, done_on=fact.done_on)
    return _visit(referral, "visit-done", fact.done_at, visit)


def _visit(referral: Referral | None, what: What, at: datetime, visit: Visit, **facts: Any) -> Restored:
    others = tuple(each for each in referral.visits if each.id != visit.id) if referral else ()
    return _moved(referral, what, at, detail=visit.kind, visits=(*others, visit), **facts)


def concluded(referral: Referral | None, fact: ReferralConcluded) -> Restored:
    """The team's work is done."""
    facts: dict[str, Any] = {
        "conclusion": fact.outcome,
        "review_on": fact.review_on,
        "review_due": False,
        "helped": None,
    }
    return _moved(referral, "concluded", fact.concluded_at, detail=fact.outcome, status="concluded", **facts)


def reviewed(referral: Referral | None, fact: ReviewRecorded) -> Restored:
    """Whether it helped."""
    at = fact.recorded_at
    return _moved(referral, "reviewed", at, detail=fact.helped, helped=fact.helped, review_due=True)


def stepped(referral: Referral | None, fact: ReferralStepped) -> Restored:
    """It goes on as another one."""
    return _moved(
        referral,
        "stepped",
        fact.stepped_at,
        detail=fact.asks_for,
        to=fact.next_referral_id,
        status="stepped",
        direction=fact.direction,
        next_id=fact.next_referral_id,
        next_reference=fact.next_reference,
    )


def closed(referral: Referral | None, fact: ReferralClosed) -> Restored:
    """Nobody works on it any more."""
    return _moved(
        referral, "closed", fact.closed_at, detail=fact.reason, status="closed", closing=fact.reason
    )


def reopened(referral: Referral | None, fact: ReferralReopened) -> Restored:
    """It goes on after all."""
    if referral is None:
        return Decision()
    ended = {"conclusion": None, "closing": None, "withdrawal": None, "review_on": None, "helped": None}
    facts = {**ended, **_back(referral), **_promise(referral, fact)}
    clock = Clock(stopped_days=referral.clock.stopped_days)
    return _moved(referral, "reopened", fact.reopened_at, review_due=False, clock=clock, **facts)


def amended(referral: Referral | None, fact: ReferralAmended) -> Restored:
    """The school changed it; where it went then is told by the routing that follows."""
    codes = ("asks_for", "primary_need", "other_needs", "sen_provision")
    facts: dict[str, Any] = {name: value for name in codes if (value := getattr(fact, name)) is not None}
    if referral is not None and fact.tell is not None:
        adults = (*referral.adults, *(each for each in fact.tell if each != referral.child_id))
        facts |= {"tell": fact.tell, "adults": tuple(dict.fromkeys(adults))}
    return _moved(referral, "amended", fact.amended_at, detail=",".join(fact.parts), **facts)


def evidence_added(referral: Referral | None, fact: EvidenceAdded) -> Restored:
    """The school added files."""
    if referral is None:
        return Decision()
    evidence = (*referral.evidence, *fact.evidence_ids)
    return _moved(
        referral, "evidence-added", fact.added_at, detail=str(len(fact.evidence_ids)), evidence=evidence
    )


def withdrawal_requested(referral: Referral | None, fact: WithdrawalRequested) -> Restored:
    """The school asked; the panel answers."""
    withdrawal = Withdrawal(reason=fact.reason, asked_at=fact.requested_at)
    return _moved(referral, "withdrawal-asked", fact.requested_at, detail=fact.reason, withdrawal=withdrawal)


def withdrawn(referral: Referral | None, fact: ReferralWithdrawn) -> Restored:
    """The school took it back."""
    withdrawal = Withdrawal(reason=fact.reason, asked_at=fact.withdrawn_at, done=True)
    at = fact.withdrawn_at
    return _moved(referral, "withdrawn", at, detail=fact.reason, status="withdrawn", withdrawal=withdrawal)


# What the clock did --------------------------------------------------------------------------------


def answer_due(referral: Referral | None, fact: AnswerDue) -> Restored:
    """The team was reminded."""
    return _noted(referral, "answer-due", fact.due_at)


def overdue(referral: Referral | None, fact: AnswerOverdue) -> Restored:
    """The team did not keep its promise."""
    if referral is None:
        return Decision()
    clock = referral.clock.model_copy(update={"overdue_for": fact.answer_by})
    return _noted(referral, "overdue", fact.overdue_at, clock=clock)


def school_overdue(referral: Referral | None, fact: SchoolOverdue) -> Restored:
    """The school did not answer in time."""
    return _noted(referral, "school-overdue", fact.overdue_at, school_overdue=True)


def review_due(referral: Referral | None, fact: ReviewDue) -> Restored:
    """The day of the review came."""
    return _noted(referral, "review-due", fact.due_at, review_due=True)


def family_answered(referral: Referral | None, fact: FamilyAnswered) -> Restored:
    """Somebody answered what the family wrote."""
    return _noted(referral, "family-answered", fact.answered_at)


def telling_decided(referral: Referral | None, fact: TellingDecided) -> Restored:
    """The school saw to a message that did not reach somebody. What became of it notifications says."""
    return _noted(referral, "telling-decided", fact.decided_at)


def _moved(
    referral: Referral | None,
    what: What,
    at: datetime,
    *,
    detail: str | None = None,
    to: str | None = None,
    **facts: Any,
) -> Restored:
    """With a step of a person, whoever it was, and with what falls due from then on."""
    if referral is None:
        return Decision()
    version = referral.version + 1
    step = Step(version=version, at=at, by=LOST_BY, what=what, detail=detail, to=to)
    return _with(referral, step, {"version": version, "changed_at": at, **facts})


def _noted(referral: Referral | None, what: What, at: datetime, **facts: Any) -> Restored:
    """With an entry that no person made."""
    if referral is None:
        return Decision()
    return _with(referral, Step(version=referral.version, at=at, by=CLOCK, what=what), facts)


def _with(referral: Referral, step: Step, facts: dict[str, Any]) -> Restored:
    after = referral.model_copy(update={"history": (*referral.history, step), **facts})
    return Decision(after, due=fall_due(referral, after, step.at))
