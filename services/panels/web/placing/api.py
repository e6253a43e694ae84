"""The HTTP API of placements and places; its contract is in README.md. Restricted ones do not exist for programs."""

from collections.abc import Sequence
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request

from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.runner import Once
from chassis.service import Running
from chassis.web.access import record_read
from chassis.web.auth import Caller
from chassis.web.keys import Key
from chassis.web.problems import Problem
from schemas.codes import Area
from schemas.places_v1 import PlaceKind
from services.panels import placed, placing_bodies, storage
from services.panels.domain.permissions import open_to_programs
from services.panels.domain.placing import commands as asked
from services.panels.domain.placing.placement import Placement, Status
from services.panels.placing_views import of_placement, of_placement_in_full
from services.panels.web.api import Answer, Ask, Coordinator, Reader
from services.panels.web.placing import places_api
from services.panels.web.placing.links import new_link, whose
from services.panels.web.placing.paging import Place, next_page, place_of
from services.panels.web.placing.showing import names_of, unknown_setting

UNKNOWN = Problem(
    404, "unknown-placement", "There is no placement with this id. Look it up under /api/placements."
)
_STATES = get_args(Status)


def router(running: Running) -> APIRouter:
    """The routes of placements and places."""
    routes = APIRouter(prefix="/api")
    ask = _asking(running)
    _reads(routes, running)
    _schools(routes, running, ask)
    _offers(routes, running, ask)
    _decisions(routes, running, ask)
    _stays(routes, running, ask)
    places_api.add(routes, running, ask)
    return routes


async def _seen(running: Running, conn: Any, found: Sequence[Placement]) -> list[Placement]:
    known = await placed.subjects(conn, found, running.clock.now())
    return [each for each, subject in known if open_to_programs(subject)]


async def _one(running: Running, conn: Any, placement_id: str) -> Placement:
    found = await placed.placement(conn, placement_id)
    if found is None or not await _seen(running, conn, [found]):
        raise UNKNOWN
    return found


async def _found(running: Running, placement_id: str) -> Placement:
    """The placement as it is. Raises Problem 404 where programs see none."""
    async with running.pool.acquire() as conn:
        return await _one(running, conn, placement_id)


async def _kept_at(running: Running, placement_id: str) -> str:
    """Where the child's place is kept, empty where none is. Raises Problem 404 where programs see no placement."""
    found = await _found(running, placement_id)
    return found.offer.places_id if found.offer else ""


async def _known(running: Running, setting: str) -> None:
    """Raises Problem 422 for a setting that neither the directory nor the record of places has: nobody would answer."""
    async with running.pool.acquire() as conn:
        if not await placed.is_known(conn, setting):
            raise unknown_setting()


def _asking(running: Running) -> Ask:
    async def ask(request: Request, caller: Caller, key: str | None, command: object) -> Answer:
        """Runs a command, once per caller, address and key. Raises Problem 404 for an unknown id."""
        once = Once(f"{caller.name} {request.url.path}", key, await request.body()) if key else None
        try:
            answer: Answer = await running.runner.command(command, once=once)
        except Refused as no:
            if no.code in ("unknown-placement", "unknown-consultation"):
                raise Problem(404, no.code, no.detail) from None
            raise
        return answer

    return ask


def _reads(routes: APIRouter, running: Running) -> None:
    @routes.get("/placements")
    async def placements(
        request: Request,
        _: Reader,
        state: Annotated[list[Status] | None, Query(max_length=7)] = None,
        area: Area | None = None,
        kind: PlaceKind | None = None,
        short: bool | None = None,
        referral: Annotated[str | None, Query(max_length=60)] = None,
        after: Place = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Answer:
        """Placements that have begun, those that wait longest first; ``next`` is the address of the following page."""
        states = state or _STATES
        sought = placed.Sought(states, None, area, kind, short, referral_id=referral)
        async with running.pool.acquire() as conn:
            found = await placed.page(conn, sought, place_of(after), limit)
            shown = await _seen(running, conn, found)
        today = london_date(running.clock.now())
        following = next_page(request, found[-1]) if len(found) == limit else None
        return {"placements": [of_placement(each, today) for each in shown], "next": following}

    @routes.get("/placements/{placement_id}")
    async def placement(placement_id: str, caller: Reader) -> Answer:
        """One placement with the child's name and what schools answered; the reading is logged."""
        async with running.pool.acquire() as conn, conn.transaction():
            found = await _one(running, conn, placement_id)
            known = await storage.background(conn, found)
            names = await names_of(conn, found)
            await record_read(conn, caller, "placement", placement_id)
        return of_placement_in_full(found, london_date(running.clock.now()), known, names)


def _schools(routes: APIRouter, running: Running, ask: Ask) -> None:
    @routes.post("/placements/{placement_id}/consultations")
    async def consult(
        placement_id: str, body: placing_bodies.Asked, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Ask a school; ``link`` is its secret link, which is said once."""
        found = await _found(running, placement_id)
        await _known(running, body.setting)
        link = new_link(running, request)
        command = asked.Consult(placement_id, body.setting, link.sha256, body.seen, **whose(found))
        return link.given(await ask(request, caller, key, command))

    @routes.post("/placements/{placement_id}/consultations/{consultation_id}/remind")
    async def remind(
        placement_id: str,
        consultation_id: str,
        body: placing_bodies.Reminded,
        request: Request,
        caller: Coordinator,
        key: Key = None,
    ) -> Answer:
        """Remind a school, with a new link beside the old one."""
        found = await _found(running, placement_id)
        link = new_link(running, request)
        command = asked.Remind(placement_id, consultation_id, link.sha256, body.seen, **whose(found))
        return link.given(await ask(request, caller, key, command))


def _offers(routes: APIRouter, running: Running, ask: Ask) -> None:
    @routes.post("/placements/{placement_id}/offer")
    async def offer(
        placement_id: str,
        body: placing_bodies.Offered,
        request: Request,
        caller: Coordinator,
        key: Key = None,
    ) -> Answer:
        """Keep a place and offer it to the family."""
        await _kept_at(running, placement_id)
        await _known(running, body.setting)
        command = asked.OfferPlace(
            placement_id,
            body.setting,
            body.kind,
            body.starts_on,
            body.reply_by,
            caller.name,
            body.because or "",
            body.seen,
            body.differs_because or "",
        )
        return await ask(request, caller, key, command)

    @routes.post("/placements/{placement_id}/accept")
    async def accept(
        placement_id: str,
        body: placing_bodies.Accepted,
        request: Request,
        caller: Coordinator,
        key: Key = None,
    ) -> Answer:
        """Note that the family takes the place."""
        await _kept_at(running, placement_id)
        who, on = body.accepted_by, body.accepted_on
        return await ask(
            request, caller, key, asked.AcceptOffer(placement_id, who, on, caller.name, body.seen)
        )

    @routes.post("/placements/{placement_id}/decline")
    async def decline(
        placement_id: str,
        body: placing_bodies.NotTakenUp,
        request: Request,
        caller: Coordinator,
        key: Key = None,
    ) -> Answer:
        """Note that the place is not taken: it is free again, and the child waits."""
        where = await _kept_at(running, placement_id)
        return await ask(
            request, caller, key, asked.DeclineOffer(placement_id, where, body.reason, body.seen)
        )

    @routes.post("/placements/{placement_id}/confirm")
    async def confirm(
        placement_id: str,
        body: placing_bodies.Settled,
        request: Request,
        caller: Coordinator,
        key: Key = None,
    ) -> Answer:
        """Settle the first day, at a place or of support."""
        found = await _found(running, placement_id)
        if found.support_at is not None:
            support = asked.SettleSupport(placement_id, body.starts_on, caller.name, body.seen)
            return await ask(request, caller, key, support)
        where = found.offer.places_id if found.offer else ""
        command = asked.ConfirmStart(
            placement_id, where, body.starts_on, caller.name, body.because or "", body.seen
        )
        return await ask(request, caller, key, command)


def _decisions(routes: APIRouter, running: Running, ask: Ask) -> None:
    @routes.post("/placements/{placement_id}/go-on")
    async def go_on(
        placement_id: str,
        body: placing_bodies.GoingOn,
        request: Request,
        caller: Coordinator,
        key: Key = None,
    ) -> Answer:
        """Go on with what was begun, although another kind of place is agreed by now."""
        await _found(running, placement_id)
        command = asked.GoOn(placement_id, body.because, caller.name, body.seen)
        return await ask(request, caller, key, command)


def _stays(routes: APIRouter, running: Running, ask: Ask) -> None:
    @routes.post("/placements/{placement_id}/start")
    async def start(
        placement_id: str, body: placing_bodies.Begun, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Note that the child is there, or that support is given."""
        found = await _found(running, placement_id)
        when = (body.started_on, caller.name, body.seen, body.early)
        if found.support_at is not None:
            return await ask(request, caller, key, asked.NoteSupport(placement_id, *when))
        where = found.offer.places_id if found.offer else ""
        return await ask(request, caller, key, asked.NoteStart(placement_id, where, *when))

    @routes.post("/placements/{placement_id}/review")
    async def review(
        placement_id: str,
        body: placing_bodies.LookedAt,
        request: Request,
        caller: Coordinator,
        key: Key = None,
    ) -> Answer:
        """Settle the last day of a short placement after its review."""
        where = await _kept_at(running, placement_id)
        command = asked.NoteReview(
            placement_id, where, body.ends_on, caller.name, body.because or "", body.seen, body.helped
        )
        return await ask(request, caller, key, command)

    @routes.post("/placements/{placement_id}/end")
    async def end(
        placement_id: str, body: placing_bodies.Over, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """End it, and free its place."""
        where = await _kept_at(running, placement_id)
        command = asked.EndPlacement(placement_id, where, body.reason, body.ended_on, body.seen)
        return await ask(request, caller, key, command)
