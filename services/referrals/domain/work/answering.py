"""The team's first word: it takes the referral on, or gives it back with advice."""

from datetime import date, datetime

from chassis.decision import Changes, Refused, World
from schemas.referrals_v1 import ReferralAccepted, ReferralReturned, ShortPlacement
from services.referrals.domain.book import Book
from services.referrals.domain.commands import AcceptReferral, ReturnReferral
from services.referrals.domain.referral import REFERRAL, Referral
from services.referrals.domain.routing.teams import Destination
from services.referrals.domain.work.moving import (
    Move,
    at_work,
    day_ahead,
    decided,
    seen,
    together,
    with_a_team,
)
from services.referrals.domain.work.promises import promised, stopped

_SCHOOL_DAYS = 10  # working days that a school has, where a team's data file does not say


def accept(book: Book, world: World, command: AcceptReferral, now: datetime) -> Changes:
    """The team takes the referral on.

    Raises Refused unless it waits for this team, for a day in the past, and for a short placement that is
    missing, not asked for, or cannot be.
    """
    before = with_a_team(seen(world.get(REFERRAL, command.referral_id), command))
    if before.status != "routed":
        raise Refused("not-waiting", "This referral does not wait for an answer any more.")
    move, place = Move(command, now), command.short_placement
    _check_place(before, place, move.today)
    by = command.next_step_by or promised(book.destinations.get(before.destination), move.today, book.days)
    after = move.of(
        before,
        "accepted",
        status="accepted",
        on=day_ahead(by, move.today, "The next step"),
        next_step_by=by,
        accepted_at=now,
        short_placement=place,
    )
    fact = ReferralAccepted(
        referral_id=before.id,
        destination=before.destination,
        destination_kind=before.destination_kind,
        accepted_at=now,
        next_step_by=by,
        short_placement=place,
    )
    return together(world, decided(before, after, now, fact))


def _check_place(referral: Referral, place: ShortPlacement | None, today: date) -> None:
    is_a_place = referral.destination_kind == "education-support-centre"
    if place is None:
        if is_a_place:
            raise Refused("place-missing", "Give the first and last day of the place, and of its review.")
        return
    if not is_a_place:
        raise Refused("place-not-asked", "This team has no places to give: leave the short placement out.")
    if not today <= place.starts_on <= place.review_on <= place.ends_on:
        raise Refused(
            "place-dates", "The place starts today or later, is reviewed after that, and ends last."
        )


def give_back(book: Book, world: World, command: ReturnReferral, now: datetime) -> Changes:
    """The team returns the referral with advice: its promise stands still until the school answers.

    Raises Refused unless the team has it, without advice, and for a day in the past.
    """
    before, move = at_work(world.get(REFERRAL, command.referral_id), command), Move(command, now)
    if before.status not in ("routed", "accepted"):
        raise Refused("not-with-the-team", "The team does not have this referral any more.")
    if not command.advice.strip():
        raise Refused("advice-missing", "Write the advice: without it this would be a rejection.")
    by = command.school_answers_by or _school_answers_by(
        book, book.destinations.get(before.destination), move.today
    )
    after = move.of(
        before,
        "returned",
        status="returned",
        detail=command.reason,
        on=day_ahead(by, move.today, "The school's answer"),
        return_reason=command.reason,
        owed="advice",
        school_answers_by=by,
        school_overdue=False,
        **stopped(before, move.today),
    )
    fact = ReferralReturned(
        referral_id=before.id,
        destination=before.destination,
        reason=command.reason,
        returned_at=now,
        school_answers_by=by,
    )
    decision = decided(before, after, now, fact)
    return together(world, decision, "advice", command.advice, advice=command.advice)


def _school_answers_by(book: Book, team: Destination | None, today: date) -> date:
    return book.days.add(today, team.school_answers_within_working_days if team else _SCHOOL_DAYS)
