"""The clocks of a referral: a team's promise, the school's answer, the review; and what falls due by them."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from chassis.calendar import at, london_date
from chassis.decision import Decision, Due, Refused
from schemas.referral_work_v1 import AnswerDue, AnswerOverdue, ReviewDue, SchoolOverdue
from services.referrals.domain.referral import CLOCK, PANELS, WITH_SCHOOL, Referral, Step, What
from services.referrals.domain.routing.teams import Destination, WorkingDays

ANSWER_DUE, OVERDUE, SCHOOL_OVERDUE, REVIEW = "answer-due", "answer-overdue", "school-overdue", "review"
#: Offices open: what falls due on a day is in the queue when people come to it.
_MORNING = time(8)
_DAY = timedelta(days=1)
#: A team is reminded so many days before its promise ends; over a weekend that is one working day.
_REMINDED = timedelta(days=3)


def promised(team: Destination | None, today: date, days: WorkingDays) -> date:
    """By when a team answers what it has today. Raises Refused where no data file describes it any more."""
    if team is None:
        raise Refused(
            "team-gone", "This team is not in the data files any more: give the day of the next step."
        )
    return team.answer_by(today, days)


def stopped(referral: Referral, today: date) -> dict[str, Any]:
    """The facts of a clock that stands still from today. The law's clock for an assessment runs on."""
    if referral.destination_kind == "statutory-assessment":
        return {}
    return {"clock": referral.clock.model_copy(update={"stopped_on": today})}


def stood_still(referral: Referral, today: date, days: WorkingDays) -> int:
    """For how many working days it has stood still, this time."""
    since = referral.clock.stopped_on
    return max(0, days.between(since, today)) if since else 0


def resumed(referral: Referral, today: date, days: WorkingDays) -> dict[str, Any]:
    """The facts of a clock that goes on: what was promised moves by the working days it stood still."""
    lost = stood_still(referral, today, days)
    later = days.add(referral.promise, lost) if lost else referral.promise
    changed: dict[str, Any] = {"stopped_on": None, "stopped_days": referral.clock.stopped_days + lost}
    if referral.clock.overdue_for == referral.promise:
        changed["overdue_for"] = later  # it was said once already
    name = "next_step_by" if referral.accepted_at else "answer_by"
    return {"clock": referral.clock.model_copy(update=changed), name: later}


def fall_due(before: Referral | None, after: Referral, now: datetime) -> tuple[Due, ...]:
    """What falls due differently after a step: set anew, or called off."""
    was = dict(_falls_due(before)) if before else {}
    will = {what: when for what, when in _falls_due(after) if when > now or what != ANSWER_DUE}
    changed = {what: will.get(what) for what in {*was, *will} if was.get(what) != will.get(what)}
    return tuple(Due(what, after.id, changed[what]) for what in sorted(changed))


def _falls_due(referral: Referral) -> Iterator[tuple[str, datetime]]:
    if referral.destination_kind in PANELS:
        return
    if _runs(referral) and referral.clock.overdue_for != referral.promise:
        yield ANSWER_DUE, at(referral.promise - _REMINDED, _MORNING)
        yield OVERDUE, at(referral.promise + _DAY, _MORNING)
    if referral.status in WITH_SCHOOL and referral.school_answers_by and not referral.school_overdue:
        yield SCHOOL_OVERDUE, at(referral.school_answers_by + _DAY, _MORNING)
    if referral.status == "concluded" and referral.review_on and not referral.review_due:
        yield REVIEW, at(referral.review_on, _MORNING)


def _runs(referral: Referral) -> bool:
    return referral.status in ("routed", "accepted") or (
        referral.status in WITH_SCHOOL and referral.clock.stopped_on is None
    )


# What the clock does -------------------------------------------------------------------------------


def answer_due(referral: Referral | None, due: Due, now: datetime) -> Decision[Referral]:
    """The team's promise ends soon."""
    if referral is None or not _runs(referral) or london_date(now) < referral.promise - _REMINDED:
        return Decision()
    said = AnswerDue(
        referral_id=referral.id, destination=referral.destination, answer_by=referral.promise, due_at=now
    )
    return Decision(_noted(referral, "answer-due", now, referral.promise), (said,))


def overdue(referral: Referral | None, due: Due, now: datetime) -> Decision[Referral]:
    """The team's promise was not kept: said once, and not again for the same promise."""
    if referral is None or not _runs(referral) or london_date(now) <= referral.promise:
        return Decision()
    if referral.clock.overdue_for == referral.promise:
        return Decision()
    said = AnswerOverdue(
        referral_id=referral.id, destination=referral.destination, answer_by=referral.promise, overdue_at=now
    )
    clock = referral.clock.model_copy(update={"overdue_for": referral.promise})
    return Decision(_noted(referral, "overdue", now, referral.promise, clock=clock), (said,))


def school_overdue(referral: Referral | None, due: Due, now: datetime) -> Decision[Referral]:
    """The school has not answered in time: its head teacher has it in their list from now on."""
    if referral is None or referral.status not in WITH_SCHOOL or referral.school_answers_by is None:
        return Decision()
    if london_date(now) <= referral.school_answers_by:
        return Decision()
    said = SchoolOverdue(
        referral_id=referral.id,
        destination=referral.destination,
        owed=referral.owed or "advice",
        school_answers_by=referral.school_answers_by,
        overdue_at=now,
    )
    late = _noted(referral, "school-overdue", now, referral.school_answers_by, school_overdue=True)
    return Decision(late, (said,))


def review_due(referral: Referral | None, due: Due, now: datetime) -> Decision[Referral]:
    """The day has come to say whether it helped."""
    if referral is None or referral.status != "concluded" or referral.review_on is None or referral.helped:
        return Decision()
    if london_date(now) < referral.review_on:
        return Decision()
    said = ReviewDue(
        referral_id=referral.id, destination=referral.destination, review_on=referral.review_on, due_at=now
    )
    return Decision(_noted(referral, "review-due", now, referral.review_on, review_due=True), (said,))


def _noted(referral: Referral, what: What, now: datetime, on: date, **facts: object) -> Referral:
    """With an entry in the history; no person made it, so that the version stays."""
    step = Step(version=referral.version, at=now, by=CLOCK, what=what, on=on)
    return referral.model_copy(update={"history": (*referral.history, step), **facts})
