"""What is done with a placement, each act on a small page of its own: asked, sent once, done or said why not."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from chassis.web.fields import Fields, options, typed_day
from chassis.web.people import Person, signed_in
from schemas.places_v1 import EndReason
from services.panels.domain.placing import commands as asked
from services.panels.domain.placing.offering import FURTHEST
from services.panels.domain.placing.placement import Placement, Status
from services.panels.domain.placing.staying import may_end
from services.panels.domain.placing.story import ENDS, KINDS, NOT_TAKEN
from services.panels.placing_views import of_placement
from services.panels.web.desk import Desk
from services.panels.web.placing.choosing import kinds, schools_that_answered
from services.panels.web.placing.showing import opened
from services.panels.web.small_page import About, Sight, SmallPage

PlacesSeeing = Annotated[Person, Depends(signed_in("placement:see"))]
PlacesFinding = Annotated[Person, Depends(signed_in("placement:coordinate"))]
WHO = {"parent-or-carer": "A parent or carer", "young-person": "The young person"}
_NOT_BY_HAND = ("decision-corrected",)
#: Refusals that something on the form answers: they are said beside its field.
_BESIDE = {
    "no-place-free": "because",
    "school-not-agreed": "because",
    "before-the-first-day": "early",
    "not-as-agreed": "differs",
    "not-a-reason": "reason",
}
_TO_REPLY = timedelta(days=10)


def _where(placement: Placement) -> str:
    return placement.offer.places_id if placement.offer else ""


def _ahead(fields: Fields, name: str, missing: str, first: date | None = None) -> date:
    return fields.day(name, missing, first=first or fields.today, last=fields.today + FURTHEST)


def _past(fields: Fields, name: str, missing: str) -> date:
    late = "This day lies ahead: give the day on which it happened."
    return fields.day(name, missing, last=fields.today, too_late=late)


async def _offer(fields: Fields, at: Sight[Placement]) -> asked.OfferPlace:
    known = [each.setting for each in at.thing.consultations]
    differs = ""
    if fields.optional("differs") == "yes":
        differs = fields.words("differs_because", "Write why another kind of place is offered.")
    return asked.OfferPlace(
        at.thing.placement_id,
        fields.choice("setting", known, "Choose the school whose place is offered."),
        fields.choice("kind", [each["value"] for each in kinds()], "Choose the kind of place."),
        _ahead(fields, "starts_on", "Give the day from which the place is kept."),
        _ahead(fields, "reply_by", "Give the day by which the family answers."),
        at.person.id,
        fields.optional("because") or "",
        fields.number("seen"),
        differs,
    )


async def _go_on(fields: Fields, at: Sight[Placement]) -> asked.GoOn:
    because = fields.words("because", "Write why it goes on as it is.")
    return asked.GoOn(at.thing.placement_id, because, at.person.id, fields.number("seen"))


async def _accept(fields: Fields, at: Sight[Placement]) -> asked.AcceptOffer:
    who = fields.choice("accepted_by", WHO, "Choose who took the place.")
    on = _past(fields, "accepted_on", "Give the day on which the family took it.")
    return asked.AcceptOffer(at.thing.placement_id, who, on, at.person.id, fields.number("seen"))


async def _decline(fields: Fields, at: Sight[Placement]) -> asked.DeclineOffer:
    reason = fields.choice("reason", NOT_TAKEN, "Choose why it is not taken.")
    return asked.DeclineOffer(at.thing.placement_id, _where(at.thing), reason, fields.number("seen"))


async def _confirm(fields: Fields, at: Sight[Placement]) -> asked.ConfirmStart | asked.SettleSupport:
    day = _ahead(fields, "starts_on", "Give the first day.")
    if at.thing.support_at is not None:
        return asked.SettleSupport(at.thing.placement_id, day, at.person.id, fields.number("seen"))
    because = fields.optional("because") or ""
    return asked.ConfirmStart(
        at.thing.placement_id, _where(at.thing), day, at.person.id, because, fields.number("seen")
    )


async def _start(fields: Fields, at: Sight[Placement]) -> asked.NoteStart:
    day = _past(fields, "started_on", "Give the day on which the child started.")
    early, seen = fields.optional("early") == "yes", fields.number("seen")
    return asked.NoteStart(at.thing.placement_id, _where(at.thing), day, at.person.id, seen, early)


async def _begin(fields: Fields, at: Sight[Placement]) -> asked.NoteSupport:
    day = _past(fields, "started_on", "Give the day on which support began.")
    early, seen = fields.optional("early") == "yes", fields.number("seen")
    return asked.NoteSupport(at.thing.placement_id, day, at.person.id, seen, early)


TOO_EARLY = "too-early"
HELPED = {
    "yes": "Yes, it helped",
    "partly": "It helped in part",
    "no": "No, it did not help",
    TOO_EARLY: "It is too early to say",
}


async def _review(fields: Fields, at: Sight[Placement]) -> asked.NoteReview:
    day = _ahead(fields, "ends_on", "Give the last day at the Centre.", at.thing.starts_on)
    because = fields.optional("because") or ""
    helped = fields.choice("helped", HELPED, "Choose whether it helped, or that it is too early to say.")
    return asked.NoteReview(
        at.thing.placement_id, _where(at.thing), day, at.person.id, because, fields.number("seen"),
        None if helped == TOO_EARLY else helped,
    )  # fmt: skip


async def _end(fields: Fields, at: Sight[Placement]) -> asked.EndPlacement:
    reason = fields.choice("reason", reasons_to_end(at.thing), "Choose why it ends.")
    on = _past(fields, "ended_on", "Give its last day.")
    return asked.EndPlacement(at.thing.placement_id, _where(at.thing), reason, on, fields.number("seen"))


def reasons_to_end(placement: Placement) -> Mapping[EndReason, str]:
    """Why a person may end it."""
    by_hand = {code: words for code, words in ENDS.items() if code not in _NOT_BY_HAND}
    return {code: words for code, words in by_hand.items() if may_end(placement, code)}


async def _choices(at: Sight[Placement]) -> Mapping[str, Any]:
    return {
        "schools": await schools_that_answered(at.conn, at.thing),
        "kinds": kinds(),
        "kind_words": KINDS,
        "today": at.desk.today.isoformat(),
        "who": options(WHO),
        "not_taken": options(NOT_TAKEN),
        "reasons": options(reasons_to_end(at.thing)),
        "helped": options(HELPED),
    }


def _questioned(placement: Placement, now: datetime) -> bool:
    """Whether another kind of place is agreed by now, and somebody has to say what becomes of this one."""
    return placement.asks == "kind"


def _in(
    *states: Status, short: bool | None = None, support: bool | None = None
) -> Callable[[Placement, datetime], bool]:
    """Whether a placement is in one of these states, and short, or support at a school, where that matters."""
    return lambda placement, now: (
        placement.status in states
        and short in (None, placement.short)
        and support in (None, placement.support_at is not None)
    )


def _has_a_first_day(placement: Placement, now: datetime) -> bool:
    """Whether its first day is settled, or is next. Support begins without an offer."""
    first: Status = "accepted" if placement.support_at is None else "awaiting"
    return _in(first, "confirmed", short=False)(placement, now)


async def _reply_by(at: Sight[Placement]) -> Mapping[str, Any]:
    return typed_day("reply_by", at.desk.today + _TO_REPLY)


async def _accepted_on(at: Sight[Placement]) -> Mapping[str, Any]:
    return typed_day("accepted_on", at.desk.today)


async def _first_day(at: Sight[Placement]) -> Mapping[str, Any]:
    offer = at.thing.offer
    return typed_day("starts_on", at.thing.starts_on or (offer.starts_on if offer else None))


async def _started_on(at: Sight[Placement]) -> Mapping[str, Any]:
    return typed_day("started_on", min(at.thing.starts_on or at.desk.today, at.desk.today))


async def _last_day(at: Sight[Placement]) -> Mapping[str, Any]:
    return typed_day("ends_on", at.thing.ends_on)


async def _ended_on(at: Sight[Placement]) -> Mapping[str, Any]:
    return typed_day("ended_on", at.desk.today)


def _of_placement(desk: Desk, placement: Placement) -> Mapping[str, Any]:
    seen = of_placement(placement, desk.today)
    return {
        "placement": seen,
        "reference": placement.reference,
        "caption": f"Placement {placement.reference}",
        "story": seen["story"]["happened"],
        "back": {"href": f"/placements/{placement.placement_id}", "text": "Back to the placement"},
    }


PLACEMENTS: About[Placement] = About("placement", opened, _of_placement, "placement:see", "placing/")
_page = partial(
    SmallPage,
    PLACEMENTS,
    action="placement:coordinate",
    shows=_choices,
    beside=_BESIDE,
)
ACTS: tuple[SmallPage[Placement], ...] = (
    _page(
        "go-on", "Go on as it is", reads=_go_on, done="It is noted why it goes on as it is.",
        is_open=_questioned,
    ),
    _page(
        "offer", "Offer a place", reads=_offer, done="The place is kept and offered.",
        is_open=_in("awaiting", short=False, support=False), offers=_reply_by,
    ),
    _page(
        "accept", "The family takes the place", reads=_accept, done="It is noted that the family takes it.",
        is_open=_in("offered"), offers=_accepted_on,
    ),
    _page(
        "confirm", "Settle the first day", reads=_confirm,
        done="The first day is settled, and the family is told.",
        is_open=_has_a_first_day, offers=_first_day,
    ),
    _page(
        "start", "The child has started", reads=_start, done="It is noted that the child is there.",
        is_open=_in("confirmed", support=False), offers=_started_on,
    ),
    _page(
        "begun", "Support has begun", reads=_begin, done="It is noted that support is given.",
        is_open=_in("confirmed", support=True), offers=_started_on,
    ),
    _page(
        "review", "Note the review", reads=_review, done="The review is noted.",
        is_open=_in("confirmed", "started", short=True), offers=_last_day,
    ),
    _page(
        "decline", "The place is not taken", reads=_decline,
        done="The place is free again, and the child waits.",
        is_open=_in("offered", "accepted", "confirmed", short=False, support=False), warns=True,
    ),
    _page(
        "end", "End it", reads=_end, done="It has ended.",
        is_open=_in("awaiting", "offered", "accepted", "confirmed", "started"), offers=_ended_on, warns=True,
    ),
)  # fmt: skip


def router(desk: Desk) -> APIRouter:
    """The routes of all acts."""
    routes = APIRouter(include_in_schema=False)
    for act in ACTS:
        act.add(routes, desk)
    return routes
