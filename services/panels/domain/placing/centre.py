"""Short placements: a referral in the queue of an Education Support Centre, and the place that the Centre gives."""

from datetime import datetime
from typing import Final

from chassis.calendar import WorkingCalendar
from chassis.decision import Changes, Decision, World
from schemas.places_v1 import PlacementConfirmed
from schemas.referrals_v1 import ReferralAccepted, ReferralRoutedV2, ShortPlacement
from services.panels.domain.placing.falling_due import back_on, timers
from services.panels.domain.placing.placement import (
    PLACEMENT,
    REQUEST,
    Offer,
    Placement,
    Request,
    placement_id_of_referral,
)
from services.panels.domain.placing.places import PLACES, Kept, keep, places_id_of

CENTRE: Final = "education-support-centre"
_OWN_QUEUE = "The Centre accepted it in its own queue."


def asked_of_a_centre(world: World, event: ReferralRoutedV2, now: datetime) -> Changes:
    """A referral waits in a Centre's queue: what its place will need to know is kept, and is no placement yet."""
    request = Request(
        reference=event.reference,
        panel=event.destination,
        child_id=event.child_id,
        urn=event.urn,
        area=event.area,
        phase=event.phase,
        need=event.primary_need,
        restricted=event.restricted,
    )
    return Changes({REQUEST.at(event.referral_id): Decision(request)})


def accepted_by_a_centre(
    working: WorkingCalendar, world: World, event: ReferralAccepted, now: datetime
) -> Changes:
    """The Centre gave a place: it is kept there from its first day to its last. A fact, so it is never refused."""
    place = event.short_placement
    if place is None:
        return Changes()  # a team's yes touches nothing here, so there is nothing to look at either
    id = placement_id_of_referral(event.referral_id)
    placement, request = world.get(PLACEMENT, id), world.get(REQUEST, event.referral_id)
    if request is None or (placement is not None and placement.status != "ended"):
        return Changes()
    places_id = places_id_of(event.destination, CENTRE)
    spell = Kept(placement_id=id, from_on=place.starts_on, until_on=place.ends_on)
    kept = keep(
        world.get(PLACES, places_id), event.destination, CENTRE, spell, _OWN_QUEUE, event.destination, now
    )
    opened = Placement(
        placement_id=id,
        referral_id=event.referral_id,
        short=True,
        **request.model_dump(),
        status="confirmed",
        awaited_at=event.accepted_at,
        reviews=placement.reviews if placement else (),
        history=placement.history if placement else (),
    )
    begun = _given(working, opened, event, place, now)
    return Changes({PLACEMENT.at(id): begun, PLACES.at(places_id): kept})


def _given(
    working: WorkingCalendar,
    placement: Placement,
    event: ReferralAccepted,
    place: ShortPlacement,
    now: datetime,
) -> Decision[Placement]:
    returns_on = back_on(working, place.ends_on)
    offer = Offer(
        places_id=places_id_of(event.destination, CENTRE),
        setting=event.destination,
        kind=CENTRE,
        starts_on=place.starts_on,
        offered_at=event.accepted_at,
        reply_by=place.starts_on,
        because=_OWN_QUEUE,
    )
    days = {"starts_on": place.starts_on, "review_on": place.review_on, "ends_on": place.ends_on}
    after = placement.moved_to("confirmed", now, "", offer=offer, returns_on=returns_on, **days)
    fact = PlacementConfirmed(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        setting=event.destination,
        kind=CENTRE,
        confirmed_at=now,
        short=True,
        returns_on=returns_on,
        whose=placement.whose,
        **days,
    )
    return Decision(after, (fact,), due=timers(after))
