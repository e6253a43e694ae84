"""The month at a glance: how full each sitting is, when its papers close, and what needs a person."""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.calendar import LONDON
from chassis.storage import Connection
from chassis.web.people import Person
from chassis.web.start import Task
from services.panels import planned, storage, views
from services.panels.domain.cases.case import Case
from services.panels.domain.panels.sittings_calendar import month_after
from services.panels.domain.plan.plans import Plan
from services.panels.domain.sittings.agenda import minutes_of
from services.panels.domain.sittings.sitting import Sitting
from services.panels.web.desk import Desk, Seeing
from services.panels.web.sitting.by_hand import days_to_move

TASKS = (
    Task("The month at a glance", "/month", "How full each sitting is, and what needs somebody.",
         "case:see"),
)  # fmt: skip


def router(desk: Desk) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/month")
    async def month(request: Request, person: Seeing, month: str = "") -> Response:
        """The sittings of a month, by default of the present one; no case is named."""
        first = _first(month, desk.today)
        async with desk.running.pool.acquire() as conn:
            found = await storage.sittings(
                conn, first, first.replace(day=monthrange(first.year, first.month)[1])
            )
            mine = [each for each in found if desk.sees_panel(person, each.sitting.panel)]
            on_batches = [case_id for each in mine for case_id in each.sitting.case_ids]
            cases = {case.case_id: case for case in await storage.cases_by_id(conn, on_batches)}
            moves = await days_to_move(desk, conn)
            plans = await _plans(desk, conn, person, {each.sitting.panel for each in mine})
        return desk.look.page(
            "month.html",
            request,
            person=person,
            first=first,
            before=_word(first, -1),
            after=_word(first, 1),
            rows=[
                _row(desk, each, cases, moves) | {"planned": _planned(plans, each.sitting)} for each in mine
            ],
            several=len({each.sitting.panel for each in mine}) > 1,
            may_add=_may_add(desk, person),
        )

    return routes


async def _plans(desk: Desk, conn: Connection, person: Person, panels: Iterable[str]) -> list[Plan | None]:
    """The plans of the panels that this person co-ordinates, as they were made last."""
    mine = [panel for panel in sorted(panels) if desk.sees_panel(person, panel, "case:coordinate")]
    return [await planned.plan_of(conn, panel) for panel in mine]


def _planned(plans: Sequence[Plan | None], sitting: Sitting) -> int:
    """How many more cases the plans as they are kept have for a sitting."""
    placed = [one for plan in plans if plan for one in plan.listings if one.sitting_id == sitting.sitting_id]
    return sum(one.case_id not in sitting.case_ids for one in placed)


def _may_add(desk: Desk, person: Person) -> bool:
    return any(desk.sees_panel(person, code, "case:coordinate") for code in desk.book.codes)


def _first(text: str, today: date) -> date:
    """The first day of the month that an address names; of the present one where it names none."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return found if 2000 <= found.year < 2100 else today.replace(day=1)


def _word(first: date, months: int) -> str:
    year, month = month_after(first, months)
    return f"{year}-{month:02}"


def _row(
    desk: Desk, filled: storage.Filled, cases: Mapping[str, Case], moves: Mapping[str, date]
) -> dict[str, Any]:
    sitting = filled.sitting
    panel = desk.book.at(sitting.panel, sitting.sits_on)
    there = [cases[id] for id in sitting.case_ids if id in cases and cases[id].status != "withdrawn"]
    needed = sum(minutes_of(case, panel) for case in there) if panel else 0
    return views.of_sitting(filled) | {
        "name": views.panel_name(desk.book, sitting.panel),
        "begins": f"{sitting.sits_at.astimezone(LONDON):%H:%M}",
        "closes": sitting.papers_close_at,
        "confirm_by": sitting.confirm_by,
        "cases_percent": _percent(filled.listed, sitting.capacity),
        "minutes_needed": needed,
        "minutes_percent": _percent(needed, sitting.minutes or 0),
        "tags": _tags(filled, moves),
        "proposed": moves.get(sitting.sitting_id),
        "is_over": sitting.status in ("held", "lapsed", "cancelled"),
    }


def _percent(part: int, whole: int) -> int:
    return min(100, round(100 * part / whole)) if whole else 0


def _tags(filled: storage.Filled, moves: Mapping[str, date]) -> Sequence[tuple[str, str]]:
    """What is to be seen at once, as (colour, words)."""
    sitting = filled.sitting
    found: list[tuple[str, str]] = []
    if sitting.sitting_id in moves:
        found.append(("red", "On a closed day"))
    if sitting.flag:
        found.append(
            ("red", "Confirmation overdue" if sitting.flag == "confirmation-overdue" else "To be confirmed")
        )
    if sitting.status in _STATES:
        found.append(_STATES[sitting.status])
    if sitting.kind == "extra":
        found.append(("blue", "Extra"))
    if sitting.status not in ("held", "lapsed", "cancelled") and filled.listed >= sitting.capacity:
        found.append(("orange", "Full"))
    return found


_STATES: dict[str, tuple[str, str]] = {
    "confirmed": ("green", "Confirmed"),
    "locked": ("purple", "Papers closed"),
    "held": ("grey", "Held"),
    "lapsed": ("grey", "Lapsed"),
    "cancelled": ("grey", "Cancelled"),
}
