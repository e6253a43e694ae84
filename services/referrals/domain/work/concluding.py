"""How a referral ends: its outcome and whether that helped, closed, withdrawn; and how it goes on after all."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from chassis.decision import Changes, Decision, Refused, World
from schemas.personal_v1 import Agreed
from schemas.referral_work_v1 import ReferralClosed, ReferralReopened, ReviewRecorded
from schemas.referrals_v1 import ReferralConcluded, ReferralWithdrawn, WithdrawalRequested
from services.referrals.domain.book import Book
from services.referrals.domain.commands import (
    CloseReferral,
    ConcludeReferral,
    RecordReview,
    ReopenReferral,
    WithdrawReferral,
)
from services.referrals.domain.referral import ENDED, REFERRAL, Clock, Referral, Withdrawal
from services.referrals.domain.work.moving import (
    Move,
    at_work,
    day_ahead,
    decided,
    seen,
    together,
    with_a_team,
)
from services.referrals.domain.work.promises import promised

_NOT_WITH_SCHOOL: dict[str, Any] = {"owed": None, "school_answers_by": None, "school_overdue": False}


def conclude(world: World, command: ConcludeReferral, now: datetime) -> Changes:
    """The team's work is done.

    Raises Refused unless the team took it on, and for a review or an agreed action in the past.
    """
    before, move = at_work(world.get(REFERRAL, command.referral_id), command), Move(command, now)
    if before.status != "accepted":
        raise Refused("not-accepted", "Only a referral that the team has taken on can be concluded.")
    if command.review_on <= move.today:
        raise Refused("date-passed", "The review must lie in the future: give a later day.")
    for action in command.actions:
        day_ahead(action.by, move.today, "An agreed action")
    after = move.of(
        before,
        "concluded",
        status="concluded",
        detail=command.outcome,
        on=command.review_on,
        conclusion=command.outcome,
        review_on=command.review_on,
        review_due=False,
        helped=None,
    )
    fact = ReferralConcluded(
        referral_id=before.id,
        destination=before.destination,
        outcome=command.outcome,
        concluded_at=now,
        review_on=command.review_on,
        actions=len(command.actions),
        next_action_by=min((action.by for action in command.actions), default=None),
    )
    return together(world, decided(before, after, now, fact), "outcome", command.advice, **_agreed(command))


def _agreed(command: ConcludeReferral) -> dict[str, Any]:
    papers: dict[str, Any] = {}
    if command.advice is not None:
        papers["advice"] = command.advice
    if command.actions:
        papers["actions"] = tuple(Agreed(what=a.what, who=a.who, by=a.by) for a in command.actions)
    return papers


def review(world: World, command: RecordReview, now: datetime) -> Changes:
    """Whether it helped. Raises Refused unless the work is done, and where this was said before."""
    before = with_a_team(seen(world.get(REFERRAL, command.referral_id), command))
    if before.status != "concluded":
        raise Refused("not-concluded", "Only when the team's work is done can one say whether it helped.")
    if before.helped is not None:
        raise Refused("reviewed-already", "Whether it helped was recorded already.")
    after = Move(command, now).of(
        before, "reviewed", detail=command.helped, helped=command.helped, review_due=True
    )
    fact = ReviewRecorded(
        referral_id=before.id, destination=before.destination, helped=command.helped, recorded_at=now
    )
    return together(world, decided(before, after, now, fact), "review", command.words)


def close(world: World, command: CloseReferral, now: datetime) -> Changes:
    """Nobody works on it any more. Raises Refused where it has ended."""
    before = with_a_team(seen(world.get(REFERRAL, command.referral_id), command))
    if before.status in ENDED:
        raise Refused("ended", "This referral has ended already.")
    after = Move(command, now).of(
        before, "closed", status="closed", detail=command.reason, closing=command.reason, **_NOT_WITH_SCHOOL
    )
    fact = ReferralClosed(
        referral_id=before.id, destination=before.destination, reason=command.reason, closed_at=now
    )
    return together(world, decided(before, after, now, fact), "reason", command.words)


def reopen(book: Book, world: World, command: ReopenReferral, now: datetime) -> Changes:
    """What had ended is with the team again, with a promise of its own.

    Raises Refused where it has not ended, and where it goes on as another referral.
    """
    before, move = with_a_team(seen(world.get(REFERRAL, command.referral_id), command)), Move(command, now)
    if before.status not in ENDED:
        raise Refused("not-ended", "This referral has not ended: there is nothing to reopen.")
    if before.status == "stepped":
        raise Refused("goes-on-elsewhere", "This referral goes on as another one: open that one.")
    by = promised(book.destinations.get(before.destination), move.today, book.days)
    after = move.of(
        before,
        "reopened",
        status=before.before_school,
        on=by,
        conclusion=None,
        closing=None,
        withdrawal=None,
        review_on=None,
        review_due=False,
        helped=None,
        clock=Clock(stopped_days=before.clock.stopped_days),
        **_NOT_WITH_SCHOOL,
        **_promise(before, by),
    )
    fact = ReferralReopened(
        referral_id=before.id, destination=before.destination, reopened_at=now, answer_by=by
    )
    return together(world, decided(before, after, now, fact), "reason", command.reason)


def _promise(referral: Referral, by: date) -> dict[str, Any]:
    return {"next_step_by" if referral.accepted_at else "answer_by": by}


def withdraw(referral: Referral | None, command: WithdrawReferral, now: datetime) -> Decision[Referral]:
    """The school takes the referral back; where a panel holds the case, the panel is asked first.

    Raises Refused where it has ended, or where the panel was asked already.
    """
    before, move = seen(referral, command), Move(command, now)
    if before.status in ENDED:
        raise Refused("ended", "This referral has ended already: there is nothing left to withdraw.")
    if before.destination_kind != "placement-panel" or before.status == "waiting":
        withdrawal = Withdrawal(reason=command.reason, asked_at=now, done=True)
        gone = ReferralWithdrawn(referral_id=before.id, reason=command.reason, withdrawn_at=now)
        after = move.of(
            before,
            "withdrawn",
            status="withdrawn",
            detail=command.reason,
            withdrawal=withdrawal,
            **_NOT_WITH_SCHOOL,
        )
        return decided(before, after, now, gone)
    if before.withdrawal is not None and before.withdrawal.waits:
        raise Refused("already-asked", "The panel has been asked to withdraw this case and will answer.")
    asked = WithdrawalRequested(referral_id=before.id, reason=command.reason, requested_at=now)
    withdrawal = Withdrawal(reason=command.reason, asked_at=now)
    after = move.of(before, "withdrawal-asked", detail=command.reason, withdrawal=withdrawal)
    decision = decided(before, after, now, asked)
    return replace(decision, answer={**decision.answer, "status": "withdrawal-requested"})
