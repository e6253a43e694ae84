"""What is done with a placement, each act on a small page of its own: asked, sent once, done or said why not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

from chassis.decision import Refused
from chassis.runner import IdempotencyConflict
from chassis.web.access import record_read
from chassis.web.fields import Fields, day_items, faults_of, options, sent_once
from chassis.web.forms import Form, Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault
from services.panels.domain.placing import commands as asked
from services.panels.domain.placing.offering import FURTHEST
from services.panels.domain.placing.placement import Placement, Status
from services.panels.domain.placing.story import ENDS, NOT_TAKEN
from services.panels.placing_views import of_placement
from services.panels.web.desk import LATE, Desk
from services.panels.web.placing.choosing import kinds, schools_that_answered
from services.panels.web.placing.showing import opened

PlacesSeeing = Annotated[Person, Depends(signed_in("placement:see"))]
PlacesFinding = Annotated[Person, Depends(signed_in("placement:coordinate"))]
WHO = {"parent-or-carer": "A parent or carer", "young-person": "The young person"}
_NOT_BY_HAND = ("decision-corrected",)
#: Refusals that something on the form answers: they are said beside its field.
_BESIDE = {
    "no-place-free": "because",
    "school-not-agreed": "because",
    "before-the-first-day": "early",
}


@dataclass(frozen=True, slots=True)
class Act:
    """One of them: its word in the address, when it is open, what its form becomes, what is said once it is done."""

    code: str
    title: str
    states: tuple[Status, ...]
    reads: Callable[[Fields, Placement, str], object]
    done: str
    short: bool | None = None

    def is_open(self, placement: Placement) -> bool:
        """Whether this can be done with the placement as it is."""
        return placement.status in self.states and self.short in (None, placement.short)


def _where(placement: Placement) -> str:
    return placement.offer.places_id if placement.offer else ""


def _ahead(fields: Fields, name: str, missing: str, first: date | None = None) -> date:
    return fields.day(name, missing, first=first or fields.today, last=fields.today + FURTHEST)


def _past(fields: Fields, name: str, missing: str) -> date:
    late = "This day lies ahead: give the day on which it happened."
    return fields.day(name, missing, last=fields.today, too_late=late)


def _offer(fields: Fields, placement: Placement, by: str) -> asked.OfferPlace:
    known = [each.setting for each in placement.consultations]
    return asked.OfferPlace(
        placement.placement_id,
        fields.choice("setting", known, "Choose the school whose place is offered."),
        fields.choice("kind", [each["value"] for each in kinds()], "Choose the kind of place."),
        _ahead(fields, "starts_on", "Give the day from which the place is kept."),
        _ahead(fields, "reply_by", "Give the day by which the family answers."),
        by,
        fields.optional("because") or "",
        fields.number("seen"),
    )


def _accept(fields: Fields, placement: Placement, by: str) -> asked.AcceptOffer:
    who = fields.choice("accepted_by", WHO, "Choose who took the place.")
    on = _past(fields, "accepted_on", "Give the day on which the family took it.")
    return asked.AcceptOffer(placement.placement_id, who, on, by, fields.number("seen"))


def _decline(fields: Fields, placement: Placement, by: str) -> asked.DeclineOffer:
    reason = fields.choice("reason", NOT_TAKEN, "Choose why it is not taken.")
    return asked.DeclineOffer(placement.placement_id, _where(placement), reason, fields.number("seen"))


def _confirm(fields: Fields, placement: Placement, by: str) -> asked.ConfirmStart:
    day = _ahead(fields, "starts_on", "Give the first day.")
    because = fields.optional("because") or ""
    return asked.ConfirmStart(
        placement.placement_id, _where(placement), day, by, because, fields.number("seen")
    )


def _start(fields: Fields, placement: Placement, by: str) -> asked.NoteStart:
    day = _past(fields, "started_on", "Give the day on which the child started.")
    early = fields.optional("early") == "yes"
    return asked.NoteStart(placement.placement_id, _where(placement), day, by, fields.number("seen"), early)


def _review(fields: Fields, placement: Placement, by: str) -> asked.NoteReview:
    day = _ahead(fields, "ends_on", "Give the last day at the Centre.", placement.starts_on)
    because = fields.optional("because") or ""
    return asked.NoteReview(
        placement.placement_id, _where(placement), day, by, because, fields.number("seen")
    )


def _end(fields: Fields, placement: Placement, by: str) -> asked.EndPlacement:
    reason = fields.choice("reason", reasons_to_end(), "Choose why it ends.")
    on = _past(fields, "ended_on", "Give its last day.")
    return asked.EndPlacement(placement.placement_id, _where(placement), reason, on, fields.number("seen"))


def reasons_to_end() -> Mapping[str, str]:
    """Why a person may end it."""
    return {code: words for code, words in ENDS.items() if code not in _NOT_BY_HAND}


_OPEN: tuple[Status, ...] = ("awaiting", "offered", "accepted", "confirmed", "started")
ACTS = (
    Act("offer", "Offer a place", ("awaiting",), _offer, "The place is kept and offered.", short=False),
    Act(
        "accept", "The family takes the place", ("offered",), _accept, "It is noted that the family takes it."
    ),
    Act(
        "confirm",
        "Settle the first day",
        ("accepted", "confirmed"),
        _confirm,
        "The first day is settled, and the family is told.",
        short=False,
    ),
    Act("start", "The child has started", ("confirmed",), _start, "It is noted that the child is there."),
    Act(
        "review",
        "Note the review",
        ("confirmed", "started"),
        _review,
        "The review is noted.",
        short=True,
    ),
    Act(
        "decline",
        "The place is not taken",
        ("offered", "accepted", "confirmed"),
        _decline,
        "The place is free again, and the child waits.",
        short=False,
    ),
    Act("end", "End it", _OPEN, _end, "It has ended."),
)


def router(desk: Desk) -> APIRouter:
    """The routes of all acts."""
    routes = APIRouter(include_in_schema=False)
    for act in ACTS:
        _routes_of(routes, desk, act)
    return routes


def _routes_of(routes: APIRouter, desk: Desk, act: Act) -> None:
    path = f"/placements/{{placement_id}}/{act.code}"

    @routes.get(path)
    async def ask(request: Request, person: PlacesFinding, placement_id: str) -> Response:
        """The form; back to the placement where this cannot be done."""
        return await _form(desk, request, person, placement_id, act)

    @routes.post(path)
    async def do(request: Request, person: PlacesFinding, placement_id: str, form: Posted) -> Response:
        """Does it."""
        return await _do(desk, request, person, placement_id, act, form)


async def _do(
    desk: Desk, request: Request, person: Person, placement_id: str, act: Act, form: Form
) -> Response:
    async with desk.running.pool.acquire() as conn:
        placement = await opened(desk, conn, person, placement_id, "placement:coordinate")
    fields = Fields(form, desk.today)
    command = act.reads(fields, placement, person.id)
    if fields.faults:
        return await _form(desk, request, person, placement_id, act, form, fields.faults)
    once = sent_once(form, f"{act.code}:{placement_id}:{person.id}")
    try:
        await desk.running.runner.command(command, once=once)
    except IdempotencyConflict:
        return _late(desk, placement_id)
    except Refused as refusal:
        faults = faults_of(refusal, _BESIDE.get(refusal.code, ""))
        return await _form(desk, request, person, placement_id, act, form, faults)
    return desk.look.redirect(f"/placements/{placement_id}", act.done)


async def _form(
    desk: Desk,
    request: Request,
    person: Person,
    placement_id: str,
    act: Act,
    form: Form | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    """The form over the placement as it is by now; one that comes back keeps the version that it had before it."""
    async with desk.running.pool.acquire() as conn, conn.transaction():
        placement = await opened(desk, conn, person, placement_id, "placement:coordinate")
        schools = await schools_that_answered(conn, placement)
        await record_read(conn, person, "placement", placement_id)
    if not act.is_open(placement):
        return _late(desk, placement_id)
    typed = {name: form.get(name) for name in form.names} if form else _offered(act, placement, desk.today)
    return desk.look.page(
        f"placing/{act.code}.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        placement=of_placement(placement, desk.today),
        act=act,
        typed=typed,
        seen=typed.get("seen") or placement.version,
        token=typed.get("form") or str(uuid4()),
        days=lambda name: day_items(name, typed, faults),
        schools=schools,
        kinds=kinds(),
        today=desk.today.isoformat(),
        who=options(WHO),
        not_taken=options(NOT_TAKEN),
        reasons=options(reasons_to_end()),
    )


def _offered(act: Act, placement: Placement, today: date) -> dict[str, Any]:
    """What a form offers before anybody has typed: days that are known already."""
    offer = placement.offer
    known: dict[str, dict[str, date | None]] = {
        "offer": {"reply_by": today + timedelta(days=10)},
        "accept": {"accepted_on": today},
        "confirm": {"starts_on": placement.starts_on or (offer.starts_on if offer else None)},
        "start": {"started_on": min(placement.starts_on or today, today)},
        "review": {"ends_on": placement.ends_on},
        "end": {"ended_on": today},
    }
    typed: dict[str, Any] = {}
    for name, day in known.get(act.code, {}).items():
        if day is not None:
            typed |= {f"{name}-day": day.day, f"{name}-month": day.month, f"{name}-year": day.year}
    return typed


def _late(desk: Desk, placement_id: str) -> Response:
    return desk.look.redirect(f"/placements/{placement_id}?{LATE}=yes")
