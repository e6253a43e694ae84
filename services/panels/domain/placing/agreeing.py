"""What was agreed is another kind of place by now: whether what was begun still fits is for a person to say."""

from datetime import datetime

from chassis.decision import Decision, Refused
from schemas.codes import ProvisionType
from schemas.places_v1 import PlaceAgreedAnew
from services.panels.domain.placing.commands import GoOn
from services.panels.domain.placing.fitting import as_agreed
from services.panels.domain.placing.offering import answer_of
from services.panels.domain.placing.placement import Asks, Placement, as_seen


def agreed_anew(placement: Placement, provision: ProvisionType) -> Placement:
    """The placement with what is agreed by now, and with what a person is asked to decide about it."""
    asked = tuple(
        each.model_copy(update={"provision": each.provision or placement.provision})
        for each in placement.consultations
    )
    after = placement.model_copy(update={"provision": provision, "consultations": asked})
    return after.model_copy(update={"asks": _asks(after)})


def _asks(placement: Placement) -> Asks | None:
    if placement.asks in ("withdrawn", "died"):
        return placement.asks
    if not _fits(placement):
        return "kind"
    return None if placement.asks in ("kind", "corrected") else placement.asks


def _fits(placement: Placement) -> bool:
    """Whether the place that is kept, or else what schools were asked for, is as agreed."""
    if placement.offer is not None:
        return as_agreed(placement.provision, placement.offer.kind)
    return all(each.provision == placement.provision for each in placement.consultations)


def corrected(placement: Placement, provision: ProvisionType, now: datetime) -> Decision[Placement] | None:
    """The decision was corrected once a place was offered; None where that changes nothing."""
    after = agreed_anew(placement, provision)
    if (after.provision, after.asks) == (placement.provision, placement.asks):
        return None
    return _told(after.noted("agreed-anew", now), now)


def go_on(placement: Placement | None, command: GoOn, now: datetime) -> Decision[Placement]:
    """A person says that what was begun goes on all the same. Raises Refused where nobody is asked, or without why."""
    placement = as_seen(placement, command.seen, "awaiting", "offered", "accepted", "confirmed", "started")
    if placement.asks != "kind":
        raise Refused("not-now", "Nothing is to be decided about the kind of place.")
    if not command.because.strip():
        raise Refused("reason-missing", "Say why it goes on although another kind of place is agreed by now.")
    return _told(placement.noted("goes-on", now, command.because.strip(), asks=None), now)


def _told(after: Placement, now: datetime) -> Decision[Placement]:
    assert after.provision is not None
    fact = PlaceAgreedAnew(
        placement_id=after.placement_id,
        referral_id=after.referral_id,
        provision=after.provision,
        to_decide=after.asks == "kind",
        at=now,
    )
    return Decision(after, (fact,), answer=answer_of(after))
