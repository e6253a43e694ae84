"""Pages of placements: the list of who waits, by how far they have come, and one child's way."""

from typing import Any, get_args

from fastapi import APIRouter, Request, Response

from chassis.service import Running
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import options
from chassis.web.people import Person
from chassis.web.start import Task
from schemas.codes import Area
from schemas.words import NEEDS
from services.panels import placed, storage
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.permissions import panels_of
from services.panels.domain.placing.consulting import owed
from services.panels.domain.placing.story import ASKS, CAN_MEET, ENDS, KINDS, NOT_TAKEN, SUPPORT_ASKED
from services.panels.domain.words import PHASES
from services.panels.placed import Sought
from services.panels.placing_views import of_placement, of_placement_in_full
from services.panels.web.desk import LATE, Desk
from services.panels.web.out.lists import FileOf, Lists
from services.panels.web.placing.acts import ACTS, PlacesSeeing
from services.panels.web.placing.paging import place_behind, place_of
from services.panels.web.placing.showing import names_of, open_to, opened

_MOST = 200
#: The parts of the list, by the word in the address: title, and what is sought.
TABS: dict[str, tuple[str, dict[str, Any]]] = {
    "awaiting": ("Awaiting a place or support", {"states": ("awaiting",)}),
    "remind": ("Schools to remind", {"states": ("awaiting",)}),
    "offered": ("Offered", {"states": ("offered", "accepted")}),
    "starting": ("First day settled", {"states": ("confirmed",), "short": False}),
    "short": ("Short placements", {"states": ("confirmed", "started"), "short": True}),
    "closed": ("Closed", {"states": ("started", "ended"), "short": False}),
    "over": ("Short placements that are over", {"states": ("ended",), "short": True}),
}
_ASKED = {"states": ("awaiting", "offered", "accepted", "confirmed", "started"), "asked": True}


def tasks(running: Running) -> tuple[Task, ...]:
    """The entries of the start page."""

    def entry(title: str, href: str, does: str, sought: dict[str, Any], menu: str | None = None) -> Task:
        async def count(conn: Connection, person: Person) -> int:
            return await placed.number(
                conn, person, Sought(**sought, panels=panels_of(person, "placement:see")), running.clock.now()
            )

        return Task(title, href, does, "placement:see", menu, count, ("child", "children"))

    return (
        entry(
            "Children who wait for a place or for support",
            "/placements",
            "Agreed, and no place yet: schools are asked, a place is offered, its first day settled.",
            TABS["awaiting"][1],
            "Placements",
        ),
        entry(
            "Placements that ask for a word of yours",
            "/placements?tab=asked",
            "A first day or a review has come.",
            _ASKED,
        ),
    )


def router(desk: Desk) -> APIRouter:
    """The routes of the list and of one placement."""
    routes = APIRouter(include_in_schema=False)
    _list(routes, desk)
    _one(routes, desk)
    return routes


def _list(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/placements")
    async def listed(
        request: Request,
        person: PlacesSeeing,
        tab: str = "awaiting",
        area: str = "",
        kind: str = "",
        after: str = "",
        file: FileOf = None,
    ) -> Response:
        """The placements of this person's panels, those that wait longest first; no child is named."""
        if file:
            return await Lists(desk.running, desk.book, person).file("placements", file)
        tab = tab if tab in TABS or tab == "asked" else "awaiting"
        wanted = TABS[tab][1] if tab in TABS else _ASKED
        area = area if area in get_args(Area) else ""
        kind = kind if kind in KINDS else ""
        sought = Sought(
            **wanted, panels=panels_of(person, "placement:see"), area=area or None, kind=kind or None
        )
        async with desk.running.pool.acquire() as conn:
            found = await placed.page(conn, sought, place_of(after), _MOST)
            shown = await open_to(desk, conn, person, found)
        if tab == "remind":
            shown = [each for each in shown if owed(each, desk.today)]
        return desk.look.page(
            "placing/list.html",
            request,
            person=person,
            tab=tab,
            parts=[(code, title) for code, (title, _) in TABS.items()],
            rows=[of_placement(each, desk.today) for each in shown],
            next=place_behind(found[-1]) if len(found) == _MOST else None,
            typed={"area": area, "kind": kind},
            areas=[{"value": "", "text": "Every area"}, *({"value": a, "text": a} for a in get_args(Area))],
            kinds=[{"value": "", "text": "Every kind"}, *options(KINDS)],
            kind_words=KINDS,
            phases=PHASES,
            today=desk.today.isoformat(),
        )


def _one(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/placements/{placement_id}")
    async def one(request: Request, person: PlacesSeeing, placement_id: str) -> Response:
        """One child's way to a place; the read is recorded."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            found = await opened(desk, conn, person, placement_id)
            known = await storage.background(conn, found)
            names = await names_of(conn, found)
            may = bool(await open_to(desk, conn, person, [found], "placement:coordinate"))
            await record_read(conn, person, "placement", placement_id)
        return desk.look.page(
            "placing/one.html",
            request,
            person=person,
            placement=of_placement_in_full(found, desk.today, known, names),
            way=found,
            phases=PHASES,
            case_id=None if found.short else case_id_of(found.referral_id),
            names=names,
            today=desk.today.isoformat(),
            late=LATE in request.query_params,
            may=may,
            acts=[each for each in ACTS if may and each.is_open(found, desk.now)],
            kinds=KINDS,
            needs=NEEDS,
            can_meet=CAN_MEET,
            not_taken=NOT_TAKEN,
            ends=ENDS,
            asks=ASKS | ({"started": SUPPORT_ASKED} if found.support_at else {}),
        )
