"""Visits to schools, visits of schools to special schools, and training."""

from dataclasses import replace
from datetime import datetime

from chassis.decision import Changes, Refused, World
from schemas.referral_work_v1 import VisitArranged, VisitDone, VisitMoved
from services.referrals.domain.book import Book
from services.referrals.domain.commands import ArrangeVisit, RecordVisit
from services.referrals.domain.referral import REFERRAL, Referral, Visit
from services.referrals.domain.work.moving import Move, at_work, day_ahead, decided, together
from services.referrals.domain.work.promises import promised


def arrange(world: World, command: ArrangeVisit, now: datetime) -> Changes:
    """A visit or training has a day, or another one: the team's next step is taken on it.

    Raises Refused unless the team has taken the referral on, for a day in the past, and for what is done.
    """
    before, move = _taken_on(world, command), Move(command, now)
    day_ahead(command.on, move.today, "The visit")
    known = _visit(before, command.visit_id)
    if known is not None and known.done_on is not None:
        raise Refused("visit-done", "This visit took place already: arrange another one.")
    visit = Visit(id=command.visit_id, kind=command.kind, on=command.on)
    after = move.of(
        before,
        "visit-moved" if known else "visit-arranged",
        detail=command.kind,
        on=command.on,
        visits=_with(before, visit),
        next_step_by=command.on,
    )
    names = {"referral_id": before.id, "visit_id": visit.id, "destination": before.destination}
    fact = (
        VisitMoved(**names, kind=visit.kind, visit_on=visit.on, moved_at=now)
        if known
        else VisitArranged(**names, kind=visit.kind, visit_on=visit.on, arranged_at=now)
    )
    decision = decided(before, after, now, fact)
    decision = replace(decision, answer={**decision.answer, "visit_id": visit.id})
    return together(world, decision, "visit", command.who)


def done(book: Book, world: World, command: RecordVisit, now: datetime) -> Changes:
    """A visit or training took place; the team's promise begins again.

    Raises Refused for a visit that is not known or was done, and for a day that is still to come.
    """
    before, move = _taken_on(world, command), Move(command, now)
    known = _visit(before, command.visit_id)
    if known is None:
        raise Refused("visit-unknown", "No such visit is arranged: arrange it first.")
    if known.done_on is not None:
        raise Refused("visit-done", "That this visit took place was recorded already.")
    if command.on > move.today:
        raise Refused("date-in-future", "It cannot have taken place on a day to come.")
    visit = known.model_copy(update={"done_on": command.on})
    by = promised(book.destinations.get(before.destination), move.today, book.days)
    after = move.of(
        before,
        "visit-done",
        detail=visit.kind,
        on=command.on,
        visits=_with(before, visit),
        next_step_by=by,
    )
    fact = VisitDone(
        referral_id=before.id,
        visit_id=visit.id,
        destination=before.destination,
        kind=visit.kind,
        done_on=command.on,
        done_at=now,
    )
    return together(world, decided(before, after, now, fact), "visit-report", command.words)


def _taken_on(world: World, command: ArrangeVisit | RecordVisit) -> Referral:
    referral = at_work(world.get(REFERRAL, command.referral_id), command)
    if referral.status != "accepted":
        raise Refused("not-accepted", "Take the referral on first: then a visit can be arranged.")
    return referral


def _visit(referral: Referral, id: str) -> Visit | None:
    return next((visit for visit in referral.visits if visit.id == id), None)


def _with(referral: Referral, visit: Visit) -> tuple[Visit, ...]:
    return (*(each for each in referral.visits if each.id != visit.id), visit)
