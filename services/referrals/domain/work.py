"""What a team and the school do with a referral."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from chassis.decision import Changes, Decision, Ref, Refused, World
from schemas.referrals_v1 import (
    ReferralAccepted,
    ReferralConcluded,
    ReferralReturned,
    ReferralWithdrawn,
    WithdrawalRequested,
)
from services.referrals.domain.commands import (
    AcceptReferral,
    ConcludeReferral,
    ReturnReferral,
    WithdrawReferral,
)
from services.referrals.domain.referral import (
    ENDED,
    PAPERS,
    REFERRAL,
    Papers,
    Referral,
    Status,
    Withdrawal,
    known,
    local_day,
)
from services.referrals.domain.teams import Destination, WorkingDays


def accept(
    referral: Referral | None,
    command: AcceptReferral,
    now: datetime,
    teams: Mapping[str, Destination],
    days: WorkingDays,
) -> Decision[Referral]:
    """The team takes the referral on. Raises Refused unless it waits for this team."""
    referral = _with_a_team(referral)
    if referral.status != "routed":
        raise Refused("not-waiting", "This referral does not wait for an answer any more.")
    by = command.next_step_by or _promise(teams.get(referral.destination), local_day(now), days)
    if by < local_day(now):
        raise Refused("date-passed", "The next step must not lie in the past: give a later day.")
    accepted = ReferralAccepted(
        referral_id=referral.id, destination=referral.destination, accepted_at=now, next_step_by=by
    )
    return Decision(
        _moved(referral, "accepted", now, next_step_by=by), (accepted,), answer=_answer("accepted", by)
    )


def _promise(team: Destination | None, today: date, days: WorkingDays) -> date:
    if team is None:
        raise Refused(
            "team-gone", "This team is not in the data files any more: give the day of the next step."
        )
    return team.answer_by(today, days)


def give_back(world: World, command: ReturnReferral, now: datetime) -> Changes:
    """The team returns the referral with advice. Raises Refused unless the team has it."""
    referral = _with_a_team(world.get(REFERRAL, command.referral_id))
    if referral.status not in ("routed", "accepted"):
        raise Refused("not-with-the-team", "The team does not have this referral any more.")
    returned = ReferralReturned(
        referral_id=referral.id, destination=referral.destination, reason=command.reason, returned_at=now
    )
    state = _moved(referral, "returned", now, return_reason=command.reason)
    papers = _advised(world.get(PAPERS, referral.id), command.advice)
    decisions: dict[Ref, Decision[Any]] = {
        REFERRAL.at(referral.id): Decision(state, (returned,)),
        PAPERS.at(referral.id): papers,
    }
    return Changes(decisions, answer=_answer("returned", None))


def conclude(world: World, command: ConcludeReferral, now: datetime) -> Changes:
    """The team's work is done. Raises Refused unless the team took it on, or for a review in the past."""
    referral = _with_a_team(world.get(REFERRAL, command.referral_id))
    if referral.status != "accepted":
        raise Refused("not-accepted", "Only a referral that the team has taken on can be concluded.")
    if command.review_on <= local_day(now):
        raise Refused("date-passed", "The review must lie in the future: give a later day.")
    concluded = ReferralConcluded(
        referral_id=referral.id,
        destination=referral.destination,
        outcome=command.outcome,
        concluded_at=now,
        review_on=command.review_on,
    )
    state = _moved(referral, "concluded", now, conclusion=command.outcome, review_on=command.review_on)
    decisions: dict[Ref, Decision[Any]] = {REFERRAL.at(referral.id): Decision(state, (concluded,))}
    if command.advice is not None:
        decisions[PAPERS.at(referral.id)] = _advised(world.get(PAPERS, referral.id), command.advice)
    return Changes(decisions, answer=_answer("concluded", command.review_on))


def withdraw(referral: Referral | None, command: WithdrawReferral, now: datetime) -> Decision[Referral]:
    """The school takes the referral back; where a panel holds the case, the panel is asked first.

    Raises Refused where it has ended, or where the panel was asked already.
    """
    referral = known(referral)
    if referral.status in ENDED:
        raise Refused("ended", "This referral has ended already: there is nothing left to withdraw.")
    if referral.destination_kind != "placement-panel":
        gone = ReferralWithdrawn(referral_id=referral.id, reason=command.reason, withdrawn_at=now)
        withdrawal = Withdrawal(reason=command.reason, asked_at=now, done=True)
        state = _moved(referral, "withdrawn", now, withdrawal=withdrawal)
        return Decision(state, (gone,), answer=_answer("withdrawn", None))
    if referral.withdrawal is not None:
        raise Refused("already-asked", "The panel has been asked to withdraw this case and will answer.")
    asked = WithdrawalRequested(referral_id=referral.id, reason=command.reason, requested_at=now)
    withdrawal = Withdrawal(reason=command.reason, asked_at=now)
    state = _moved(referral, referral.status, now, withdrawal=withdrawal)
    return Decision(state, (asked,), answer=_answer("withdrawal-requested", None))


def _with_a_team(referral: Referral | None) -> Referral:
    referral = known(referral)
    if referral.destination_kind == "placement-panel":
        raise Refused(
            "with-a-panel", "A panel holds this case: record what happens to it in the panels service."
        )
    return referral


def _moved(referral: Referral, status: Status, now: datetime, **facts: object) -> Referral:
    return referral.model_copy(update={"status": status, "changed_at": now, **facts})


def _advised(papers: Papers | None, advice: str) -> Decision[Papers]:
    if papers is None:
        raise Refused("papers-unknown", "The papers of this referral are gone: it may have been erased.")
    new = papers.papers.model_copy(update={"advice": advice})
    return Decision(papers.model_copy(update={"papers": new}), (new,))


def _answer(status: str, by: date | None) -> dict[str, str | None]:
    return {"status": status, "by": by.isoformat() if by else None}
