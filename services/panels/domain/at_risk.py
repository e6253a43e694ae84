"""Which cases have lost their date, will lose it, or may: an early warning, with what could still be done.

Each case is looked at by itself: that a sitting has a place for it does not say that it has one for all of them. How
they share the places is the plan's question.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Literal, get_args

from chassis.calendar import london_date
from chassis.english import in_words, with_weekday
from services.panels.domain.cases.case import Case, Status
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.sittings.sitting import Sitting, takes_cases

#: The worst first. "missed": it is listed for a sitting after its date. "unreachable": no sitting that is left can
#: keep the date. "soon": it is on no sitting. "unknown": without statutory dates nobody can say that it is in time.
Danger = Literal["past", "missed", "unreachable", "soon", "unknown"]
DANGERS: tuple[Danger, ...] = get_args(Danger)
#: With fewer working days left than these, a case that is on no sitting is at risk.
WARNING_WORKING_DAYS = 10
#: The states in which a date can still be kept or lost.
OPEN: tuple[Status, ...] = ("incomplete", "queued", "listed", "heard", "deferred")


@dataclass(frozen=True, slots=True)
class Room:
    """A sitting and how many of its places are free."""

    sitting: Sitting
    free: int


@dataclass(frozen=True, slots=True)
class Risk:
    """One case at risk: ``by`` is its date, ``days_left`` the working days until then, negative once it has passed.

    ``first`` is the first sitting that could hear it, None where none that is planned can.
    """

    case: Case
    danger: Danger
    by: date | None
    days_left: int | None
    first: Sitting | None
    sentence: str


def at_risk(cases: Iterable[Case], rooms: Sequence[Room], book: PanelBook, now: datetime) -> list[Risk]:
    """The cases at risk, the worst first; among equals the one whose date comes first, then urgent ones."""
    ahead = sorted(
        (room.sitting for room in rooms if room.free > 0 and takes_cases(room.sitting, now)),
        key=lambda sitting: (sitting.sits_at, sitting.sitting_id),
    )
    today = london_date(now)
    # Thousands of cases share some hundred dates, and working days are counted one by one.
    left = cache(lambda by: book.working.between(today, by))
    found = [risk for case in cases if (risk := _risk(case, ahead, book, now, left))]
    return sorted(found, key=_how_bad)


def _how_bad(risk: Risk) -> tuple[int, date, bool, str]:
    return DANGERS.index(risk.danger), risk.by or date.max, not risk.case.urgent, risk.case.case_id


def _risk(
    case: Case, ahead: Sequence[Sitting], book: PanelBook, now: datetime, left_until: Callable[[date], int]
) -> Risk | None:
    if case.status not in OPEN:
        return None
    by, today = case.due_on, london_date(now)
    first = next((sitting for sitting in ahead if _could_hear(sitting, case, book, now)), None)
    if by is None:
        return Risk(case, "unknown", None, None, first, "Without its statutory dates it cannot be in time.")
    left = left_until(by)
    danger = _danger(case, by, today, left, first)
    if danger is None:
        return None
    return Risk(case, danger, by, left, first, _sentence(case, danger, by, left, first))


def _danger(case: Case, by: date, today: date, left: int, first: Sitting | None) -> Danger | None:
    if by < today:
        return "past"
    if case.status == "heard":
        return None
    if case.status == "listed":
        return "missed" if case.listing and case.listing.sits_on > by else None
    if first is None or first.sits_on > by:
        return "unreachable"
    return "soon" if left < WARNING_WORKING_DAYS else None


def _could_hear(sitting: Sitting, case: Case, book: PanelBook, now: datetime) -> bool:
    """Whether it may be listed there: its papers are, or can still be, complete before papers close."""
    panel = book.at(sitting.panel, sitting.sits_on)
    if sitting.panel != case.panel or panel is None:
        return False
    if panel.remit.objection(case.area, case.phase, case.need, case.provision):
        return False
    return (case.complete_at or now) <= sitting.papers_close_at


def _sentence(case: Case, danger: Danger, by: date, left: int, first: Sitting | None) -> str:
    name, day = _date_of(case, by), in_words(by)
    could = f"the sitting of {with_weekday(first.sits_on)}" if first else ""
    if danger == "past":
        ago = f" {-left} working {'day' if left == -1 else 'days'} ago" if left else ""
        return f"{name}, {day}, passed{ago}. {_where(case, could)}"
    if danger == "missed" and case.listing:
        told = f"It is listed for {with_weekday(case.listing.sits_on)}, after {name.lower()}, {day}."
        kept = first is not None and first.sits_on <= by
        return f"{told} T{could[1:]} could keep it." if kept else f"{told} No sitting could keep it."
    if danger == "unreachable":
        later = (
            f"The first that could hear it is {could}."
            if could
            else "No sitting that is planned can hear it."
        )
        return f"No sitting that is left can keep {name.lower()}, {day}. {later}"
    days = (
        "today is the last day"
        if left == 0
        else f"{left} working {'day is' if left == 1 else 'days are'} left"
    )
    return f"{name} is {day}: {days}, and it is on no sitting. The first that could hear it is {could}."


def _where(case: Case, could: str) -> str:
    if case.status == "heard":
        return "The panel has heard it; the decision is not issued yet."
    if case.status == "listed" and case.listing:
        return f"It is listed for {with_weekday(case.listing.sits_on)}."
    return f"The first that could hear it is {could}." if could else "No sitting that is planned can hear it."


def _date_of(case: Case, by: date) -> str:
    legal = case.statutory
    return "Its legal date" if legal is None or legal.on == by else "The day by which it is urgent"
