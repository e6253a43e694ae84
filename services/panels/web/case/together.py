"""Which cases are heard together, and how long one takes: a small page of a case."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from chassis.web.fields import Fields
from services.panels import arrangements, views
from services.panels.domain.cases.case import Case
from services.panels.domain.sittings.arranging import LinkCases, PartCase, SetMinutes
from services.panels.web.desk import Desk
from services.panels.web.small_page import CASES, Sight, SmallPage

_LONGEST = 480
#: Refusals that are about the other case.
_OF_THE_OTHER = ("same-case", "other-panel", "linked-already")


def router(desk: Desk) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    TOGETHER.add(routes, desk)
    return routes


async def _read(fields: Fields, at: Sight[Case]) -> LinkCases | PartCase | SetMinutes | None:
    """It is heard with another case, by itself, or takes another time, by the button that was pressed."""
    case_id, act, seen = at.thing.case_id, fields.typed.get("act"), fields.number("seen")
    if act == "part":
        return PartCase(case_id, seen)
    if act == "minutes":
        return SetMinutes(case_id, _minutes(fields), seen)
    reference = fields.words("reference", "Give the reference of the other case.", 40)
    found = await arrangements.cases_by_reference(at.conn, reference)
    others = await at.desk.open(at.conn, at.person, found, "case:coordinate")
    if reference and not others:
        fields.fault("reference", "unknown", "There is no case with this reference among yours: look it up.")
    return LinkCases(case_id, others[0].case_id, seen) if others else None


def _minutes(fields: Fields) -> int | None:
    if fields.optional("minutes", 8) is None:
        return None
    number = fields.number("minutes")
    if number is None or not 1 <= number <= _LONGEST:
        fields.fault("minutes", "no-number", f"Write a whole number from 1 to {_LONGEST}, or nothing.")
    return number


async def _shown(at: Sight[Case]) -> Mapping[str, Any]:
    """With which cases it is heard."""
    case, desk = at.thing, at.desk
    marked = await arrangements.heard_with(at.conn, case)
    others = await desk.open(at.conn, at.person, [each for each in marked if each.case_id != case.case_id])
    panel = desk.book.at(case.panel, desk.today)
    return {
        "others": [views.of_case(desk.book, each) for each in others],
        "minutes": case.minutes,
        "usual": panel.minutes_for(case.trigger) if panel else 0,
        "possible": case.status in ("incomplete", "queued", "listed", "deferred"),
    }


TOGETHER = SmallPage(
    CASES, "together", "How it is heard", "case:coordinate", _read, "It is kept.", shows=_shown,
    beside=dict.fromkeys(_OF_THE_OTHER, "reference"), then=lambda at: f"/cases/{at.thing.case_id}/together",
)  # fmt: skip
