"""The child is there: its first day, the review of a short placement, and the end, after which its place is free."""

from datetime import date, datetime

from chassis.calendar import WorkingCalendar, london_date
from chassis.decision import Changes, Decision, Due, Refused, World
from schemas.children_v1 import ChildDied
from schemas.envelope import Event
from schemas.places_v1 import (
    EndReason,
    PlacementConfirmed,
    PlacementEnded,
    PlacementReviewed,
    PlacementStarted,
)
from schemas.referrals_v1 import ReferralWithdrawn
from services.panels.domain.faults import Wrong
from services.panels.domain.placing import supporting
from services.panels.domain.placing.commands import EndPlacement, NoteReview, NoteStart
from services.panels.domain.placing.falling_due import back_on, without_review
from services.panels.domain.placing.offering import FURTHEST, answer_of, both
from services.panels.domain.placing.placement import (
    ENDS,
    PLACEMENT,
    REVIEW,
    STARTS,
    Asks,
    Ended,
    Look,
    Offer,
    Placement,
    as_seen,
)
from services.panels.domain.placing.places import PLACES, Kept, free, keep


def starts(placement: Placement | None, due: Due, now: datetime) -> Decision[Placement]:
    """The first day has come. A child at a Centre is there; of any other somebody is asked whether it is."""
    if placement is None or placement.status != "confirmed" or placement.starts_on is None:
        return Decision()
    if not placement.short:
        return Decision(_asking(placement, "started"))
    return _started(placement, placement.starts_on, now)


def _asking(placement: Placement, what: Asks) -> Placement:
    """With what a person is asked by now."""
    return placement.model_copy(update={"asks": placement.still_asked or what})


def _started(placement: Placement, started_on: date, now: datetime) -> Decision[Placement]:
    after = placement.moved_to("started", now, started_on=started_on, asks=placement.still_asked)
    fact = PlacementStarted(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        started_at=now,
        started_on=started_on,
        review_on=after.review_on,
        returns_on=after.returns_on,
    )
    return Decision(after, (fact,), answer=answer_of(after))


def note_start(world: World, command: NoteStart, now: datetime) -> Changes:
    """A person says that the child is there: the way from the panel to a place is over.

    Raises Refused unless its first day is settled, for a day to come, and for one before the first day without a yes
    of its own: the family and the school know that day.
    """
    placement = as_seen(world.get(PLACEMENT, command.placement_id), command.seen, "confirmed")
    today, made = london_date(now), _place(placement, command.places_id)
    if not london_date(made.offered_at) <= command.started_on <= today:
        wrong = Wrong("started_on", "not-since-the-offer", "must lie between the offer and today")
        raise Refused("dates-not-plausible", "The child cannot have started then.", faults=(wrong,))
    if placement.starts_on is not None and command.started_on < placement.starts_on and not command.early:
        raise Refused(
            "before-the-first-day",
            "This is before the first day that was settled: say that the child did start earlier, or give another day.",
        )
    spell = Kept(placement_id=placement.placement_id, from_on=command.started_on, until_on=placement.ends_on)
    why = "The child is there already."
    kept = keep(world.get(PLACES, made.places_id), made.setting, made.kind, spell, why, command.by, now)
    decision = _started(placement, command.started_on, now)
    return both(decision, made.places_id, kept)


def review_due(placement: Placement | None, due: Due, now: datetime) -> Decision[Placement]:
    """The day of the review has come: somebody is asked what it brought."""
    if placement is None or placement.status not in ("confirmed", "started"):
        return Decision()
    return Decision(_asking(placement, "review"))


def note_review(working: WorkingCalendar, world: World, command: NoteReview, now: datetime) -> Changes:
    """A short placement was looked at, and its last day is settled: the planned one, or another.

    Raises Refused for a placement that is not short, for a day in the past, and where no place is free so long.
    """
    placement = as_seen(world.get(PLACEMENT, command.placement_id), command.seen, "started", "confirmed")
    today, made = london_date(now), _place(placement, command.places_id)
    first = max(today, placement.starts_on or today)
    if not placement.short:
        raise Refused("not-short", "Only a short placement has a review and a planned end.")
    if not first <= command.ends_on <= today + FURTHEST:
        wrong = Wrong("ends_on", "not-to-come", "must be today or later, within two years")
        raise Refused("dates-not-plausible", "The placement cannot end then.", faults=(wrong,))
    spell = Kept(
        placement_id=placement.placement_id,
        from_on=placement.starts_on or today,
        until_on=command.ends_on,
    )
    kept = keep(
        world.get(PLACES, made.places_id), made.setting, made.kind, spell, command.because, command.by, now
    )
    days = {"ends_on": command.ends_on, "returns_on": back_on(working, command.ends_on)}
    looks = (*placement.reviews, Look(on=today, helped=command.helped))
    after = placement.noted(
        "reviewed", now, "", asks=placement.still_asked, review_on=today, reviews=looks, **days
    )
    told: list[Event] = []
    if command.ends_on != placement.ends_on:
        told.append(_given_longer_or_shorter(after, made, now))
    told.append(
        PlacementReviewed(
            placement_id=placement.placement_id,
            referral_id=placement.referral_id,
            reviewed_at=now,
            reviewed_on=today,
            helped=command.helped,
            **days,
        )
    )
    return both(Decision(after, tuple(told), due=without_review(after)), made.places_id, kept)


def _given_longer_or_shorter(placement: Placement, made: Offer, now: datetime) -> PlacementConfirmed:
    """What the family and the school hear of another last day."""
    assert placement.review_on is not None
    return PlacementConfirmed(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        setting=made.setting,
        kind=made.kind,
        confirmed_at=now,
        starts_on=placement.starts_on or placement.review_on,
        short=True,
        review_on=placement.review_on,
        ends_on=placement.ends_on,
        returns_on=placement.returns_on,
    )


def ends(placement: Placement | None, due: Due, now: datetime) -> Decision[Placement]:
    """The planned last day of a short placement is over: its place has been free since that day."""
    if placement is None or placement.status not in ("confirmed", "started") or placement.ends_on is None:
        return Decision()
    if london_date(now) <= placement.ends_on:
        return Decision(due=without_review(placement))  # it was given longer since this fell due
    ended = Ended(reason="returned", ended_on=placement.ends_on, returns_on=placement.returns_on, at=now)
    if placement.status == "started" or placement.starts_on is None:
        return _ended(placement, ended)
    # Timers may come in any order after an outage: the child was there, and its family hears both.
    begun = _started(placement, placement.starts_on, now)
    assert begun.state is not None
    over = _ended(begun.state, ended)
    return Decision(over.state, (*begun.events, *over.events), due=over.due)


def end(working: WorkingCalendar, world: World, command: EndPlacement, now: datetime) -> Changes:
    """A person ends it: a place that is kept is free after that day.

    Raises Refused for what is over, for a day to come or before it began, and for a reason that is none here.
    """
    placement = as_seen(
        world.get(PLACEMENT, command.placement_id),
        command.seen,
        "awaiting", "offered", "accepted", "confirmed", "started",
    )  # fmt: skip
    if not may_end(placement, command.reason):
        raise Refused("not-a-reason", "This does not end for this reason: choose one that fits.")
    today = london_date(now)
    began = placement.started_on or london_date(placement.awaited_at)
    if not began <= command.ended_on <= today:
        wrong = Wrong("ended_on", "not-so-far", "must lie between its beginning and today")
        raise Refused("dates-not-plausible", "The placement cannot have ended then.", faults=(wrong,))
    returns_on = back_on(working, command.ended_on) if _goes_back(placement, command) else None
    ended = Ended(reason=command.reason, ended_on=command.ended_on, returns_on=returns_on, at=now)
    decision = _ended(placement, ended)
    if placement.offer is None:
        return Changes({PLACEMENT.at(placement.placement_id): decision}, answer=decision.answer)
    made = _place(placement, command.places_id)
    last_on = command.ended_on if placement.started_on else None
    freed = free(world.get(PLACES, made.places_id), placement.placement_id, last_on, now)
    return both(decision, made.places_id, freed)


def may_end(placement: Placement, reason: EndReason) -> bool:
    """Whether it can end for this: from support at its school no child comes back."""
    return reason != "returned" or placement.support_at is None


def _goes_back(placement: Placement, command: EndPlacement) -> bool:
    return placement.started_on is not None and command.reason == "returned"


def _ended(placement: Placement, ended: Ended) -> Decision[Placement]:
    if placement.support_at is not None:
        return supporting.ended(placement, ended)
    after = placement.moved_to("ended", ended.at, ended=ended, asks=None)
    fact = PlacementEnded(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        reason=ended.reason,
        ended_at=ended.at,
        ended_on=ended.ended_on,
        returns_on=ended.returns_on,
        began=placement.started_on is not None,
    )
    off = tuple(Due(what, placement.placement_id, None) for what in (STARTS, REVIEW, ENDS))
    return Decision(after, (fact,), due=off, answer=answer_of(after))


def withdrawn(placement: Placement | None, event: ReferralWithdrawn, now: datetime) -> Decision[Placement]:
    """The school took the referral back. A person ends the place that its child has by now."""
    if placement is None or placement.status == "ended":
        return Decision()
    return Decision(placement.noted("withdrawal-asked", now, asks="withdrawn"))


def child_died(placement: Placement | None, event: ChildDied, now: datetime) -> Decision[Placement]:
    """The child has died. No school is asked any more, and a person ends the way to a place."""
    if placement is None or placement.status == "ended" or placement.asks == "died":
        return Decision()
    return Decision(placement.noted("child-died", now, asks="died"))


def _place(placement: Placement, places_id: str) -> Offer:
    if placement.offer is None or placement.offer.places_id != places_id:
        raise Refused("changed-meanwhile", "The place is kept elsewhere by now: look again, then decide.")
    return placement.offer
