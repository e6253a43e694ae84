"""A place is offered and kept, the family takes it or not, and the first day is settled."""

from datetime import date, datetime, timedelta

from chassis.calendar import WorkingCalendar, london_date
from chassis.decision import Changes, Decision, Refused, World
from schemas.places_v1 import PlaceAccepted, PlaceDeclined, PlacementConfirmed, PlaceOffered
from services.panels.domain.faults import Wrong
from services.panels.domain.placing.commands import AcceptOffer, ConfirmStart, DeclineOffer, OfferPlace
from services.panels.domain.placing.falling_due import timers
from services.panels.domain.placing.fitting import as_agreed
from services.panels.domain.placing.placement import (
    PLACEMENT,
    Acceptance,
    Offer,
    Placement,
    as_seen,
    waiting_for_a_place,
)
from services.panels.domain.placing.places import PLACES, Kept, Places, free, keep, places_id_of

#: How far ahead a first day may lie.
FURTHEST = timedelta(days=2 * 366)


def offer(working: WorkingCalendar, world: World, command: OfferPlace, now: datetime) -> Changes:
    """The place is the child's from its first day on, until the family says no.

    Raises Refused where the school has not said yes or has no place free, or the place is of another kind than was
    agreed, without a reason; for days that cannot be; and for a child that waits for none.
    """
    placement = waiting_for_a_place(world.get(PLACEMENT, command.placement_id), command.seen)
    check_days_ahead(working, command.starts_on, command.reply_by, london_date(now))
    differs = _another_kind(placement, command)
    if not command.because.strip():
        _agreed_by_the_school(placement, command.setting)
    id = places_id_of(command.setting, command.kind)
    spell = Kept(placement_id=placement.placement_id, from_on=command.starts_on)
    kept = keep(world.get(PLACES, id), command.setting, command.kind, spell, command.because, command.by, now)
    made = Offer(
        places_id=id,
        setting=command.setting,
        kind=command.kind,
        starts_on=command.starts_on,
        offered_at=now,
        reply_by=command.reply_by,
        because=command.because.strip(),
        differs_because=differs,
        by=command.by,
    )
    fact = PlaceOffered(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        setting=command.setting,
        kind=command.kind,
        offered_at=now,
        starts_on=command.starts_on,
        reply_by=command.reply_by,
    )
    after = placement.moved_to("offered", now, differs, offer=made, asks=placement.asks_no_kind)
    return both(Decision(after, (fact,)), id, kept)


def accept(placement: Placement | None, command: AcceptOffer, now: datetime) -> Decision[Placement]:
    """The family takes the place that was offered. Raises Refused where none is, or for a day to come."""
    placement = as_seen(placement, command.seen, "offered")
    made, today = _offer(placement), london_date(now)
    if not london_date(made.offered_at) <= command.accepted_on <= today:
        wrong = Wrong("accepted_on", "not-since-the-offer", "must lie between the offer and today")
        raise Refused("dates-not-plausible", "The place cannot have been taken then.", faults=(wrong,))
    taken = Acceptance(by=command.accepted_by, accepted_on=command.accepted_on, noted_by=command.by)
    fact = PlaceAccepted(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        accepted_at=now,
        accepted_by=command.accepted_by,
        accepted_on=command.accepted_on,
        starts_on=made.starts_on,
    )
    after = placement.moved_to("accepted", now, acceptance=taken)
    return Decision(after, (fact,), answer=answer_of(after))


def decline(world: World, command: DeclineOffer, now: datetime) -> Changes:
    """The place is free at once, and the child waits again. Raises Refused where none is offered."""
    placement = as_seen(
        world.get(PLACEMENT, command.placement_id), command.seen, "offered", "accepted", "confirmed"
    )
    if placement.short:
        raise Refused("short-placement", "A short placement was not offered: end it instead.")
    made = _kept_at(placement, command.places_id)
    gone = made.model_copy(update={"declined": command.reason})
    after = placement.moved_to(
        "awaiting",
        now,
        offer=None,
        acceptance=None,
        starts_on=None,
        asks=None if placement.asks == "kind" else placement.still_asked,
        not_taken=(*placement.not_taken, gone),
    )
    fact = PlaceDeclined(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        reason=command.reason,
        declined_at=now,
    )
    freed = free(world.get(PLACES, made.places_id), placement.placement_id, None, now)
    return both(Decision(after, (fact,), due=timers(after)), made.places_id, freed)


def confirm(working: WorkingCalendar, world: World, command: ConfirmStart, now: datetime) -> Changes:
    """The first day is settled, as offered or another one; it may be settled anew until the child is there.

    Raises Refused unless the family has taken the place, for a day in the past, and where none is free then.
    """
    placement = as_seen(world.get(PLACEMENT, command.placement_id), command.seen, "accepted", "confirmed")
    if placement.short:
        raise Refused("short-placement", "The Centre settled the first day of a short placement.")
    made = _kept_at(placement, command.places_id)
    check_days_ahead(working, command.starts_on, None, london_date(now))
    if placement.status == "confirmed" and placement.starts_on == command.starts_on:
        return Changes(answer=answer_of(placement))  # the family knows it already
    spell = Kept(placement_id=placement.placement_id, from_on=command.starts_on)
    places = world.get(PLACES, made.places_id)
    kept = keep(places, made.setting, made.kind, spell, command.because, command.by, now)
    fact = PlacementConfirmed(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        setting=made.setting,
        kind=made.kind,
        confirmed_at=now,
        starts_on=command.starts_on,
    )
    after = placement.moved_to("confirmed", now, starts_on=command.starts_on, asks=placement.still_asked)
    return both(Decision(after, (fact,), due=timers(after)), made.places_id, kept)


def answer_of(placement: Placement) -> dict[str, object]:
    """What whoever asked is answered."""
    return {
        "placement_id": placement.placement_id,
        "state": placement.status,
        "seen": placement.version,
    }


def both(decision: Decision[Placement], places_id: str, places: Decision[Places]) -> Changes:
    """What becomes of a placement and of the places where its own is kept."""
    assert decision.state is not None
    placement = PLACEMENT.at(decision.state.placement_id)
    return Changes({placement: decision, PLACES.at(places_id): places}, answer=answer_of(decision.state))


def _offer(placement: Placement) -> Offer:
    if placement.offer is None:
        raise Refused("no-offer", "No place is kept for this child.")
    return placement.offer


def _kept_at(placement: Placement, places_id: str) -> Offer:
    """The offer that stands. Raises Refused where the place is kept elsewhere by now."""
    made = _offer(placement)
    if made.places_id != places_id:
        raise Refused("changed-meanwhile", "The place is kept elsewhere by now: look again, then decide.")
    return made


def _another_kind(placement: Placement, command: OfferPlace) -> str:
    """Why the place is of another kind than was agreed, empty where it is not. Raises Refused where nobody said why."""
    if as_agreed(placement.provision, command.kind):
        return ""
    if not command.differs_because.strip():
        raise Refused(
            "not-as-agreed",
            "The authority agreed to another kind of place: say that you know it, and why this one is offered.",
        )
    return command.differs_because.strip()


def _agreed_by_the_school(placement: Placement, setting: str) -> None:
    answers = [each.answer for each in placement.consultations if each.setting == setting]
    if not any(answer is not None and answer.can_meet != "no" for answer in answers):
        raise Refused(
            "school-not-agreed",
            "This school has not said that it can meet the child's needs: say why it has to be this one.",
        )


def check_days_ahead(working: WorkingCalendar, starts_on: date, reply_by: date | None, today: date) -> None:
    """Raises Refused for a first day that cannot be, or for such a day by which the family answers."""
    wrong = []
    if not today <= starts_on <= today + FURTHEST:
        wrong.append(Wrong("starts_on", "not-to-come", "must be today or later, within two years"))
    elif not working.is_working_day(starts_on):
        tell = "must be a day on which a school can be open, so no weekend and no bank holiday"
        wrong.append(Wrong("starts_on", "not-a-school-day", tell))
    if reply_by is not None and not today <= reply_by <= today + FURTHEST:
        wrong.append(Wrong("reply_by", "not-to-come", "must be today or later, within two years"))
    if wrong:
        raise Refused("dates-not-plausible", "Some days cannot be; each is named.", faults=tuple(wrong))
