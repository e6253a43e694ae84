"""Pages of cases: what waits, and one case with the forms of what can be done with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.service import Running
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import day_items, options
from chassis.web.people import Person
from chassis.web.problems import Fault
from chassis.web.start import Task
from schemas.told import BECAME, MESSAGES, UNTOLD
from schemas.words import ITEMS, OWNERS, PROVISIONS
from services.panels import placed, storage, views
from services.panels.domain.cases.case import Case
from services.panels.domain.cases.completing import COMPLETABLE
from services.panels.domain.permissions import ACTIONS, Action, panels_of
from services.panels.domain.placing.placement import placement_id_of
from services.panels.domain.placing.story import tell as tell_placement
from services.panels.domain.words import OUTCOMES
from services.panels.web.case import case_file
from services.panels.web.case.completing import SAYINGS
from services.panels.web.case.ways_out import DEFER, ways_of
from services.panels.web.changing import queue_version
from services.panels.web.day.tasks import acts, followed
from services.panels.web.desk import LATE, Desk, Seeing, open_to
from services.panels.web.out.lists import STATES, FileOf, Lists
from services.panels.web.paging import place_behind, place_of
from services.panels.web.placing.showing import open_to as open_to_placements

#: The parts of the list, by the word in the address: title and states.
TABS: dict[str, tuple[str, tuple[str, ...]]] = {
    "incomplete": ("Incomplete", STATES["incomplete"]),
    "queued": ("Waiting for a sitting", STATES["queued"]),
    "listed": ("Before a sitting", STATES["listed"]),
    "heard": ("To be decided", STATES["heard"]),
    "ended": ("Decided or withdrawn", STATES["ended"]),
}
DATES = {
    "request_received": "Request for an EHC needs assessment received on",
    "draft_served": "Draft or amended plan served on",
    "review_meeting": "Annual review meeting held on",
}
MORE_DATES = {
    "assessment_decided": "Decided whether to assess on",
    "schools_consulted": "Schools consulted on",
    "review_reported": "Report of the review sent on",
}
_MOST = 200  # on a page
_MAY = ACTIONS


def tasks(running: Running) -> tuple[Task, ...]:
    """The entries of the start page."""

    def entry(tab: str, title: str, does: str, action: Action = "case:see", menu: str | None = None) -> Task:
        async def count(conn: Connection, person: Person) -> int:
            of_all, others = await storage.number(conn, TABS[tab][1], panels_of(person, action))
            return of_all + len(await open_to(running, conn, person, others, action))

        return Task(title, f"/cases?tab={tab}", does, action, menu, count, ("case", "cases"))

    return (
        entry("incomplete", "Cases that are incomplete", "Dates or papers are missing.", menu="Cases"),
        entry("queued", "Cases that wait for a sitting", "Complete, the earliest due first."),
    )


def router(desk: Desk) -> APIRouter:
    """The routes of cases."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/cases")
    async def listed(
        request: Request, person: Seeing, tab: str = "queued", after: str = "", kind: FileOf = None
    ) -> Response:
        """The cases of this person's panels, by how they stand, a page at a time; no child is named."""
        tab, place = tab if tab in TABS else "queued", place_of(after)
        if kind is not None:
            return await Lists(desk.running, desk.book, person).file(tab, kind)
        async with desk.running.pool.acquire() as conn:
            found = await storage.page(conn, TABS[tab][1], panels_of(person, "case:see"), None, place, _MOST)
            shown = await desk.open(conn, person, found)
            version = await queue_version(conn, person)
        return desk.look.page(
            "cases.html",
            request,
            person=person,
            tab=tab,
            version=version,
            parts=[(code, title) for code, (title, _) in TABS.items()],
            rows=[views.of_case(desk.book, case) for case in shown],
            next=place_behind(found[-1]) if len(found) == _MOST else None,
        )

    @routes.get("/cases/{case_id}")
    async def one(request: Request, person: Seeing, case_id: str) -> Response:
        """One case; the read is recorded."""
        return await show(desk, request, person, case_id)

    return routes


async def show(
    desk: Desk,
    request: Request,
    person: Person,
    case_id: str,
    typed: dict[str, Any] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    """The page of a case, with what was typed into one of its forms and what is wrong with that."""
    async with desk.running.pool.acquire() as conn, conn.transaction():
        case = await desk.case(conn, person, case_id)
        known = await storage.background(conn, case)
        others = await desk.open(conn, person, await storage.cases_of_child(conn, case.child_id))
        may = {name: bool(await desk.open(conn, person, [case], name)) for name in _MAY}
        file = await _file(desk, conn, person, case, may["case:complete"])
        await record_read(conn, person, "case", case_id)
    given = typed or {}
    ways = ways_of(desk, case) if may["case:coordinate"] else []
    return desk.look.page(
        "case.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        case=views.of_case_in_full(desk.book, case, known),
        others=[views.of_case(desk.book, each) for each in others if each.case_id != case_id],
        panel=views.panel_name(desk.book, case.panel),
        late=LATE in request.query_params,
        may_coordinate=may["case:coordinate"],
        acts=acts(desk.book, case, may),
        seen=case.version,
        **followed(case),
        ways=ways,
        may_move=may["case:coordinate"] and _can_be_moved(case, desk.now),
        may_recommend=DEFER in ways,  # the panel does the one or the other with what is before it
        may_decide=may["case:decide"] and case.status == "heard",
        days=lambda name: day_items(name, given, faults),
        typed=given,
        **(file | _telling(known)),
        **_choices(case),
    )


def _telling(known: storage.Background) -> dict[str, Any]:
    """Whether the family has been told, and of what it could not be."""
    untold = [MESSAGES.get(each.fact, each.fact) for each in known.told.messages if each.how in UNTOLD]
    return {"tellings": known.told.messages, "messages": MESSAGES, "became": BECAME, "untold": untold}


def _can_be_moved(case: Case, now: datetime) -> bool:
    """Whether it waits, or is on a batch that papers have not closed for."""
    if case.died_at is not None:
        return False
    waits = case.status == "queued"
    return waits or (
        case.status == "listed" and case.listing is not None and now < case.listing.papers_close_at
    )


async def _file(
    desk: Desk, conn: Connection, person: Person, case: Case, may_complete: bool
) -> dict[str, Any]:
    """The case's checklist, clocks and timeline, the pages on which it is completed, and the way to a place."""
    named = await storage.find_schools(conn, case.asked_setting) if case.asked_setting else []
    place = await placed.placement(conn, placement_id_of(case.case_id))
    shown = place is not None and await open_to_placements(desk, conn, person, [place])
    return {
        "place": tell_placement(place) if place and shown else None,
        "placement_id": placement_id_of(case.case_id),
        "file": case_file.of_case(desk.book, case, desk.today, named[0][1] if named else None),
        "may_complete": may_complete and case.status in COMPLETABLE,
        "died": case.died_at is not None,
        "sayings": [each for each in SAYINGS if may_complete and each.is_open(case, desk.now)],
    }


def _choices(case: Case) -> dict[str, Any]:
    """What the forms of a case offer."""
    return {
        "names": {**DATES, **MORE_DATES},
        "first_names": DATES,
        "more_names": MORE_DATES,
        "known_dates": {name: getattr(case.dates, name) for name in (*DATES, *MORE_DATES)},
        "bringers": options(OWNERS),
        "missing": [ITEMS[each] for each in case.missing],
        "papers": options({each: ITEMS[each] for each in case.missing if each != "statutory-dates"}),
        "outcomes": options(OUTCOMES),
        "provisions": options(PROVISIONS),
        "owners": OWNERS,
        "deferrals": case.deferrals,
        "moves": case.moves,
    }
