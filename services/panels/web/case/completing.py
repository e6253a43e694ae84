"""What an EHC co-ordinator says of a case on small pages: what the family asks for, papers asked for, exceptions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter

from chassis.storage import Connection
from chassis.web.fields import Fields, options, typed_day
from schemas.words import ITEMS, OWNERS, PROVISIONS, TRIGGERS
from services.panels import storage
from services.panels.domain.cases.case import Case
from services.panels.domain.cases.completing import COMPLETABLE
from services.panels.domain.commands import ClaimException, RequestPapers, SetOutCase
from services.panels.domain.heard import School
from services.panels.domain.legal.dates import Transfer
from services.panels.web.case.case_words import BUDGET, EXCEPTIONS, TRANSFERS
from services.panels.web.desk import Desk
from services.panels.web.small_page import CASES, Sight, SmallPage

NOT_KNOWN = "not-known"
_FURTHEST = timedelta(days=366)


async def _set_out(fields: Fields, at: Sight[Case]) -> SetOutCase:
    known = (*PROVISIONS, NOT_KNOWN)
    provision = fields.choice("provision", known, "Choose what the family asks for, or that it is not known.")
    budget = fields.choice(
        "budget", BUDGET, "Choose whether a personal budget is asked for, or that it is not known."
    )
    return SetOutCase(
        case_id=at.thing.case_id,
        trigger=fields.choice("trigger", TRIGGERS, "Choose what triggered the case."),
        provision=None if provision == NOT_KNOWN else provision,
        asked_setting=await _setting(at.conn, fields),
        personal_budget={"yes": True, "no": False}.get(budget),
        transfer=_transfer(fields),
        seen=fields.number("seen"),
    )


async def _setting(conn: Connection, fields: Fields) -> str | None:
    """The URN of the setting that is named."""
    if fields.optional("setting", 100) is None:
        return None
    found = await _named(conn, fields.typed)
    if len(found) == 1:
        return found[0][0]
    if found:
        fields.fault("setting_urn", "not-chosen", "Several settings have such a name: choose one of them.")
    else:
        fields.fault(
            "setting", "unknown", "No setting has this name or number: write it as in the directory."
        )
    return None


async def _named(conn: Connection, typed: Mapping[str, str]) -> list[tuple[str, School]]:
    """The settings that a form may mean, each by its URN: the one that was chosen, if it has what was typed."""
    found = await storage.find_schools(conn, typed.get("setting", ""))
    return [each for each in found if each[0] == typed.get("setting_urn")] or found


def _transfer(fields: Fields) -> Transfer | None:
    to = fields.choice("transfer", TRANSFERS, "Choose whether a change of phase is ahead.")
    if to == "none" or to not in TRANSFERS:
        return None
    year = fields.number("transfer_year")
    if year is None or not 2000 <= year <= 2100:
        fields.fault("transfer_year", "missing", "Give the calendar year of the change, such as 2027.")
        return None
    starts = None
    if to == "another-post-16":
        starts = fields.day("transfer_starts_on", "Give the day on which the young person changes.")
    return Transfer(to=to, year=year, starts_on=starts)


async def _papers(fields: Fields, at: Sight[Case]) -> RequestPapers:
    lacking = [each for each in at.thing.missing if each in ITEMS]
    return RequestPapers(
        case_id=at.thing.case_id,
        items=fields.choices("items", lacking, "Choose what is asked for."),
        owner=fields.choice("owner", OWNERS, "Choose who is asked for it."),
        bring_by=fields.day(
            "bring_by",
            "Give the day by which it is to be here.",
            first=fields.today + timedelta(days=1),
            too_early="This day is not to come: give one after today.",
            last=fields.today + _FURTHEST,
        ),
        seen=fields.number("seen"),
    )


async def _exception(fields: Fields, at: Sight[Case]) -> ClaimException:
    kind = fields.choice("kind", EXCEPTIONS, "Choose which exception is claimed.")
    first = fields.day("first", "Give the first day.", last=fields.today, too_late="Give a day up to today.")
    last = fields.day("last", "") if fields.has_day("last") else None
    words = fields.words("words", "Write what happened, and how you know of it.", most=2000)
    seen = fields.number("seen")
    return ClaimException(at.thing.case_id, kind, first, last, at.person.id, words, seen)


def _completable(case: Case, now: datetime) -> bool:
    return case.status in COMPLETABLE


def _lacks_papers(case: Case, now: datetime) -> bool:
    return _completable(case, now) and bool(set(case.missing) - {"statutory-dates"})


async def _choices(at: Sight[Case]) -> Mapping[str, Any]:
    several = any(fault.field == "setting_urn" for fault in at.sheet.faults)
    found = await _named(at.conn, at.sheet.typed()) if several else []
    lacking = {each: ITEMS[each] for each in at.thing.missing if each != "statutory-dates"}
    return {
        "found": [{"value": urn, "text": f"{school.name}, {school.town}"} for urn, school in found],
        "triggers": options(TRIGGERS),
        "provisions": options({**PROVISIONS, NOT_KNOWN: "not known"}),
        "budgets": options(BUDGET),
        "transfers": options(TRANSFERS),
        "exceptions": options(EXCEPTIONS),
        "owners": options(OWNERS),
        "lacking": options(lacking),
    }


async def _known(at: Sight[Case]) -> Mapping[str, Any]:
    """What the form shows where nothing was typed yet."""
    case, transfer = at.thing, at.thing.transfer
    named = await storage.find_schools(at.conn, case.asked_setting) if case.asked_setting else []
    return {
        "trigger": case.trigger,
        "provision": case.provision or NOT_KNOWN,
        "budget": NOT_KNOWN if case.personal_budget is None else "yes" if case.personal_budget else "no",
        "setting": named[0][1].name if named else case.asked_setting or "",
        "setting_urn": case.asked_setting or "",
        "transfer": transfer.to if transfer else "none",
        "transfer_year": str(transfer.year) if transfer else "",
        **typed_day("transfer_starts_on", transfer.starts_on if transfer else None),
    }


SET_OUT = SmallPage(
    CASES, "set-out", "Set out what the family asks for", "case:complete", _set_out,
    "What is asked for is noted.", is_open=_completable, shows=_choices, offers=_known, button="Save",
)  # fmt: skip
PAPERS = SmallPage(
    CASES, "papers", "Ask for papers", "case:complete", _papers, "The papers are asked for.",
    is_open=_lacks_papers, shows=_choices, button="Ask for them", lists=("items",),
)  # fmt: skip
EXCEPTION = SmallPage(
    CASES, "exception", "Claim an exception to a time limit", "case:complete", _exception,
    "The exception is kept as evidence. No date of the law moves.",
    is_open=_completable, shows=_choices, button="Claim it",
)  # fmt: skip
SAYINGS = (SET_OUT, PAPERS, EXCEPTION)


def router(desk: Desk) -> APIRouter:
    """The routes of the small pages."""
    routes = APIRouter(include_in_schema=False)
    for saying in SAYINGS:
        saying.add(routes, desk)
    return routes
