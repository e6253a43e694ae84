"""A sitting that takes place on another day; and which ones have to, since their day was closed meanwhile."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from chassis.calendar import LONDON, at, london_date
from chassis.decision import Changes, Decision, Ref, Refused, World
from schemas.envelope import Event
from schemas.panels_v1 import SittingConfirmed
from services.panels.domain.cases.case import CASE
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.sittings.agenda import relisted
from services.panels.domain.sittings.arranging import MoveSitting
from services.panels.domain.sittings.by_hand import cancelled, panel_on, to_come, waiting
from services.panels.domain.sittings.sitting import (
    SITTING,
    CancelReason,
    Sitting,
    locking,
    made,
    scheduling,
    timers,
    wanted,
)

_DAY = timedelta(days=1)


def touches(command: MoveSitting) -> Iterable[Ref]:
    """The sitting, the one that takes its place, and the cases that were seen on its batch."""
    cases = map(CASE.at, sorted(set(command.seen)))
    return [SITTING.at(command.sitting_id), SITTING.at(command.moved_id), *cases]


def move(book: PanelBook, world: World, command: MoveSitting, now: datetime) -> Changes:
    """The sitting takes place on another day, with its batch, its members and who stands aside.

    Each family on the batch is told the new date, and nothing else. Raises Refused where that day is taken, closed or
    past, where the sitting has begun, or where somebody changed its batch meanwhile.
    """
    sitting = to_come(world.get(SITTING, command.sitting_id), command.seen, now)
    panel = panel_on(book, sitting.panel, command.sits_on, now)
    if world.get(SITTING, command.moved_id) is not None:
        raise Refused("sits-already", "The panel has, or had, a sitting on that day: choose another one.")
    there = waiting(world, sitting)
    after = _on(book, panel, sitting, command, tuple(case.case_id for case in there))
    if after.sits_at <= now:
        raise Refused("day-past", "That day and hour have passed: choose a day to come.")
    decision_by = book.working.add(after.sits_on, panel.decisions.within_working_days)
    moved = {CASE.at(case.case_id): relisted(case, after, decision_by, now) for case in there}
    reason: CancelReason = "other" if book.working.is_working_day(sitting.sits_on) else "closed-day"
    gone = cancelled(sitting, reason, command.why, now, after.sits_on)
    new = Decision(after, tuple(_told(after, now)), timers(after))
    answer = {"sitting_id": after.sitting_id, "state": after.status, "case_ids": list(after.case_ids)}
    return Changes(
        {SITTING.at(sitting.sitting_id): gone, SITTING.at(after.sitting_id): new, **moved}, answer=answer
    )


def _on(
    book: PanelBook, panel: Panel, sitting: Sitting, command: MoveSitting, batch: tuple[str, ...]
) -> Sitting:
    kept = {"case_ids", "status", "confirmed_at", "locked_at", "capacity", "minutes", "members", "aside"}
    carried = {name: getattr(sitting, name) for name in kept} | {"case_ids": batch}
    if own := _own_hour(book, sitting):
        carried["sits_at"] = at(command.sits_on, own)
    slot = book.slot_on(panel, command.sits_on)
    if sitting.status == "locked":
        carried["papers_close_at"] = sitting.papers_close_at
    regular = book.slot(slot.sitting_id) is not None
    named = {"kind": "regular" if regular else "extra", "why": command.why}
    return made(slot).model_copy(update=carried | named)


def _own_hour(book: PanelBook, sitting: Sitting) -> time | None:
    """The hour that somebody gave this sitting; None where it is the panel's of that day."""
    panel = book.at(sitting.panel, sitting.sits_on)
    hour = sitting.sits_at.astimezone(LONDON).time()
    return None if panel is None or hour == panel.calendar.hour else hour


def _told(after: Sitting, now: datetime) -> Iterable[Event]:
    yield scheduling(after)
    if after.confirmed_at is not None:
        yield SittingConfirmed(
            sitting_id=after.sitting_id, case_ids=after.case_ids, confirmed_at=after.confirmed_at
        )
    if after.status == "locked":
        yield locking(after, after.locked_at or now)


def to_move(book: PanelBook, sittings: Iterable[Sitting], now: datetime) -> Mapping[str, date]:
    """The sittings to come that now fall on a closed day, by id, each with the day that is proposed instead.

    ``sittings`` are all of the months in question, cancelled ones too. What the calendar has since that day was closed
    is proposed; for a sitting beside the calendar, the next working day on which the panel has none.
    """
    known = list(sittings)
    instead = _instead(book, known, london_date(now))
    taken = {(each.panel, each.sits_on) for each in known}
    taken |= {(each.panel, instead[each.sitting_id]) for each in known if each.sitting_id in instead}
    proposed: dict[str, date] = {}
    for each in known:
        if _stands(each, now) and not book.working.is_working_day(each.sits_on):
            day = instead.get(each.sitting_id) or _next_free(book, each, taken)
            taken.add((each.panel, day))
            proposed[each.sitting_id] = day
    return proposed


def to_make(book: PanelBook, sittings: Iterable[Sitting], now: datetime) -> list[str]:
    """The ids of the sittings that should exist now, given those of these months that do.

    A day that the calendar has only because another one was closed waits for what a person does with that one's
    sitting; else the panel would sit once too often.
    """
    known = list(sittings)
    panels = {each.sitting_id: each.panel for each in known}
    instead = _instead(book, known, london_date(now))
    kept_free = {f"{panels[id]}-{day.isoformat()}" for id, day in instead.items()}
    return [id for id in wanted(book, now) if id not in kept_free]


def _instead(book: PanelBook, known: Sequence[Sitting], today: date) -> dict[str, date]:
    """Which day of the calendar stands for which sitting on a closed day: in order, month by month."""
    there = {(each.panel, each.sits_on) for each in known}
    found: dict[str, date] = {}
    for each in sorted(known, key=lambda one: (one.sits_on, one.sitting_id)):
        if each.kind == "extra" or book.working.is_working_day(each.sits_on):
            continue
        days = [slot.sits_on for slot in book.month(each.panel, each.sits_on.year, each.sits_on.month)]
        if each.cancelled and each.cancelled.moved_to in days:
            continue
        day = next((day for day in days if day > today and (each.panel, day) not in there), None)
        if day is not None:
            there.add((each.panel, day))
            found[each.sitting_id] = day
    return found


def _stands(sitting: Sitting, now: datetime) -> bool:
    return sitting.status in ("scheduled", "confirmed", "locked") and now < sitting.sits_at


def _next_free(book: PanelBook, sitting: Sitting, taken: Collection[tuple[str, date]]) -> date:
    day = sitting.sits_on + _DAY
    while not book.working.is_working_day(day) or (sitting.panel, day) in taken:
        day += _DAY
    return day
