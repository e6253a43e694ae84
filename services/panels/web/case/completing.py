"""What an EHC co-ordinator says of a case on small pages: what the family asks for, papers asked for, exceptions."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.runner import IdempotencyConflict
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import Fields, day_items, faults_of, options, sent_once
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from services.panels import storage, views
from services.panels.domain.cases.case import Case
from services.panels.domain.cases.completing import COMPLETABLE
from services.panels.domain.commands import ClaimException, RequestPapers, SetOutCase
from services.panels.domain.heard import School
from services.panels.domain.legal.dates import Transfer
from services.panels.domain.story import ITEMS, OWNERS, PROVISIONS
from services.panels.web.case.case_words import BUDGET, EXCEPTIONS, TRANSFERS, TRIGGERS
from services.panels.web.desk import LATE, Completing, Desk

NOT_KNOWN = "not-known"
_FURTHEST = timedelta(days=366)
Found = Sequence[tuple[str, School]]


@dataclass(frozen=True, slots=True)
class Saying:
    """One small page: its word in the address, when it is open, what its form becomes, and what is said after it."""

    code: str
    title: str
    button: str
    is_open: Callable[[Case], bool]
    reads: Callable[[Connection, Fields, Case, str], Awaitable[tuple[object, Found]]]
    done: str


async def _set_out(conn: Connection, fields: Fields, case: Case, by: str) -> tuple[object, Found]:
    trigger = fields.choice("trigger", TRIGGERS, "Choose what triggered the case.")
    known = {**PROVISIONS, NOT_KNOWN: ""}
    provision = fields.choice("provision", known, "Choose what the family asks for, or that it is not known.")
    budget = fields.choice(
        "budget", BUDGET, "Choose whether a personal budget is asked for, or that it is not known."
    )
    setting, found = await _setting(conn, fields)
    command = SetOutCase(
        case_id=case.case_id,
        trigger=trigger,
        provision=None if provision == NOT_KNOWN else provision,
        asked_setting=setting,
        personal_budget={"yes": True, "no": False}.get(budget),
        transfer=_transfer(fields),
        seen=fields.number("seen"),
    )
    return command, found


async def _setting(conn: Connection, fields: Fields) -> tuple[str | None, Found]:
    """The URN of the setting that is named; several that it may be, to choose from."""
    chosen, text = fields.optional("setting_urn"), fields.optional("setting", 100)
    if text is None:
        return None, ()
    found = await storage.find_schools(conn, chosen if chosen and chosen.isdecimal() else text)
    if len(found) == 1:
        return found[0][0], ()
    if found:
        fields.fault("setting_urn", "not-chosen", "Several settings have such a name: choose one of them.")
    else:
        fields.fault(
            "setting", "unknown", "No setting has this name or number: write it as in the directory."
        )
    return None, found


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


async def _papers(conn: Connection, fields: Fields, case: Case, by: str) -> tuple[object, Found]:
    command = RequestPapers(
        case_id=case.case_id,
        items=fields.choices(
            "items", [each for each in case.missing if each in ITEMS], "Choose what is asked for."
        ),
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
    return command, ()


async def _exception(conn: Connection, fields: Fields, case: Case, by: str) -> tuple[object, Found]:
    kind = fields.choice("kind", EXCEPTIONS, "Choose which exception is claimed.")
    first = fields.day("first", "Give the first day.", last=fields.today, too_late="Give a day up to today.")
    last = fields.day("last", "") if fields.has_day("last") else None
    words = fields.words("words", "Write what happened, and how you know of it.", most=2000)
    return ClaimException(case.case_id, kind, first, last, by, words, fields.number("seen")), ()


def _completable(case: Case) -> bool:
    return case.status in COMPLETABLE


def _lacks_papers(case: Case) -> bool:
    return _completable(case) and bool(set(case.missing) - {"statutory-dates"})


SAYINGS = (
    Saying(
        "set-out", "Set out what the family asks for", "Save", _completable, _set_out,
        "What is asked for is noted.",
    ),
    Saying("papers", "Ask for papers", "Ask for them", _lacks_papers, _papers, "The papers are asked for."),
    Saying(
        "exception", "Claim an exception to a time limit", "Claim it", _completable, _exception,
        "The exception is kept as evidence. No date of the law moves.",
    ),
)  # fmt: skip


def router(desk: Desk) -> APIRouter:
    """The routes of the small pages."""
    routes = APIRouter(include_in_schema=False)
    for saying in SAYINGS:
        _routes(routes, desk, saying)
    return routes


def _routes(routes: APIRouter, desk: Desk, saying: Saying) -> None:
    @routes.get(f"/cases/{{case_id}}/{saying.code}", name=f"ask_{saying.code}")
    async def ask(request: Request, person: Completing, case_id: str) -> Response:
        """The form; back to the case where it is not open."""
        return await _form(desk, request, person, case_id, saying)

    @routes.post(f"/cases/{{case_id}}/{saying.code}", name=f"say_{saying.code}")
    async def say(request: Request, person: Completing, case_id: str, form: Posted) -> Response:
        """Does it."""
        fields = Fields(form, desk.today)
        async with desk.running.pool.acquire() as conn:
            case = await desk.case(conn, person, case_id, "case:complete")
            command, found = await saying.reads(conn, fields, case, person.id)
        if fields.faults:
            return await _form(
                desk, request, person, case_id, saying, form, fields.faults, found, seen=fields.number("seen")
            )
        try:
            once = sent_once(form, f"{saying.code}:{case_id}:{person.id}")
            await desk.running.runner.command(command, once=once)
        except IdempotencyConflict:
            return _late(desk, case_id)
        except Refused as refusal:
            return await _form(desk, request, person, case_id, saying, form, faults_of(refusal))
        return desk.look.redirect(f"/cases/{case_id}", saying.done)


async def _form(
    desk: Desk,
    request: Request,
    person: Person,
    case_id: str,
    saying: Saying,
    form: Form | None = None,
    faults: Sequence[Fault] = (),
    found: Found = (),
    seen: int | None = None,
) -> Response:
    """The form over the case as it is by now, with what was typed, or else with what is known.

    ``seen`` is the version that a form which comes back had before it; one that was refused is shown the present one.
    """
    async with desk.running.pool.acquire() as conn, conn.transaction():
        case = await desk.case(conn, person, case_id, "case:complete")
        named = await storage.find_schools(conn, case.asked_setting) if case.asked_setting else []
        await record_read(conn, person, "case", case_id)
    if not saying.is_open(case):
        return _late(desk, case_id)
    typed: dict[str, Any] = {name: form.get(name) for name in form.names} if form else {}
    return desk.look.page(
        f"{saying.code}.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        case=views.of_case(desk.book, case),
        saying=saying,
        panel=views.panel_name(desk.book, case.panel),
        typed=typed | {"items": form.all("items")} if form else _known(case, named),
        seen=case.version if seen is None else seen,
        token=typed.get("form") or str(uuid4()),
        days=lambda name: day_items(name, typed, faults, _offered(case, name)),
        found=[{"value": urn, "text": f"{school.name}, {school.town}"} for urn, school in found],
        **_choices(case),
    )


def _known(case: Case, named: Found) -> dict[str, Any]:
    """What the form shows where nothing was typed yet."""
    budget = (
        {True: "yes", False: "no"}.get(case.personal_budget)
        if case.personal_budget is not None
        else NOT_KNOWN
    )
    return {
        "trigger": case.trigger,
        "provision": case.provision or NOT_KNOWN,
        "budget": budget,
        "setting": named[0][1].name if named else case.asked_setting or "",
        "setting_urn": case.asked_setting or "",
        "transfer": case.transfer.to if case.transfer else "none",
        "transfer_year": str(case.transfer.year) if case.transfer else "",
        "items": [],
    }


def _offered(case: Case, name: str) -> Any:
    return case.transfer.starts_on if name == "transfer_starts_on" and case.transfer else None


def _choices(case: Case) -> Mapping[str, Any]:
    return {
        "triggers": options(TRIGGERS),
        "provisions": options({**PROVISIONS, NOT_KNOWN: "not known"}),
        "budgets": options(BUDGET),
        "transfers": options(TRANSFERS),
        "exceptions": options(EXCEPTIONS),
        "owners": options(OWNERS),
        "lacking": options({each: ITEMS[each] for each in case.missing if each != "statutory-dates"}),
    }


def _late(desk: Desk, case_id: str) -> Response:
    return desk.look.redirect(f"/cases/{case_id}?{LATE}=yes")
