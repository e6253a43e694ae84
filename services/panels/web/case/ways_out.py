"""How a case leaves its sitting or the queue: deferred, passed on or withdrawn, each on a small page of its own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter

from chassis.web.fields import Fields, options
from schemas.words import ITEMS, OWNERS, WITHDRAWALS
from services.panels import views
from services.panels.domain.cases.case import Case
from services.panels.domain.commands import DeferCase, WithdrawCase
from services.panels.domain.day.commands import PassOn
from services.panels.domain.day.deferrals import lacking_there
from services.panels.domain.duties import roles_in_words
from services.panels.domain.story import listed_in_words
from services.panels.web.desk import Desk
from services.panels.web.small_page import CASES, Sight, SmallPage

_FURTHEST = timedelta(days=366)


def router(desk: Desk) -> APIRouter:
    """The routes of all of them."""
    routes = APIRouter(include_in_schema=False)
    for way in WAYS_OUT:
        way.add(routes, desk)
    return routes


async def _deferral(fields: Fields, at: Sight[Case]) -> DeferCase:
    case = at.thing
    return DeferCase(
        case_id=case.case_id,
        sitting_id=case.listing.sitting_id if case.listing else "",
        reason=fields.words("reason", "Write why the panel cannot recommend yet."),
        missing=fields.choices("missing", ITEMS, "Choose what is missing."),
        owner=fields.choice("owner", OWNERS, "Choose who brings it."),
        next_on=fields.day(
            "next_on",
            "Give the day on which the panel looks at it again.",
            first=fields.today + timedelta(days=1),
            too_early="The panel looks at it again on a day to come: give one after today.",
            last=fields.today + _FURTHEST,
        ),
        escalated=fields.optional("escalated") == "yes",
        seen=fields.number("seen"),
    )


async def _passing_on(fields: Fields, at: Sight[Case]) -> PassOn:
    case = at.thing
    return PassOn(
        case_id=case.case_id,
        sitting_id=case.listing.sitting_id if case.listing else "",
        panel=fields.choice("panel", others_of(at.desk, case), "Choose the panel that has to hear it."),
        reason=fields.words("reason", "Write why another panel has to hear it."),
        seen=fields.number("seen"),
    )


async def _withdrawal(fields: Fields, at: Sight[Case]) -> WithdrawCase:
    reason = fields.choice("reason", WITHDRAWALS, "Choose why the case is withdrawn.")
    return WithdrawCase(at.thing.case_id, reason, seen=fields.number("seen"))


def _before_its_panel(case: Case, now: datetime) -> bool:
    return case.status == "listed" and case.listing is not None and case.listing.sits_at <= now


def _undecided(case: Case, _: datetime) -> bool:
    return case.status not in ("decided", "withdrawn")


async def _choices(at: Sight[Case]) -> Mapping[str, Any]:
    return {
        "due_on": at.thing.due_on,
        "escalated_to": roles_in_words("case:answer", at.thing.panel, at.desk.named),
        "items": options(ITEMS),
        "owners": options(OWNERS),
        "reasons": options(WITHDRAWALS),
        "panels": _panels(at),
    }


def _panels(at: Sight[Case]) -> list[dict[str, Any]]:
    """The other panels to choose from, each with what it would miss."""
    book, today = at.desk.book, at.desk.today
    found: list[dict[str, Any]] = []
    for item in options(others_of(at.desk, at.thing)):
        panel = book.at(item["value"], today)
        lacking = lacking_there(book, at.thing, panel, today) if panel else ()
        hint = (
            f"It wants to see more: {listed_in_words(lacking)}"
            if lacking
            else "It has all that it wants to see"
        )
        found.append({**item, "hint": {"text": hint}})
    return found


def _back(at: Sight[Case]) -> str:
    """To the day of the sitting, if that is where one came from, else to the case."""
    if at.thing.listing is not None and at.request.query_params.get("day", "").isdecimal():
        return f"/sittings/{at.thing.listing.sitting_id}/day"
    return f"/cases/{at.thing.case_id}"


DEFER = SmallPage(
    CASES, "defer", "Defer this case", "case:coordinate", _deferral, "The case is deferred.",
    is_open=_before_its_panel, shows=_choices, warns=True, lists=("missing",),
    beside={"deferred-before": "escalated"}, then=_back,
)  # fmt: skip
PASS_ON = SmallPage(
    CASES, "pass-on", "Pass this case on", "case:coordinate", _passing_on,
    "The case is passed on to another panel.", is_open=_before_its_panel, shows=_choices, warns=True, then=_back,
)  # fmt: skip
WITHDRAW = SmallPage(
    CASES, "withdraw", "Withdraw this case", "case:coordinate", _withdrawal, "The case is withdrawn.",
    is_open=_undecided, shows=_choices, warns=True, then=_back,
)  # fmt: skip
WAYS_OUT = (DEFER, PASS_ON, WITHDRAW)


def others_of(desk: Desk, case: Case) -> dict[str, str]:
    """The other panels that there are today, by code and name."""
    return {
        code: views.panel_name(desk.book, code)
        for code in desk.book.codes
        if code != case.panel and desk.book.at(code, desk.today)
    }


def ways_of(desk: Desk, case: Case) -> list[SmallPage[Case]]:
    """The ways out that are open to a case now; it is passed on only where there is another panel."""
    found = [way for way in WAYS_OUT if way.is_open(case, desk.now)]
    return found if others_of(desk, case) else [each for each in found if each is not PASS_ON]
