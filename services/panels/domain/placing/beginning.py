"""How a placement begins: the authority agreed to a place, or an Education Support Centre gave one."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, Final, Protocol, TypeVar

from chassis.calendar import WorkingCalendar, at, london_date
from chassis.decision import Changes, Decision, Due, Ref, Refused, World
from schemas.children_v1 import ChildMoved
from schemas.places_v1 import PlaceAwaited, PlacementConfirmed, PlacementEnded, Whose
from schemas.referrals_v1 import ReferralAccepted, ReferralRoutedV2, ShortPlacement
from services.panels.domain.cases.case import CASE, Case, Issued
from services.panels.domain.placing.fitting import next_phases
from services.panels.domain.placing.placement import (
    ENDS,
    KIND_OF,
    PLACEMENT,
    REQUEST,
    REVIEW,
    STARTS,
    Ended,
    Offer,
    Placement,
    Request,
    placement_id_of,
    placement_id_of_referral,
)
from services.panels.domain.placing.places import PLACES, Kept, keep, places_id_of

CENTRE: Final = "education-support-centre"
#: When a day's placements are looked at, in London.
MORNING = time(6)
_OWN_QUEUE = "The Centre accepted it in its own queue."


class OfCase(Protocol):
    """A command about one case."""

    @property
    def case_id(self) -> str: ...


C = TypeVar("C", bound=OfCase)


def needs_a_place(issued: Issued | None) -> bool:
    """Whether this decision leads to a place that has to be found."""
    return issued is not None and issued.outcome == "agreed" and issued.provision in KIND_OF


def touches(case_id: str) -> list[Ref]:
    """What a decision on a case touches: the case, and the child's way to a place."""
    return [CASE.at(case_id), PLACEMENT.at(placement_id_of(case_id))]


def deciding(
    rule: Callable[[Case | None, C, datetime], Decision[Case]], world: World, command: C, now: datetime
) -> Changes:
    """What ``rule`` decides about a case, and what that means for the child's place, together."""
    case_ref, place_ref = touches(command.case_id)
    case = world.get(CASE, case_ref.id)
    decision = rule(case, command, now)
    placed = after_decision(case, decision.state, world.get(PLACEMENT, place_ref.id), now)
    also = {place_ref: placed} if placed else {}
    return Changes({case_ref: decision, **also}, answer=decision.answer)


def after_decision(
    case: Case | None, decided: Case | None, placement: Placement | None, now: datetime
) -> Decision[Placement] | None:
    """What a decision means for the child's place: ``case`` as it was, ``decided`` after it; None: nothing.

    A decision that is corrected may take a place away that nobody has been offered yet; one that has been offered
    is for the co-ordinator to end, who is asked to.
    """
    if case is None or decided is None or _what(case) == _what(decided):
        return None
    if needs_a_place(decided.in_force):
        return _awaiting(decided, placement, now)
    if placement is not None and placement.status == "awaiting":
        return _not_needed(placement, now)
    if placement is not None and placement.status != "ended":
        return Decision(placement.model_copy(update={"asks": "corrected"}))
    return None


def _what(case: Case) -> tuple[str, str | None] | None:
    """What is decided; that its reasons were mended moves nobody."""
    issued = case.in_force
    return (issued.outcome, issued.provision) if issued else None


def _awaiting(case: Case, placement: Placement | None, now: datetime) -> Decision[Placement] | None:
    issued = case.in_force
    if issued is None or issued.provision is None:
        return None
    begun = Placement(
        placement_id=placement_id_of(case.case_id),
        referral_id=case.referral_id,
        **{name: getattr(case, name) for name in Whose.model_fields},
        next_phases=next_phases(case.transfer),
        provision=issued.provision,
        status="awaiting",
        awaited_at=now,
        next_step_by=issued.next_step_by,
        history=placement.history if placement else (),
    )
    if placement is not None and placement.status != "ended":
        if placement.status != "awaiting":
            # A place is offered already: whether it still fits is for the co-ordinator to say.
            agreed_again = placement.asks == "corrected"
            return Decision(placement.model_copy(update={"asks": None})) if agreed_again else None
        begun = placement.model_copy(update={"provision": issued.provision})
    fact = PlaceAwaited(
        placement_id=begun.placement_id,
        referral_id=case.referral_id,
        case_id=case.case_id,
        whose=begun.whose,
        provision=issued.provision,
        awaited_at=begun.awaited_at,
        next_step_by=issued.next_step_by,
        next_phases=begun.next_phases,
    )
    return Decision(begun.moved_to("awaiting", now, next_step_by=issued.next_step_by), (fact,))


def _not_needed(placement: Placement, now: datetime) -> Decision[Placement]:
    today = london_date(now)
    ended = Ended(reason="decision-corrected", ended_on=today, returns_on=None, at=now)
    fact = PlacementEnded(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        reason="decision-corrected",
        ended_at=now,
        ended_on=today,
        began=False,
    )
    return Decision(placement.moved_to("ended", now, ended=ended), (fact,))


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
    after = placement.moved_to("confirmed", now, offer=offer, returns_on=returns_on, **days)
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


def child_moved(world: World, event: ChildMoved) -> dict[Ref, Decision[Any]]:
    """The child is at another school while it waits for a place, or for a Centre's answer."""
    now_at = {"urn": event.urn, "area": event.area}
    id = placement_id_of_referral(event.referral_id)
    placement, request = world.get(PLACEMENT, id), world.get(REQUEST, event.referral_id)
    moved: dict[Ref, Decision[Any]] = {}
    if placement is not None:
        moved[PLACEMENT.at(id)] = Decision(placement.model_copy(update=now_at))
    if request is not None:
        moved[REQUEST.at(event.referral_id)] = Decision(request.model_copy(update=now_at))
    return moved


def back_on(working: WorkingCalendar, ends_on: date) -> date:
    """The day on which a child is back at its school: the first working day after its last at the Centre."""
    return working.add(ends_on, 1)


def timers(placement: Placement) -> tuple[Due, ...]:
    """What falls due for a placement whose first day is settled."""
    id, starts = placement.placement_id, placement.starts_on
    due = [Due(STARTS, id, at(starts, MORNING) if starts else None)]
    if placement.short and placement.review_on and placement.ends_on:
        due.append(Due(REVIEW, id, at(placement.review_on, MORNING)))
        due.append(Due(ENDS, id, at(day_after(placement.ends_on), MORNING)))
    return tuple(due)


def without_review(placement: Placement) -> tuple[Due, ...]:
    """What falls due for a short placement once it was looked at: its end, and no review any more."""
    kept = tuple(due for due in timers(placement) if due.what == ENDS)
    return (*kept, Due(REVIEW, placement.placement_id, None))


def day_after(day: date) -> date:
    """The following day. Raises Refused at the end of the calendar."""
    if day == date.max:
        raise Refused("no-such-day", "This day lies too far ahead: give an earlier one.")
    return date.fromordinal(day.toordinal() + 1)
