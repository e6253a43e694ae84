"""Who of the team works on a referral."""

from datetime import datetime

from chassis.decision import Decision, Refused
from schemas.referral_work_v1 import ReferralAssigned
from services.referrals.domain.commands import AssignReferral
from services.referrals.domain.referral import ENDED, Referral
from services.referrals.domain.work.moving import Move, decided, seen, with_a_team


def assign(referral: Referral | None, command: AssignReferral, now: datetime) -> Decision[Referral]:
    """One of the team has it from now on; also while the school owes an answer.

    Raises Refused where it has ended, and where that person has it already.
    """
    before = with_a_team(seen(referral, command))
    if before.status in ENDED:
        raise Refused("ended", "This referral has ended: reopen it first.")
    if before.assigned_to == command.to:
        raise Refused("assigned-already", "This is how it is already: choose somebody else.")
    after = Move(command, now).of(
        before,
        "assigned",
        to=command.to,
        assigned_to=command.to,
        assigned_at=now if command.to is not None else None,
    )
    fact = ReferralAssigned(
        referral_id=before.id, destination=before.destination, staff_id=command.to, assigned_at=now
    )
    return decided(before, after, now, fact)
