"""What falls due for a placement, and on which days: its first, that of its review, the one after its last."""

from datetime import date, time

from chassis.calendar import WorkingCalendar, at
from chassis.decision import Due, Refused
from services.panels.domain.placing.placement import ENDS, REVIEW, STARTS, Placement

#: When a day's placements are looked at, in London.
MORNING = time(6)


def back_on(working: WorkingCalendar, ends_on: date) -> date:
    """The day on which a child is back at its school: the first working day after its last at the Centre."""
    return working.add(ends_on, 1)


def timers(placement: Placement) -> tuple[Due, ...]:
    """What falls due for a placement whose first day is settled."""
    id, starts = placement.placement_id, placement.starts_on
    due = [Due(STARTS, id, at(starts, MORNING) if starts else None)]
    if placement.short and placement.review_on and placement.ends_on:
        due.append(Due(REVIEW, id, at(placement.review_on, MORNING)))
        due.append(Due(ENDS, id, at(day_after(placement.ends_on), MORNING)))
    return tuple(due)


def without_review(placement: Placement) -> tuple[Due, ...]:
    """What falls due for a short placement once it was looked at: its end, and no review any more."""
    kept = tuple(due for due in timers(placement) if due.what == ENDS)
    return (*kept, Due(REVIEW, placement.placement_id, None))


def day_after(day: date) -> date:
    """The following day. Raises Refused at the end of the calendar."""
    if day == date.max:
        raise Refused("no-such-day", "This day lies too far ahead: give an earlier one.")
    return date.fromordinal(day.toordinal() + 1)
