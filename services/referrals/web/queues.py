"""The queues of teams, outreach co-ordinators and triage: tabs with counts, and giving many to somebody."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.english import capital
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.forms import Form, Posted
from chassis.web.live import Counts
from chassis.web.look.words import count
from chassis.web.people import Person
from chassis.web.problems import Fault
from chassis.web.start import Task
from schemas.codes import Area
from services.referrals import storage
from services.referrals.domain.commands import AssignReferral
from services.referrals.domain.identity import read_reference
from services.referrals.domain.permissions import Subject, may, reach
from services.referrals.domain.queues import (
    OVERDUE_POINTS,
    SCHOOL_POINTS,
    WORKING_POINTS,
    Load,
    by_room,
    shared_out,
)
from services.referrals.domain.referral import Referral
from services.referrals.storage import TABS
from services.referrals.web.desk import (
    Allocating,
    Colleague,
    Desk,
    Queueing,
    colleagues,
    everything_of,
    meets,
    names,
    visible,
)
from services.referrals.web.finding import SORT_WORDS, TAB_WORDS, Field, Found, fields_of, found
from services.referrals.web.rows import team_rows

QUEUE = "/queue"
#: The stream of the counts of whoever looks at their queue.
LIVE = "queue"
#: Instead of a name: each to whoever has least work by then.
SHARE_OUT = "share-out"
NOBODY = "nobody"
MOST_AT_ONCE = 100


def router(desk: Desk) -> APIRouter:
    """The routes of the queues."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(QUEUE)
    async def queue(person: Queueing, request: Request) -> Response:
        """A tab of this person's queue."""
        return await _page(desk, person, request, found(QUEUE, request.query_params, desk.book))

    @routes.post(f"{QUEUE}/assign")
    async def assign(person: Allocating, form: Posted, request: Request) -> Response:
        """Gives the chosen referrals to somebody."""
        return await _assign(desk, person, request, form)

    return routes


def tasks(running: Running) -> tuple[Task, ...]:
    """What stands on the start page of whoever has a queue."""

    async def new(conn: Connection, person: Person) -> int:
        return (await counts_of(running)(conn, person))["new"]

    return (
        Task(
            "Referrals",
            QUEUE,
            "Everything that was sent to your team, or in your area: where it is, who has it, what is next.",
            action="queue:see",
            menu="Queue",
            count=new,
            waiting=("waits for its first answer", "wait for their first answer"),
        ),
    )


def counts_of(running: Running) -> Counts:
    """How many each tab of somebody's queue holds, for pages that are open."""

    async def counts(conn: Connection, person: Person) -> Mapping[str, int]:
        return await storage.counts(conn, everything_of(running, person, "queue:see"))

    return counts


async def _page(
    desk: Desk,
    person: Person,
    request: Request,
    asked: Found,
    problems: Sequence[Fault] = (),
    chosen: Sequence[str] = (),
) -> Response:
    question = desk.asked(person, "queue:see", asked)
    async with desk.running.pool.acquire() as conn:
        counts = await storage.counts(conn, question)
        seen = await storage.listed(conn, question)
        team = await _team(conn, desk, person)
        holders = await names(conn, (each.assigned_to for each in seen))
    known = holders | {load.staff_id: colleague.shown for load, colleague in team}
    title, explained, empty = TAB_WORDS[asked.tab]
    return desk.look.page(
        "queues/queue.html",
        request,
        person=person,
        status=422 if problems else 200,
        problems=problems,
        heading=_heading(desk, person),
        tab={"code": asked.tab, "title": title, "explained": explained, "empty": empty},
        tab_list=_tabs(asked, counts),
        live="" if asked.chosen else LIVE,
        filter=asked,
        fields=_fields(desk, person, asked, known),
        orders=[
            {"code": code, "title": words, "href": asked.at(sort=code)} for code, words in SORT_WORDS.items()
        ],
        found=team_rows(seen, desk.book, desk.today, known, chosen),
        next=asked.at(after=seen[-1].reference) if len(seen) == question.limit else None,
        may_allocate=may(person, "queue:allocate") and asked.tab not in ("completed", "panel"),
        people=_people(team),
        loads=[{"name": colleague.shown, "load": load} for load, colleague in team],
        weights={"working": WORKING_POINTS, "school": SCHOOL_POINTS, "overdue": OVERDUE_POINTS},
    )


def _tabs(asked: Found, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    shown = [tab for tab in TABS if tab != "panel" or counts[tab] or asked.tab == tab]
    return [
        {"code": tab, "title": TAB_WORDS[tab][0], "count": counts[tab], "href": asked.at(tab=tab)}
        for tab in shown
    ]


def _fields(desk: Desk, person: Person, asked: Found, known: Mapping[str, str]) -> tuple[Field, ...]:
    areas, people = _areas(desk, person), sorted(known.items(), key=lambda each: each[1])
    return fields_of(asked, desk.book, people, areas_differ=areas is None or len(areas) > 1)


def _heading(desk: Desk, person: Person) -> str:
    """Whose queue it is: of one team or area by its name."""
    within, areas = reach(person, "queue:see"), _areas(desk, person)
    if not within.everything and len(within.destinations) == 1 and not within.patches:
        (code,) = within.destinations
        known = desk.book.destinations.get(code)
        return f"Referrals to the {known.name}" if known else "Referrals"
    whole = (areas or frozenset()) & (within.areas | {area for area, _ in within.patches})
    if areas is not None and len(areas) == len(whole) == 1:
        (area,) = areas
        return f"Referrals in {desk.book.register.areas[area].name}"
    return "Referrals"


def _areas(desk: Desk, person: Person) -> frozenset[Area] | None:
    """The areas from which this person's queue comes; None where it may be any."""
    within = reach(person, "queue:see")
    if within.everything or within.destinations or within.kinds:
        return None
    schools = (desk.book.register.find(urn) for urn in within.urns)
    of_schools = {each.area for each in schools if each is not None}
    found = within.areas | {area for area, _ in within.patches} | of_schools
    return frozenset(each for each in desk.book.register.areas if each in found)


Team = Sequence[tuple[Load, Colleague]]


async def _team(conn: Connection, desk: Desk, person: Person) -> Team:
    """Everybody to whom this person may give work, whoever has least first; those who are away last."""
    if not may(person, "queue:allocate"):
        return []
    within = reach(person, "queue:allocate")
    known = await colleagues(conn, desk.today, lambda each: meets(reach(each, "referral:work"), within))
    standing = by_room(await storage.loads(conn, list(known), desk.today))
    return sorted(((load, known[load.staff_id]) for load in standing), key=lambda each: each[1].away)


def _people(team: Team) -> list[dict[str, str]]:
    """The choices of who is to have the chosen referrals."""
    several = [{"value": SHARE_OUT, "text": "Share out: each to whoever has least by then"}] if team else []
    offered = [
        {
            "value": load.staff_id,
            "text": f"{colleague.shown}: {count(load.working + load.with_school, 'referral')}"
            + (f", {load.overdue} overdue" if load.overdue else ""),
        }
        for load, colleague in team
    ]
    return [
        {"value": "", "text": "Choose"},
        *several,
        *offered,
        {"value": NOBODY, "text": "Nobody in particular"},
    ]


async def _assign(desk: Desk, person: Person, request: Request, form: Form) -> Response:
    asked = found(QUEUE, _query_of(form.get("back")), desk.book)
    chosen, to = dict(_chosen(form)), form.get("to")
    async with desk.running.pool.acquire() as conn:
        team = await _team(conn, desk, person)
        problems = _faults(chosen, to, team)
        if not problems:
            targets = [await visible(conn, desk, person, reference) for reference in chosen]
            problems = _not_theirs(person, targets)
    if problems:
        return await _page(desk, person, request, asked, problems, list(chosen))
    ids = {referral.reference: referral.id for referral, _ in targets}
    present = [load for load, colleague in team if not colleague.away]
    given = shared_out(chosen, present) if to == SHARE_OUT else dict.fromkeys(chosen, to)
    commands = [
        AssignReferral(ids[reference], None if to == NOBODY else to, by=person.id, seen=chosen[reference])
        for reference, to in given.items()
    ]
    answers = await desk.running.runner.commands(commands)
    return desk.look.redirect(asked.here, _said(list(given), answers))


def _chosen(form: Form) -> Iterator[tuple[str, int]]:
    """The chosen references with the version of each that the page showed."""
    for each in form.all("chosen")[:MOST_AT_ONCE]:
        reference, _, version = each.rpartition(":")
        if read_reference(reference) and version.isdecimal():
            yield reference, int(version)


def _faults(chosen: Mapping[str, int], to: str, team: Team) -> list[Fault]:
    faults = []
    if not chosen:
        faults.append(Fault(field="chosen", code="nothing-chosen", message="Choose at least one referral."))
    if to not in {SHARE_OUT, NOBODY, *(load.staff_id for load, _ in team)}:
        faults.append(Fault(field="to", code="nobody-chosen", message="Choose who is to have them."))
    return faults


def _not_theirs(person: Person, targets: Sequence[tuple[Referral, Subject]]) -> list[Fault]:
    """What of it this person may see, but not give to anybody."""
    return [
        Fault(field="chosen", code="not-yours", message=f"You may not give {referral.reference} to anybody.")
        for referral, subject in targets
        if not may(person, "queue:allocate", subject)
    ]


def _said(references: Sequence[str], answers: Sequence[object]) -> str:
    """What became of it: how many were given, and which ones somebody else had changed meanwhile."""
    left = [
        reference
        for reference, answer in zip(references, answers, strict=True)
        if isinstance(answer, Refused)
    ]
    done = f"{capital(count(len(references) - len(left), 'referral'))} given."
    if not left:
        return done
    return f"{done} Not given, because somebody changed it meanwhile: {', '.join(left)}. Look at it, then try again."


def _query_of(back: str) -> dict[str, str]:
    """The query of the list that somebody came from; nothing where it is not one of ours."""
    parts = urlsplit(back)
    return dict(parse_qsl(parts.query)) if parts.path == QUEUE and not parts.netloc else {}
