"""Places and placements, told by the service's own facts: for a database that has lost them.

What schools wrote, why a place was given and who noted it is told by papers (`remarks`): until then it is LOST. Why
more places are kept than there are was never published. Of schools' links only a hash was kept, and that nowhere else:
those that still owe an answer are among the schools to remind at once, which makes a new link.
"""

from datetime import datetime

from chassis.calendar import london_date
from chassis.decision import Decision
from schemas import places_v1 as facts
from services.panels.domain.placing.agreeing import agreed_anew
from services.panels.domain.placing.falling_due import timers, without_review
from services.panels.domain.placing.placement import (
    Acceptance,
    Answer,
    Consultation,
    Ended,
    Look,
    Offer,
    Placement,
    Step,
)
from services.panels.domain.placing.places import Beyond, Kept, Places, places_id_of

LOST = "lost with the database"


def awaited(placement: Placement | None, fact: facts.PlaceAwaited) -> Decision[Placement]:
    """The child waits for a place, or for one of another kind."""
    if placement is not None and placement.status == "awaiting":
        after = agreed_anew(placement, fact.provision)
        return Decision(after.moved_to("awaiting", fact.awaited_at, next_step_by=fact.next_step_by))
    begun = Placement(
        placement_id=fact.placement_id,
        referral_id=fact.referral_id,
        **fact.whose.model_dump(),
        next_phases=fact.next_phases,
        provision=fact.provision,
        status="awaiting",
        awaited_at=fact.awaited_at,
        next_step_by=fact.next_step_by,
        history=placement.history if placement else (),
    )
    return Decision(begun.moved_to("awaiting", fact.awaited_at))


def agreed_again(placement: Placement | None, fact: facts.PlaceAgreedAnew) -> Decision[Placement]:
    """What was agreed was corrected once a place was offered, or a person had said that it goes on."""
    if placement is None:
        return Decision()
    after = agreed_anew(placement, fact.provision)
    asks = "kind" if fact.to_decide else after.asks_no_kind
    return Decision(after.noted("agreed-anew", fact.at, asks=asks))


def support_awaited(placement: Placement | None, fact: facts.SupportAwaited) -> Decision[Placement]:
    """Support at a school was agreed."""
    begun = Placement(
        placement_id=fact.placement_id,
        referral_id=fact.referral_id,
        **fact.whose.model_dump(),
        provision="mainstream-with-support",
        support_at=fact.setting,
        status="awaiting",
        awaited_at=fact.awaited_at,
        next_step_by=fact.next_step_by,
        history=placement.history if placement else (),
    )
    return Decision(begun.moved_to("awaiting", fact.awaited_at))


def support_settled(placement: Placement | None, fact: facts.SupportSettled) -> Decision[Placement]:
    """The day from which it is given was settled."""
    moved = _moved(placement, "confirmed", fact.settled_at, starts_on=fact.starts_on)
    return Decision(moved.state, due=timers(moved.state) if moved.state else ())


def consulted(placement: Placement | None, fact: facts.PlaceConsulted) -> Decision[Placement]:
    """A school was asked."""
    if placement is None:
        return Decision()
    asked = Consultation(
        consultation_id=fact.consultation_id,
        setting=fact.setting,
        provision=placement.provision,
        asked_at=fact.consulted_at,
        asked_on=london_date(fact.consulted_at),
        answer_by=fact.answer_by,
        link_lost=True,
    )
    others = tuple(e for e in placement.consultations if e.consultation_id != fact.consultation_id)
    asks = placement.asks_no_kind
    return Decision(
        placement.noted("consulted", fact.consulted_at, consultations=(*others, asked), asks=asks)
    )


def answered(placement: Placement | None, fact: facts.PlaceAnswered) -> Decision[Placement]:
    """It answered."""
    found = [
        each
        for each in (placement.consultations if placement else ())
        if each.consultation_id == fact.consultation_id
    ]
    if placement is None or not found:
        return Decision()
    given = Answer(
        can_meet=fact.can_meet,
        reasons=LOST,
        earliest_start_on=fact.earliest_start_on,
        by=LOST,
        answered_at=fact.answered_at,
    )
    after = placement.with_consultation(found[0].model_copy(update={"answer": given, "link_lost": False}))
    return Decision(placement.noted("answered", fact.answered_at, consultations=after))


def offered(placement: Placement | None, fact: facts.PlaceOffered) -> Decision[Placement]:
    """A place was offered."""
    made = Offer(
        places_id=places_id_of(fact.setting, fact.kind),
        setting=fact.setting,
        kind=fact.kind,
        starts_on=fact.starts_on,
        offered_at=fact.offered_at,
        reply_by=fact.reply_by,
        by=LOST,
    )
    asks = placement.asks_no_kind if placement else None
    return _moved(placement, "offered", fact.offered_at, offer=made, asks=asks)


def declined(placement: Placement | None, fact: facts.PlaceDeclined) -> Decision[Placement]:
    """It was not taken."""
    if placement is None or placement.offer is None:
        return Decision()
    gone = placement.offer.model_copy(update={"declined": fact.reason})
    return _moved(
        placement,
        "awaiting",
        fact.declined_at,
        offer=None,
        acceptance=None,
        starts_on=None,
        asks=placement.asks_no_kind,
        not_taken=(*placement.not_taken, gone),
    )


def accepted(placement: Placement | None, fact: facts.PlaceAccepted) -> Decision[Placement]:
    """The family took it."""
    taken = Acceptance(by=fact.accepted_by, accepted_on=fact.accepted_on, noted_by=LOST)
    return _moved(placement, "accepted", fact.accepted_at, acceptance=taken)


def confirmed(placement: Placement | None, fact: facts.PlacementConfirmed) -> Decision[Placement]:
    """The first day was settled; a short placement begins with this."""
    if fact.whose is not None:
        placement = _short(placement, fact)
    if placement is None:
        return Decision()
    days = {name: getattr(fact, name) for name in ("starts_on", "review_on", "ends_on", "returns_on")}
    if placement.status == "started":
        reviewed = placement.noted("reviewed", fact.confirmed_at, **days)
        return Decision(reviewed, due=without_review(reviewed))
    after = placement.moved_to("confirmed", fact.confirmed_at, **days)
    return Decision(after, due=timers(after))


def _short(placement: Placement | None, fact: facts.PlacementConfirmed) -> Placement:
    assert fact.whose is not None
    offer = Offer(
        places_id=places_id_of(fact.setting, fact.kind),
        setting=fact.setting,
        kind=fact.kind,
        starts_on=fact.starts_on,
        offered_at=fact.confirmed_at,
        reply_by=fact.starts_on,
    )
    return Placement(
        placement_id=fact.placement_id,
        referral_id=fact.referral_id,
        short=fact.short,
        **fact.whose.model_dump(),
        status="confirmed",
        awaited_at=fact.confirmed_at,
        offer=offer,
        reviews=placement.reviews if placement else (),
        history=placement.history if placement else (),
    )


def started(
    placement: Placement | None, fact: facts.PlacementStarted | facts.SupportStarted
) -> Decision[Placement]:
    """The child was there."""
    asks = placement.still_asked if placement else None
    return _moved(placement, "started", fact.started_at, started_on=fact.started_on, asks=asks)


def reviewed(placement: Placement | None, fact: facts.PlacementReviewed) -> Decision[Placement]:
    """It was looked at. Where its last day changed, another fact of the same instant has noted that already."""
    if placement is None:
        return Decision()
    days = {"review_on": fact.reviewed_on, "ends_on": fact.ends_on, "returns_on": fact.returns_on}
    looks = (*placement.reviews, Look(on=fact.reviewed_on, helped=fact.helped))
    noted = bool(placement.history) and placement.history[-1] == Step(at=fact.reviewed_at, state="reviewed")
    before = placement if noted else placement.noted("reviewed", fact.reviewed_at)
    after = before.model_copy(update={**days, "reviews": looks, "asks": placement.still_asked})
    return Decision(after, due=without_review(after))


def ended(
    placement: Placement | None, fact: facts.PlacementEnded | facts.SupportEnded
) -> Decision[Placement]:
    """It was over."""
    back = fact.returns_on if isinstance(fact, facts.PlacementEnded) else None
    over = Ended(reason=fact.reason, ended_on=fact.ended_on, returns_on=back, at=fact.ended_at)
    return _moved(placement, "ended", fact.ended_at, ended=over, asks=None)


def _moved(placement: Placement | None, status: str, at: datetime, **changes: object) -> Decision[Placement]:
    return Decision(placement.moved_to(status, at, **changes) if placement else None)  # type: ignore[arg-type]


def counted(places: Places | None, fact: facts.PlacesCounted) -> Decision[Places]:
    """How many places there were."""
    before = places or Places(places_id=fact.places_id, setting=fact.setting, kind=fact.kind)
    numbers = {"number": fact.number, "out_of_use": fact.out_of_use, "coming": fact.coming}
    return Decision(_as_it_was(before.model_copy(update=numbers), fact.counted_at, beyond=True))


def kept(places: Places | None, fact: facts.PlaceKept) -> Decision[Places]:
    """One of them was kept for a child."""
    before = places or Places(places_id=fact.places_id, setting=fact.setting, kind=fact.kind)
    spell = Kept(placement_id=fact.placement_id, from_on=fact.from_on, until_on=fact.until_on)
    others = tuple(each for each in before.kept if each.placement_id != fact.placement_id)
    after = before.model_copy(update={"kept": (*others, spell)})
    return Decision(_as_it_was(after, fact.kept_at, fact.beyond))


def freed(places: Places | None, fact: facts.PlaceFreed) -> Decision[Places]:
    """One of them was free again."""
    if places is None:
        return Decision()
    mine = [each for each in places.kept if each.placement_id == fact.placement_id]
    rest = tuple(each for each in places.kept if each.placement_id != fact.placement_id)
    short = [each.model_copy(update={"until_on": fact.last_on}) for each in mine if fact.last_on]
    return Decision(
        _as_it_was(places.model_copy(update={"kept": (*rest, *short)}), fact.freed_at, beyond=True)
    )


def _as_it_was(places: Places, at: datetime, beyond: bool) -> Places:
    """With more kept than there are exactly where that was allowed; why it was is lost."""
    worst = places.excess(london_date(at)) if beyond else 0
    more = Beyond(excess=worst, reason=LOST, by=LOST, at=at) if worst else None
    return places.model_copy(update={"beyond": more, "changes": places.changes + 1})
