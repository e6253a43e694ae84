"""Questions to the school and its answers; while the school owes one, the team's promise stands still."""

from datetime import date, datetime
from typing import Any

from chassis.decision import Changes, Refused, World
from schemas.referral_work_v1 import InformationAsked, SchoolAnswered
from services.referrals.domain.book import Book
from services.referrals.domain.commands import AnswerInformation, AskForInformation
from services.referrals.domain.referral import REFERRAL, WITH_SCHOOL, Referral
from services.referrals.domain.routing.teams import WorkingDays
from services.referrals.domain.work.moving import Move, at_work, day_ahead, decided, seen, together
from services.referrals.domain.work.promises import resumed, stopped


def ask(world: World, command: AskForInformation, now: datetime) -> Changes:
    """The team asks the school. Raises Refused unless the team has it, and for a day in the past."""
    before, move = at_work(world.get(REFERRAL, command.referral_id), command), Move(command, now)
    if not command.question.strip():
        raise Refused("question-missing", "Write the question.")
    after = move.of(
        before,
        "asked",
        status="asked",
        on=day_ahead(command.by_day, move.today, "The school's answer"),
        owed="question",
        school_answers_by=command.by_day,
        school_overdue=False,
        **stopped(before, move.today),
    )
    fact = InformationAsked(
        referral_id=before.id,
        destination=before.destination,
        asked_at=now,
        school_answers_by=command.by_day,
    )
    return together(world, decided(before, after, now, fact), "question", command.question)


def answer(book: Book, world: World, command: AnswerInformation, now: datetime) -> Changes:
    """The school answers: the team has it again, and its promise goes on. Raises Refused where none is owed."""
    before, move = seen(world.get(REFERRAL, command.referral_id), command), Move(command, now)
    if before.status not in WITH_SCHOOL:
        raise Refused("nothing-owed", "Nobody waits for an answer of the school: there is nothing to answer.")
    if not command.words.strip():
        raise Refused("answer-missing", "Write the answer.")
    after = move.of(before, "answered", detail=before.owed, **back_to_the_team(before, move.today, book.days))
    decision = decided(before, after, now, answered(before, after, now))
    return together(world, decision, "answer", command.words)


def back_to_the_team(referral: Referral, today: date, days: WorkingDays) -> dict[str, Any]:
    """The facts of a referral that the school has answered."""
    return {
        "status": referral.before_school,
        "owed": None,
        "school_answers_by": None,
        "school_overdue": False,
        **(resumed(referral, today, days) if referral.clock.stopped_on else {}),
    }


def answered(before: Referral, after: Referral, now: datetime) -> SchoolAnswered:
    """That the school answered, and by when the team does now."""
    return SchoolAnswered(
        referral_id=before.id,
        destination=before.destination,
        to=before.owed or "advice",
        answered_at=now,
        answer_by=after.promise,
        stopped_working_days=after.clock.stopped_days - before.clock.stopped_days,
    )
