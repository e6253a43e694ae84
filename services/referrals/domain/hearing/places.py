"""What the panels service says of a child's way to a place, noted on its referral."""

from datetime import date, datetime

from chassis.decision import Decision
from schemas.places_v1 import (
    PlaceAccepted,
    PlaceAwaited,
    PlaceConsulted,
    PlaceDeclined,
    PlacementConfirmed,
    PlacementEnded,
    PlacementStarted,
    PlaceOffered,
    SupportAwaited,
    SupportEnded,
    SupportSettled,
    SupportStarted,
)
from services.referrals.domain.referral import PANEL, PlaceStage, Placing, Referral, known
from services.referrals.domain.work.moving import noted


def awaited(referral: Referral | None, event: PlaceAwaited, now: datetime) -> Decision[Referral]:
    """A place has to be found."""
    return _came_to(referral, "awaited", event.awaited_at, event.next_step_by)


def consulted(referral: Referral | None, event: PlaceConsulted, now: datetime) -> Decision[Referral]:
    """A school was asked; which one, this school is not told."""
    return _came_to(referral, "consulted", event.consulted_at, event.answer_by)


def offered(referral: Referral | None, event: PlaceOffered, now: datetime) -> Decision[Referral]:
    """A place was offered to the family."""
    return _came_to(referral, "offered", event.offered_at, event.reply_by)


def declined(referral: Referral | None, event: PlaceDeclined, now: datetime) -> Decision[Referral]:
    """It was not taken: the search goes on."""
    return _came_to(referral, "awaited", event.declined_at, None)


def accepted(referral: Referral | None, event: PlaceAccepted, now: datetime) -> Decision[Referral]:
    """The family took it."""
    return _came_to(referral, "accepted", event.accepted_at, event.starts_on)


def confirmed(referral: Referral | None, event: PlacementConfirmed, now: datetime) -> Decision[Referral]:
    """The first day is settled."""
    return _came_to(referral, "confirmed", event.confirmed_at, event.starts_on)


def started(referral: Referral | None, event: PlacementStarted, now: datetime) -> Decision[Referral]:
    """The child is there; from a short placement it comes back on a day that is known."""
    return _came_to(referral, "started", event.started_at, event.returns_on)


def ended(referral: Referral | None, event: PlacementEnded, now: datetime) -> Decision[Referral]:
    """It is over."""
    return _came_to(referral, "ended", event.ended_at, event.returns_on)


def support_awaited(referral: Referral | None, event: SupportAwaited, now: datetime) -> Decision[Referral]:
    """Support at a school was agreed."""
    return _came_to(referral, "support-awaited", event.awaited_at, event.next_step_by)


def support_settled(referral: Referral | None, event: SupportSettled, now: datetime) -> Decision[Referral]:
    """The day from which it is given is settled."""
    return _came_to(referral, "support-settled", event.settled_at, event.starts_on)


def support_started(referral: Referral | None, event: SupportStarted, now: datetime) -> Decision[Referral]:
    """It is given."""
    return _came_to(referral, "support-started", event.started_at, None)


def support_ended(referral: Referral | None, event: SupportEnded, now: datetime) -> Decision[Referral]:
    """It is over."""
    return _came_to(referral, "support-ended", event.ended_at, None)


def _came_to(
    referral: Referral | None, stage: PlaceStage, at: datetime, by: date | None
) -> Decision[Referral]:
    after = noted(known(referral), "panel", at, PANEL, detail=stage, on=by)
    return Decision(after.model_copy(update={"place": Placing(stage=stage, by=by)}))
