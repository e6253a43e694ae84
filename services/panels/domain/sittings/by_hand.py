"""Sittings by hand: an extra one, and one that is cancelled."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from chassis.calendar import at, london_date
from chassis.decision import Changes, Decision, Due, Ref, Refused, World
from chassis.english import hour_in_words, in_words
from schemas.panels_v1 import SittingCancelled
from services.panels.domain.cases.case import CASE, Case, known
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import PanelBook, Slot
from services.panels.domain.sittings.arranging import AddSitting, CancelSitting
from services.panels.domain.sittings.sitting import (
    SITTING,
    TIMERS,
    Cancelled,
    CancelReason,
    Sitting,
    made,
    scheduling,
    timers,
)
from services.panels.domain.sittings.unlisting import unlisted

#: Nobody knows the closures of the years after that.
FURTHEST = timedelta(days=731)


def add(book: PanelBook, sitting: Sitting | None, command: AddSitting, now: datetime) -> Decision[Sitting]:
    """An extra sitting, on a working day on which the panel does not sit. Papers close by its rule, or as given.

    Raises Refused where the day is taken, closed or past, or papers would have closed already.
    """
    panel = panel_on(book, command.panel, command.sits_on, now)
    if sitting is not None or book.slot(command.sitting_id) is not None:
        told = (
            "A sitting of that day was cancelled"
            if sitting and sitting.cancelled
            else "The panel sits that day"
        )
        raise Refused("sits-already", f"{told}: choose another day.")
    slot = _slot(book, panel, command, now)
    extra = made(slot).model_copy(update={"kind": "extra", "why": command.why})
    answer = {"sitting_id": extra.sitting_id, "state": extra.status}
    return Decision(extra, (scheduling(extra),), timers(extra), answer)


def _slot(book: PanelBook, panel: Panel, command: AddSitting, now: datetime) -> Slot:
    by_rule = book.slot_on(panel, command.sits_on)
    sits_at = at(command.sits_on, command.hour) if command.hour else by_rule.sits_at
    closes = command.papers_close_at or by_rule.papers_close_at
    if sits_at <= now:
        raise Refused("day-past", "That day and hour have passed: choose a day to come.")
    if not now < closes < sits_at:
        detail = (
            f"Papers would close at {hour_in_words(closes)}: give a time between now and the sitting's hour."
        )
        raise Refused("papers-closed", detail)
    return Slot(
        sitting_id=command.sitting_id,
        panel=panel.code,
        sits_on=command.sits_on,
        sits_at=sits_at,
        papers_close_at=closes,
        confirm_by=by_rule.confirm_by if now < by_rule.confirm_by < closes else closes,
        capacity=command.capacity or panel.capacity,
        minutes=command.minutes or by_rule.minutes,
    )


def panel_on(book: PanelBook, code: str, day: date, now: datetime) -> Panel:
    """The panel as it is on a working day. Raises Refused where it sits not at all then, or nobody works."""
    if day > london_date(now) + FURTHEST:
        raise Refused("too-far", "This day lies too far ahead: choose one of the next two years.")
    panel = book.at(code, day)
    if panel is None:
        raise Refused("unknown-panel", "No file in panels/ describes this panel on that day.")
    if not book.working.is_working_day(day):
        raise Refused("closed-day", f"{in_words(day)} is no working day: choose another one.")
    return panel


def touches(command: CancelSitting) -> Iterable[Ref]:
    """The sitting and the cases that were seen on its batch."""
    return [SITTING.at(command.sitting_id), *map(CASE.at, sorted(set(command.seen)))]


def cancel(world: World, command: CancelSitting, now: datetime) -> Changes:
    """The sitting does not take place; its cases wait in the queue again, and each family is told once.

    Raises Refused once it has begun, or where somebody changed the batch meanwhile.
    """
    sitting = to_come(world.get(SITTING, command.sitting_id), command.seen, now)
    freed = {
        CASE.at(case.case_id): unlisted(case, "sitting-cancelled", now) for case in waiting(world, sitting)
    }
    gone = cancelled(sitting, command.reason, command.words, now)
    answer = {
        "sitting_id": sitting.sitting_id,
        "state": "cancelled",
        "back_in_the_queue": [ref.id for ref in freed],
    }
    return Changes({SITTING.at(sitting.sitting_id): gone, **freed}, answer=answer)


def to_come(sitting: Sitting | None, seen: Iterable[str], now: datetime) -> Sitting:
    """A sitting that has not begun, with the batch that was seen. Raises Refused."""
    if sitting is None:
        raise Refused("unknown-sitting", "There is no sitting with this id. Look it up under /api/sittings.")
    if sitting.status == "cancelled":
        raise Refused("sitting-over", "The sitting is cancelled already.")
    if sitting.status not in ("scheduled", "confirmed", "locked") or now >= sitting.sits_at:
        raise Refused("sitting-over", "The sitting has begun: it cannot be cancelled or moved any more.")
    if set(sitting.case_ids) != set(seen):
        raise Refused(
            "agenda-changed", "Somebody changed this batch meanwhile. Nothing was done: look again."
        )
    return sitting


def waiting(world: World, sitting: Sitting) -> Sequence[Case]:
    """The cases that still wait to be heard there; others of its batch were withdrawn meanwhile."""
    there = [known(world.get(CASE, case_id)) for case_id in sitting.case_ids]
    return [case for case in there if case.sits(sitting.sitting_id)]


def cancelled(
    sitting: Sitting, reason: CancelReason, words: str, now: datetime, moved_to: date | None = None
) -> Decision[Sitting]:
    """The sitting as it is not held, with the fact of it; nothing falls due for it any more."""
    why = Cancelled(reason=reason, words=words, at=now, case_ids=sitting.case_ids, moved_to=moved_to)
    changes = {"status": "cancelled", "flag": None, "case_ids": (), "cancelled": why}
    told = SittingCancelled(
        sitting_id=sitting.sitting_id,
        panel=sitting.panel,
        sits_on=sitting.sits_on,
        reason=reason,
        cancelled_at=now,
        moved_to=moved_to,
    )
    after = sitting.model_copy(update=changes)
    return Decision(after, (told,), tuple(Due(what, sitting.sitting_id, None) for what in TIMERS))
