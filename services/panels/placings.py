"""Which message touches what after the panel: the part of the table that is about places."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from chassis.decision import Changes, Ref, World
from chassis.handlers import Handlers
from chassis.restrictions import RESTRICTION
from schemas.children_v1 import ChildDied, ChildMoved
from schemas.referrals_v1 import ReferralAccepted, ReferralRoutedV2, ReferralWithdrawn
from services.panels.domain.cases.case import CASE, case_id_of
from services.panels.domain.heard import ALIAS
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.placing import (
    agreeing,
    centre,
    consulting,
    counting,
    offering,
    staying,
    supporting,
)
from services.panels.domain.placing import commands as asked
from services.panels.domain.placing.placement import (
    ENDS,
    LINK,
    PLACEMENT,
    REQUEST,
    REVIEW,
    STARTS,
    placement_id_of_referral,
)
from services.panels.domain.placing.places import PLACES, places_id_of

Touches = Callable[[Any], list[Ref]]


def add(handlers: Handlers, book: PanelBook) -> None:
    """Adds the rules of places to the service's table."""
    _schools(handlers)
    _places(handlers, book)
    _stays(handlers, book)


def opened_by(event: ReferralRoutedV2) -> list[Ref]:
    """What a referral opens here that goes to no panel: only one to an Education Support Centre does."""
    return [REQUEST.at(event.referral_id)] if event.destination_kind == centre.CENTRE else []


def died(event: ChildDied) -> list[Ref]:
    """What is settled quietly for a child who has died: its case and the way to a place."""
    return [CASE.at(case_id_of(event.referral_id)), _placement_of(event)]


def moved(event: ChildMoved) -> list[Ref]:
    """What goes with a child to another school: its case, its way to a place, what waits in a Centre's queue."""
    return [CASE.at(case_id_of(event.referral_id)), _placement_of(event), REQUEST.at(event.referral_id)]


def _placement_of(event: ReferralAccepted | ReferralWithdrawn | ChildMoved | ChildDied) -> Ref:
    return PLACEMENT.at(placement_id_of_referral(event.referral_id))


def _with_link(command: Any) -> list[Ref]:
    return [PLACEMENT.at(command.placement_id), LINK.at(command.link)]


def _of_child(command: asked.OfChild) -> list[Ref]:
    return [RESTRICTION.at(command.referral_id), ALIAS.at(command.child_id)]


def _by_restriction(rule: Callable[..., Changes]) -> Callable[[World, Any, datetime], Changes]:
    """A rule to which it matters whether only those who are named may read of the child."""

    def decide(world: World, command: asked.OfChild, now: datetime) -> Changes:
        return rule(world, command, world.get(RESTRICTION, command.referral_id), now)

    return decide


def _for_a_question(command: asked.Consult) -> list[Ref]:
    return [*_of_child(command), *consulting.of_setting(command)]


def _with_places(command: Any) -> list[Ref]:
    return [PLACEMENT.at(command.placement_id), PLACES.at(command.places_id)]


def _where_it_is_kept(command: asked.EndPlacement) -> list[Ref]:
    """A child that waits has no place yet."""
    return _with_places(command) if command.places_id else [PLACEMENT.at(command.placement_id)]


def _offered_at(command: asked.OfferPlace) -> list[Ref]:
    return [PLACEMENT.at(command.placement_id), PLACES.at(places_id_of(command.setting, command.kind))]


def _accepted_by_a_centre(event: ReferralAccepted) -> list[Ref]:
    if event.short_placement is None:
        return []
    return [_placement_of(event), PLACES.at(places_id_of(event.destination, centre.CENTRE))]


def _schools(handlers: Handlers) -> None:
    handlers.on_many(asked.Consult, _with_link, _by_restriction(consulting.consult), reads=_for_a_question)
    handlers.on_many(asked.Remind, _with_link, _by_restriction(consulting.remind), reads=_of_child)
    handlers.on_many(
        asked.AnswerConsultation,
        lambda c: [PLACEMENT.at(c.placement_id)],
        _by_restriction(consulting.answer),
        reads=lambda c: [LINK.at(c.link), *_of_child(c)],
    )


def _places(handlers: Handlers, book: PanelBook) -> None:
    handlers.on(asked.CountPlaces, PLACES, lambda c: places_id_of(c.setting, c.kind), counting.count)
    handlers.on_many(asked.OfferPlace, _offered_at, partial(offering.offer, book.working))
    handlers.on(asked.AcceptOffer, PLACEMENT, lambda c: c.placement_id, offering.accept)
    handlers.on(asked.GoOn, PLACEMENT, lambda c: c.placement_id, agreeing.go_on)
    handlers.on_many(asked.DeclineOffer, _with_places, offering.decline)
    handlers.on_many(asked.ConfirmStart, _with_places, partial(offering.confirm, book.working))


def _stays(handlers: Handlers, book: PanelBook) -> None:
    handlers.on_many(
        ReferralAccepted,
        _accepted_by_a_centre,
        partial(centre.accepted_by_a_centre, book.working),
        reads=lambda e: [REQUEST.at(e.referral_id)],
    )
    handlers.on(
        ReferralWithdrawn, PLACEMENT, lambda e: placement_id_of_referral(e.referral_id), staying.withdrawn
    )
    handlers.on_many(asked.NoteStart, _with_places, staying.note_start)
    handlers.on(
        asked.SettleSupport, PLACEMENT, lambda c: c.placement_id, partial(supporting.settle, book.working)
    )
    handlers.on(asked.NoteSupport, PLACEMENT, lambda c: c.placement_id, supporting.note)
    handlers.on_many(asked.NoteReview, _with_places, partial(staying.note_review, book.working))
    handlers.on_many(asked.EndPlacement, _where_it_is_kept, partial(staying.end, book.working))
    handlers.when_due(STARTS, PLACEMENT, staying.starts)
    handlers.when_due(REVIEW, PLACEMENT, staying.review_due)
    handlers.when_due(ENDS, PLACEMENT, staying.ends)
