"""The page on which a list of places is brought in: all of its lines are sound, or none is taken."""

import csv
from collections.abc import Sequence
from io import StringIO

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from chassis.web.problems import Fault
from services.panels import placed
from services.panels.domain.placing import listed
from services.panels.domain.placing.commands import CountPlaces
from services.panels.domain.placing.places import Places, places_id_of
from services.panels.web.desk import Desk
from services.panels.web.placing.places import PlacesKeeping

_SHOWN = 50  # faults on a page


def router(desk: Desk) -> APIRouter:
    """The routes of bringing a list in."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/places/import")
    async def ask(request: Request, person: PlacesKeeping) -> Response:
        """Which file."""
        return _page(desk, request, person)

    @routes.post("/places/import")
    async def take(request: Request, person: PlacesKeeping, form: Posted) -> Response:
        """The numbers of the list count from now on; what is out of use and coming stays as it is."""
        rows = await _rows(form)
        if rows is None:
            return _page(desk, request, person, ["Choose a file that is saved as CSV, in UTF-8."])
        async with desk.running.pool.acquire() as conn:
            known = {each.places_id: each for each in await placed.all_places(conn)}
            named = await placed.school_names(
                conn, {cell.strip() for row in rows for cell in row if cell.strip().isdecimal()}
            )
        lines, wrong = listed.read(rows, {*named, *(each.setting for each in known.values())})
        if wrong:
            return _page(desk, request, person, [f"Line {each.number}: {each.message}" for each in wrong])
        commands = [_command(line, known, person.id) for line in lines]
        answers = await desk.running.runner.commands(commands)
        refused = [
            f"Line {line.number}: {answer.detail}"
            for line, answer in zip(lines, answers, strict=True)
            if isinstance(answer, Refused)
        ]
        if refused:
            return _page(desk, request, person, refused, taken=len(lines) - len(refused))
        return desk.look.redirect("/places", f"The places of {len(lines)} lines are saved.")

    return routes


async def _rows(form: Form) -> list[list[str]] | None:
    """The cells of the file that was chosen, with commas or semicolons between them; None where it is no CSV."""
    file = form.file("file")
    if file is None:
        return None
    try:
        text = (await file.read()).decode("utf-8-sig")
        delimiter = ";" if ";" in text.split("\n", 1)[0] else ","
        return None if "\0" in text else list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))
    except (UnicodeDecodeError, csv.Error):
        return None


def _command(line: listed.Line, known: dict[str, Places], by: str) -> CountPlaces:
    before = known.get(places_id_of(line.setting, line.kind))
    out, coming = (before.out_of_use, before.coming) if before else ((), ())
    seen = before.changes if before else 0
    return CountPlaces(line.setting, line.kind, line.places, by, out, coming, seen=seen)


def _page(
    desk: Desk, request: Request, person: Person, wrong: Sequence[str] = (), taken: int = 0
) -> Response:
    faults = [Fault(field="file", code="not-usable", message=each) for each in wrong[:_SHOWN]]
    return desk.look.page(
        "placing/import.html",
        request,
        person=person,
        status=422 if wrong else 200,
        problems=faults,
        wrong=wrong[:_SHOWN],
        more=len(wrong) - _SHOWN,
        taken=taken,
        heads=(listed.SETTING, listed.KIND, listed.NUMBER),
    )
