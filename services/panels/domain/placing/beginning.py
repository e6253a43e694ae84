"""How a placement begins: the authority agreed to a place, and what a decision that is corrected means for it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from chassis.calendar import london_date
from chassis.decision import Changes, Decision, Ref, World
from schemas.children_v1 import ChildMoved
from schemas.places_v1 import PlaceAwaited, PlacementEnded, Whose
from services.panels.domain.cases.case import CASE, Case, Issued
from services.panels.domain.placing import supporting
from services.panels.domain.placing.agreeing import agreed_anew, corrected
from services.panels.domain.placing.fitting import next_phases
from services.panels.domain.placing.placement import (
    KIND_OF,
    PLACEMENT,
    REQUEST,
    Ended,
    Placement,
    placement_id_of,
    placement_id_of_referral,
)


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
    issued, standing = decided.in_force, placement is not None and placement.status != "ended"
    if issued is not None and (needs_a_place(issued) or supporting.is_support(issued)):
        changed = _changed_over(decided, issued, placement, now) if standing else None
        return changed or _begun(decided, issued, placement, now)
    if placement is not None and placement.status == "awaiting":
        return _not_needed(placement, now)
    if placement is not None and placement.status != "ended":
        return Decision(placement.model_copy(update={"asks": "corrected"}))
    return None


def _begun(
    case: Case, issued: Issued, placement: Placement | None, now: datetime
) -> Decision[Placement] | None:
    """What was agreed begins, or goes on where it stands already."""
    if not supporting.is_support(issued):
        return _awaiting(case, placement, now)
    if placement is None or placement.status == "ended":
        return supporting.begin(case, issued, placement, now)
    # The way to a place has come too far: it is for a person to end it. Support that stands already goes on.
    if placement.support_at is None:
        return Decision(placement.model_copy(update={"asks": "corrected"}))
    return Decision(placement.model_copy(update={"asks": None})) if placement.asks == "corrected" else None


def _changed_over(
    case: Case, issued: Issued, placement: Placement | None, now: datetime
) -> Decision[Placement] | None:
    """Support in the place of a wait for one, or the other way round, or at another school; else None."""
    if placement is None or supporting.school_of(case, issued) == placement.support_at:
        return None
    if placement.support_at is not None:
        last = supporting.over(placement, "decision-corrected", now)
    elif placement.status == "awaiting":
        last = _not_needed(placement, now)
    else:
        return None
    first = _begun(case, issued, last.state, now)
    assert first is not None
    return Decision(first.state, (*last.events, *first.events), due=last.due)


def _what(case: Case) -> tuple[str, str | None, str | None] | None:
    """What is decided; that its reasons were mended moves nobody."""
    issued = case.in_force
    return (issued.outcome, issued.provision, supporting.school_of(case, issued)) if issued else None


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
            return corrected(placement, issued.provision, now)
        begun = agreed_anew(placement, issued.provision)
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
    if placement.support_at is not None:
        return supporting.over(placement, "decision-corrected", now)
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


def child_moved(world: World, event: ChildMoved) -> dict[Ref, Decision[Any]]:
    """The child is at another school while it waits for a place, or for a Centre's answer."""
    now_at = {"urn": event.urn, "area": event.area}
    id = placement_id_of_referral(event.referral_id)
    placement, request = world.get(PLACEMENT, id), world.get(REQUEST, event.referral_id)
    moved: dict[Ref, Decision[Any]] = {}
    if placement is not None:
        at = {"support_at": event.urn} if placement.support_at == event.former_urn else {}
        moved[PLACEMENT.at(id)] = Decision(placement.model_copy(update={**now_at, **at}))
    if request is not None:
        moved[REQUEST.at(event.referral_id)] = Decision(request.model_copy(update=now_at))
    return moved
