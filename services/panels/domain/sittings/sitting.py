"""The sitting: scheduled by the calendar, confirmed by a person, locked when papers close, then held."""

from datetime import date, datetime, time
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chassis.calendar import at, london_date
from chassis.decision import Decision, Due, Kind
from schemas.panels_v1 import SittingLocked, SittingScheduled
from services.panels.domain.commands import ScheduleSitting
from services.panels.domain.panels.sittings_calendar import PanelBook, Slot, month_after
from services.panels.domain.sittings.members import Aside, Seat

SittingStatus = Literal["scheduled", "confirmed", "locked", "held", "lapsed", "cancelled"]
CancelReason = Literal["no-quorum", "closed-day", "no-room", "no-cases", "other"]

CONFIRM_DUE, PAPERS_CLOSE, BEGINS, SCHEDULE = "confirm-due", "papers-close", "sitting-begins", "keep-calendar"
#: What falls due for every sitting, in order.
TIMERS = (CONFIRM_DUE, PAPERS_CLOSE, BEGINS)
#: Sittings exist for the current month and this many more.
MONTHS_AHEAD = 3
_SIX = time(6)


class Cancelled(BaseModel):
    """Why a sitting does not take place, in whose words, and which cases were on its batch until then."""

    model_config = ConfigDict(frozen=True)

    reason: CancelReason
    words: str = ""
    at: datetime
    case_ids: tuple[str, ...] = ()
    moved_to: date | None = None


class Signed(BaseModel):
    """Which chair signed the sitting off, and when."""

    model_config = ConfigDict(frozen=True)

    by: str
    at: datetime


class Sitting(BaseModel):
    """The state of a sitting. ``case_ids`` is the batch in the order in which it was confirmed.

    ``minutes``: how long it has for its cases, None where only cases are counted. ``why``: the reason of an extra one.
    """

    model_config = ConfigDict(frozen=True)

    sitting_id: str
    panel: str
    sits_on: date
    sits_at: datetime
    papers_close_at: datetime
    confirm_by: datetime
    capacity: int
    status: SittingStatus = "scheduled"
    flag: Literal["confirmation-due", "confirmation-overdue"] | None = None
    case_ids: tuple[str, ...] = ()
    confirmed_at: datetime | None = None
    locked_at: datetime | None = None
    kind: Literal["regular", "extra"] = "regular"
    why: str = ""
    cancelled: Cancelled | None = None
    minutes: int | None = None
    members: tuple[Seat, ...] = ()
    aside: tuple[Aside, ...] = ()
    signed: Signed | None = None


SITTING: Kind[Sitting] = Kind("sitting", Sitting)


def takes_cases(sitting: Sitting, now: datetime) -> bool:
    """Whether its batch can still grow: until papers close, or until its hour if nobody has confirmed it yet."""
    end = {"scheduled": sitting.sits_at, "confirmed": sitting.papers_close_at}.get(sitting.status)
    return end is not None and now < end


def wanted(book: PanelBook, now: datetime) -> list[str]:
    """The ids of all sittings that should exist now: those yet to come of this and the next three months."""
    today = london_date(now)
    slots = (slot for code in book.codes for slot in book.months(code, today, MONTHS_AHEAD + 1))
    return [slot.sitting_id for slot in slots if slot.sits_at > now]


def schedule(
    book: PanelBook, sitting: Sitting | None, asked: ScheduleSitting | Due, now: datetime
) -> Decision[Sitting]:
    """A date of the calendar becomes a sitting, once.

    The first sitting of a month has those of the following month made when they are wanted, so that
    the calendar goes on by itself. A date that the calendar has no more is passed over.
    """
    slot = book.slot(asked.sitting_id if isinstance(asked, ScheduleSitting) else asked.id)
    if slot is None:
        return Decision()
    if sitting is not None:
        # Asked for again at start: days that were closed meanwhile have changed what is wanted of the month to come.
        again = _following_month(book, slot) if isinstance(asked, ScheduleSitting) else ()
        return Decision(due=tuple(due for due in again if due.at and due.at > now))
    new = made(slot)
    return Decision(new, (scheduling(new),), timers(new) + _following_month(book, slot))


def made(slot: Slot) -> Sitting:
    """A date of the calendar, or one that is as such, as a sitting that nobody has confirmed yet."""
    return Sitting(
        sitting_id=slot.sitting_id,
        panel=slot.panel,
        sits_on=slot.sits_on,
        sits_at=slot.sits_at,
        papers_close_at=slot.papers_close_at,
        confirm_by=slot.confirm_by,
        capacity=slot.capacity,
        minutes=slot.minutes,
    )


def scheduling(sitting: Sitting) -> SittingScheduled:
    """The fact that there is this sitting."""
    return SittingScheduled(
        sitting_id=sitting.sitting_id,
        panel=sitting.panel,
        sits_at=sitting.sits_at,
        papers_close_at=sitting.papers_close_at,
        capacity=sitting.capacity,
        kind=sitting.kind,
        minutes=sitting.minutes,
        confirm_by=sitting.confirm_by,
    )


def timers(sitting: Sitting) -> tuple[Due, ...]:
    """What falls due for a sitting, in order."""
    times = (sitting.confirm_by, sitting.papers_close_at, sitting.sits_at)
    return tuple(Due(what, sitting.sitting_id, when) for what, when in zip(TIMERS, times, strict=True))


def _following_month(book: PanelBook, slot: Slot) -> tuple[Due, ...]:
    if book.month(slot.panel, slot.sits_on.year, slot.sits_on.month)[0] != slot:
        return ()
    following = book.month(slot.panel, *month_after(slot.sits_on, 1))
    wanted_from = date(*month_after(slot.sits_on, 1 - MONTHS_AHEAD), 1)
    six = at(wanted_from, _SIX)
    return tuple(Due(SCHEDULE, other.sitting_id, six) for other in following)


def confirm_due(sitting: Sitting | None, due: Due, now: datetime) -> Decision[Sitting]:
    """The co-ordinator should have confirmed by now: it is shown until they do."""
    if sitting is None or sitting.status != "scheduled":
        return Decision()
    return Decision(sitting.model_copy(update={"flag": "confirmation-due"}))


def papers_close(sitting: Sitting | None, due: Due, now: datetime) -> Decision[Sitting]:
    """A confirmed batch is locked; an unconfirmed sitting stays open, flagged, until its hour."""
    if sitting is None or sitting.status not in ("scheduled", "confirmed"):
        return Decision()
    if sitting.status == "scheduled":
        return Decision(sitting.model_copy(update={"flag": "confirmation-overdue"}))
    return Decision(locked(sitting, now), (locking(sitting, now),))


def begins(sitting: Sitting | None, due: Due, now: datetime) -> Decision[Sitting]:
    """The hour of the sitting: it is held, or, if nobody confirmed a batch, it lapses.

    Timers may come in any order after an outage, so a batch that is not locked yet is locked first.
    """
    if sitting is None or sitting.status in ("held", "lapsed", "cancelled"):
        return Decision()
    status: SittingStatus = "lapsed" if sitting.status == "scheduled" else "held"
    after = sitting.model_copy(update={"status": status, "locked_at": sitting.locked_at or now})
    return Decision(after, () if sitting.status == "locked" else (locking(sitting, now),))


def locked(sitting: Sitting, now: datetime) -> Sitting:
    """The sitting after its papers closed."""
    return sitting.model_copy(update={"status": "locked", "locked_at": now, "flag": None})


def locking(sitting: Sitting, now: datetime) -> SittingLocked:
    """The fact that the batch does not change any more."""
    return SittingLocked(sitting_id=sitting.sitting_id, case_ids=sitting.case_ids, locked_at=now)
