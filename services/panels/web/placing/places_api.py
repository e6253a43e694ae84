"""The HTTP API of places: how many each setting has, and the call that says so."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from chassis.calendar import london_date
from chassis.service import Running
from chassis.web.keys import Key
from schemas.places_v1 import Coming, OutOfUse, PlaceKind
from services.panels import placed, placing_bodies
from services.panels.domain.placing import commands as asked
from services.panels.domain.placing.centre import CENTRE
from services.panels.placing_views import of_places
from services.panels.web.api import Answer, Ask, Coordinator, Reader
from services.panels.web.placing.showing import unknown_setting

Setting = Annotated[str, Path(max_length=60, pattern=r"^[A-Za-z0-9-]+$")]


def add(routes: APIRouter, running: Running, ask: Ask) -> None:
    """Adds the routes; ``ask`` runs a command once per caller, address and key."""

    @routes.get("/places")
    async def places(_: Reader, setting: Annotated[str | None, Query(max_length=60)] = None) -> Answer:
        """The places of every setting, or of one: how many there are, in use, out of use, coming and free."""
        async with running.pool.acquire() as conn:
            found = await placed.all_places(conn, setting)
            names = await placed.school_names(conn, [each.setting for each in found])
        today = london_date(running.clock.now())
        return {"places": [of_places(each, today, names) for each in found]}

    @routes.post("/places/{setting}/{kind}")
    async def count(
        setting: Setting,
        kind: PlaceKind,
        body: placing_bodies.Counted,
        request: Request,
        caller: Coordinator,
        key: Key = None,
    ) -> Answer:
        """Say how many places of a kind a setting has from now on; what is left out is none."""
        async with running.pool.acquire() as conn:
            if not (setting == kind == CENTRE or await placed.is_known(conn, setting)):
                raise unknown_setting()
        out = tuple(OutOfUse(**dict(each)) for each in body.out_of_use)
        more = tuple(Coming(**dict(each)) for each in body.coming)
        command = asked.CountPlaces(
            setting, kind, body.number, caller.name, out, more, body.because or "", body.seen
        )
        return await ask(request, caller, key, command)
