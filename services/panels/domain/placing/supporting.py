"""Support in a mainstream school: agreed, given from a day on, and no place to be found; the family is told the day."""

from datetime import datetime

from chassis.calendar import WorkingCalendar, london_date
from chassis.decision import Decision, Due, Refused
from schemas.places_v1 import EndReason, SupportAwaited, SupportEnded, SupportSettled, SupportStarted, Whose
from services.panels.domain.cases.case import Case, Issued
from services.panels.domain.faults import Wrong
from services.panels.domain.placing.commands import NoteSupport, SettleSupport
from services.panels.domain.placing.falling_due import timers
from services.panels.domain.placing.offering import answer_of, check_days_ahead
from services.panels.domain.placing.placement import (
    STARTS,
    Ended,
    Placement,
    Status,
    as_seen,
    placement_id_of,
)

_NO_SUPPORT = Refused("place-needed", "This child waits for a place, not for support at a school.")


def is_support(issued: Issued | None) -> bool:
    """Whether this decision leads to support in a mainstream school."""
    return issued is not None and issued.outcome == "agreed" and issued.provision == "mainstream-with-support"


def school_of(case: Case, issued: Issued) -> str | None:
    """The school that gives support: the one that the decision names, or else the child's own. None for a place."""
    return (issued.setting_urn or case.urn) if is_support(issued) else None


def begin(case: Case, issued: Issued, before: Placement | None, now: datetime) -> Decision[Placement]:
    """Its school gives support from a day that has to be settled."""
    setting = school_of(case, issued)
    assert setting is not None
    begun = Placement(
        placement_id=placement_id_of(case.case_id),
        referral_id=case.referral_id,
        **{name: getattr(case, name) for name in Whose.model_fields},
        provision=issued.provision,
        support_at=setting,
        status="awaiting",
        awaited_at=now,
        next_step_by=issued.next_step_by,
        history=before.history if before else (),
    )
    fact = SupportAwaited(
        placement_id=begun.placement_id,
        referral_id=begun.referral_id,
        case_id=case.case_id,
        whose=begun.whose,
        setting=setting,
        awaited_at=now,
        next_step_by=issued.next_step_by,
    )
    return Decision(begun.moved_to("awaiting", now), (fact,))


def settle(
    working: WorkingCalendar, placement: Placement | None, command: SettleSupport, now: datetime
) -> Decision[Placement]:
    """The day from which support is given; it may be settled anew until then.

    Raises Refused for a day that cannot be, and for a child that waits for a place.
    """
    placement = _of_support(placement, command.seen, "awaiting", "confirmed")
    check_days_ahead(working, command.starts_on, None, london_date(now))
    if placement.status == "confirmed" and placement.starts_on == command.starts_on:
        return Decision(answer=answer_of(placement))  # the family knows it already
    assert placement.support_at is not None
    fact = SupportSettled(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        setting=placement.support_at,
        settled_at=now,
        starts_on=command.starts_on,
    )
    after = placement.moved_to("confirmed", now, starts_on=command.starts_on, asks=placement.still_asked)
    return Decision(after, (fact,), due=timers(after), answer=answer_of(after))


def note(placement: Placement | None, command: NoteSupport, now: datetime) -> Decision[Placement]:
    """A person says that support is given: what was agreed is there.

    Raises Refused unless its day is settled, for a day to come, and for one before that without a yes of its own.
    """
    placement = _of_support(placement, command.seen, "confirmed")
    if not london_date(placement.awaited_at) <= command.started_on <= london_date(now):
        wrong = Wrong("started_on", "not-since-the-decision", "must lie between the decision and today")
        raise Refused("dates-not-plausible", "Support cannot have begun then.", faults=(wrong,))
    if placement.starts_on is not None and command.started_on < placement.starts_on and not command.early:
        raise Refused(
            "before-the-first-day",
            "This is before the day that was settled: say that support did begin earlier, or give another day.",
        )
    after = placement.moved_to("started", now, started_on=command.started_on, asks=placement.still_asked)
    fact = SupportStarted(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        started_at=now,
        started_on=command.started_on,
    )
    return Decision(after, (fact,), answer=answer_of(after))


def over(placement: Placement, reason: EndReason, now: datetime) -> Decision[Placement]:
    """It ends today, as when the decision is corrected."""
    return ended(placement, Ended(reason=reason, ended_on=london_date(now), returns_on=None, at=now))


def ended(placement: Placement, last: Ended) -> Decision[Placement]:
    """It has ended."""
    after = placement.moved_to("ended", last.at, ended=last, asks=None)
    fact = SupportEnded(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        reason=last.reason,
        ended_at=last.at,
        ended_on=last.ended_on,
        began=placement.started_on is not None,
    )
    off = (Due(STARTS, placement.placement_id, None),)
    return Decision(after, (fact,), due=off, answer=answer_of(after))


def _of_support(placement: Placement | None, seen: int | None, *states: Status) -> Placement:
    placement = as_seen(placement, seen, *states)
    if placement.support_at is None:
        raise _NO_SUPPORT
    return placement
