"""Many referrals in one file: uploaded, looked through, confirmed, and followed until every row is done."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

from chassis.csv_table import csv_table
from chassis.sealing import CannotOpen
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import is_id
from chassis.web.forms import Posted
from chassis.web.live import Counts
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from chassis.web.routes import Routes
from chassis.web.start import Task
from chassis.web.uploading import Upload, received
from services.referrals.bulk import KINDS, Context, Listed, looked_at, looked_through, opened
from services.referrals.domain.bulk import BadSheet
from services.referrals.domain.permissions import Action, reach
from services.referrals.files import sheets
from services.referrals.storage import uploads
from services.referrals.storage.uploads import Kind, Row
from services.referrals.web.desk import Desk

#: The stream of the counts of whoever follows a list.
LIVE = "bulk"
#: Paths that take files: they are read as they come, and limited here.
UPLOADS = (r"/bulk", r"/open-cases")
TASKS = (
    Task(
        "Refer several children at once",
        "/bulk",
        "Upload a list: a spreadsheet, CSV or JSON lines. You see what is wrong with it before anything is sent.",
        "bulk:upload",
    ),
    Task(
        "Bring in open cases",
        "/open-cases",
        "Upload the list of cases that were open before this service was there. Nobody is told of it.",
        "cases:import",
    ),
)
#: A browser hears why its file is too large only if it is read to its end, within reason.
_MOST_READ = 5 * sheets.MOST_BYTES
_SHOWN = 200  # rows of a kind on a page; the table to download has all
_ROW = re.compile(r"[0-9]{1,7}")  # the number of one
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UNKNOWN = Problem(404, "list-unknown", "There is no such list among yours: it may have been deleted.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one kind of list is uploaded, by whom, and how its pages speak of it."""

    kind: Kind
    path: str
    action: Action
    title: str
    done: str

    @property
    def listed(self) -> Listed:
        """What its rows are."""
        return KINDS[self.kind]


REFERRALS = Place(
    "referrals",
    "/bulk",
    "bulk:upload",
    "Refer several children at once",
    "Each row becomes a referral, just as if it was sent by the form.",
)


OPEN_CASES = Place(
    "open-cases",
    "/open-cases",
    "cases:import",
    "Bring in open cases",
    "Each row becomes a referral with its old days and its old reference. Nobody is told of it; later steps are told.",
)


def router(desk: Desk) -> APIRouter:
    """The routes of both kinds of lists."""
    routes = Routes()
    for place in (REFERRALS, OPEN_CASES):
        routes.include_router(_routes_of(desk, place))
    return routes


def _routes_of(desk: Desk, place: Place) -> APIRouter:
    """The routes of one kind of list."""
    routes = APIRouter(prefix=place.path, include_in_schema=False)
    uploading = Annotated[Person, Depends(signed_in(place.action))]
    _beginning(routes, desk, place, uploading)
    _going_on(routes, desk, place, uploading)
    return routes


def _beginning(routes: APIRouter, desk: Desk, place: Place, uploading: Any) -> None:
    @routes.get("")
    async def start(request: Request, person: uploading) -> Response:
        """What a list looks like, the way to upload one, and those that were uploaded."""
        return await _start(desk, place, request, person)

    @routes.post("")
    async def take(request: Request, person: uploading) -> Response:
        """Looks a list through, and keeps it until it is confirmed."""
        upload = await received(request, person)
        try:
            id = await _taken(desk, place, person, upload)
        except BadSheet as refusal:
            fault = Fault(field="file", code="file-not-taken", message=f"{refusal}.")
            return await _start(desk, place, request, person, [fault])
        return desk.look.redirect(f"{place.path}/{id}")

    @routes.get("/template.csv")
    async def plain(_: uploading) -> Response:
        """An empty list as CSV."""
        text = csv_table([[each.name for each in place.listed.layout.columns]])
        return _file("﻿" + text, f"{place.kind}.csv", "text/csv; charset=utf-8")

    @routes.get("/template.xlsx")
    async def workbook(_: uploading) -> Response:
        """An empty list as a workbook, with the columns explained."""
        title = place.listed.thing[1].capitalize()
        return _file(sheets.workbook(title, place.listed.layout.columns), f"{place.kind}.xlsx", _XLSX)


def _going_on(routes: APIRouter, desk: Desk, place: Place, uploading: Any) -> None:
    @routes.get("/{id}")
    async def one(request: Request, person: uploading, id: str) -> Response:
        """What was found in a list, how far it is, or what came of it."""
        return await _one(desk, place, request, person, id)

    @routes.get("/{id}/faults.csv")
    async def faults(person: uploading, id: str) -> Response:
        """What is wrong, row by row and column by column; no value is repeated."""
        async with desk.running.pool.acquire() as conn:
            await _mine(conn, place, person, id)
            rows = await uploads.rows_of(conn, id, ("wrong", "refused"))
        lines = [(row.number, each.column, each.message) for row in rows for each in row.faults]
        text = csv_table([("Row", "Column", "What to do"), *lines])
        return _file("﻿" + text, "faults.csv", "text/csv; charset=utf-8")

    @routes.post("/{id}/confirm")
    async def confirm(person: uploading, id: str, form: Posted) -> Response:
        """Lets the rows be taken in, once however often it is posted."""
        anyway = {int(each) for each in form.all("anyway") if _ROW.fullmatch(each)}
        async with desk.running.pool.acquire() as conn, conn.transaction():
            await _mine(conn, place, person, id)
            await uploads.confirm(conn, id, anyway, desk.now)
        return desk.look.redirect(f"{place.path}/{id}")

    @routes.post("/{id}/delete")
    async def discard(person: uploading, id: str, _: Posted) -> Response:
        """Deletes a list that was not confirmed."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            await _mine(conn, place, person, id)
            await uploads.discard(conn, id)
        return desk.look.redirect(place.path, "The list is deleted.")


def counts_of(running: Running) -> Counts:
    """How far the lists of a person are that are being worked off, for pages that are open."""

    async def counts(conn: Connection, person: Person) -> Mapping[str, int]:
        every = [each for kind in KINDS for each in await uploads.uploads_by(conn, person.id, kind)]
        return {f"{each.id} {name}": each.counts.get(name, 0) for each in every for name in _FOLLOWED}

    return counts


_FOLLOWED = ("waiting", "taken", "there", "refused")


async def _taken(desk: Desk, place: Place, person: Person, upload: Upload) -> str:
    content = await _read(upload)
    within = reach(person, place.action)
    urns = None if within.everything else within.urns

    async with desk.running.pool.acquire() as conn:
        context = await Context.of(conn, desk.book, desk.now, urns)
    # Thousands of rows take seconds: whoever else asks meanwhile is answered.
    looked = await asyncio.to_thread(lambda: list(looked_at(context, place.kind, content)))
    id = str(uuid4())
    of = {each.checked.urn for each in looked if not each.faults}
    async with desk.running.pool.acquire() as conn, conn.transaction():
        rows = await looked_through(desk.running, conn, desk.book, id, place.kind, looked)
        await uploads.keep(conn, id, place.kind, person.id, desk.now, rows, of)
    return id


async def _read(upload: Upload) -> bytes:
    content, size = bytearray(), 0
    async for chunk in upload.chunks:
        size += len(chunk)
        if (
            size <= sheets.MOST_BYTES + 1
        ):  # the rest is read and forgotten, so that the browser hears the answer
            content += chunk
    if not upload.filename:
        raise BadSheet("Choose a file")
    if not content:
        raise BadSheet("The file is empty: fill in the template, and upload it again")
    return bytes(content)


async def _mine(conn: Connection, place: Place, person: Person, id: str) -> uploads.Upload:
    """A list of this person. Raises Problem 404, too where a school in it is theirs no more."""
    found = await uploads.upload_of(conn, id) if is_id(id) else None
    if found is None or found.by != person.id or found.kind != place.kind:
        raise _UNKNOWN
    within = reach(person, place.action)
    if not within.everything and not found.urns <= within.urns:
        raise _UNKNOWN
    return found


async def _start(
    desk: Desk, place: Place, request: Request, person: Person, problems: list[Fault] | None = None
) -> Response:
    async with desk.running.pool.acquire() as conn:
        before = await uploads.uploads_by(conn, person.id, place.kind)
    return desk.look.page(
        "bulk/start.html",
        request,
        person=person,
        status=422 if problems else 200,
        problems=problems or [],
        place=place,
        columns=place.listed.layout.columns,
        before=before,
        most=sheets.MOST_ROWS,
    )


async def _one(desk: Desk, place: Place, request: Request, person: Person, id: str) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        found = await _mine(conn, place, person, id)
        wrong = await uploads.rows_of(conn, id, ("wrong", "refused"), _SHOWN)
        repeats = await uploads.rows_of(conn, id, ["repeats"], _SHOWN)
        taken = await uploads.rows_of(conn, id, ("taken", "there"))
        context = await Context.of(conn, desk.book, desk.now)
        if repeats:  # the page names these children
            await record_read(conn, person, "upload", id)
    page = {"preview": "bulk/preview.html", "confirmed": "bulk/progress.html", "done": "bulk/done.html"}
    return desk.look.page(
        page[found.state],
        request,
        person=person,
        place=place,
        upload=found,
        counts={name: found.counts.get(name, 0) for name in _COUNTED},
        wrong=wrong,
        repeats=[(row, _child(desk, place, context, row)) for row in repeats],
        taken=taken,
        shown=_SHOWN,
        live=LIVE,
    )


_COUNTED = ("right", "repeats", "wrong", "left-out", *_FOLLOWED)


def _child(desk: Desk, place: Place, context: Context, row: Row) -> str:
    try:
        checked = place.listed.check(context, opened(desk.running, row))
    except CannotOpen:
        return "A child"
    return "A child" if isinstance(checked, list) else place.listed.child(checked)


def _file(content: str | bytes, name: str, kind: str) -> Response:
    return Response(content, 200, {"Content-Disposition": f'attachment; filename="{name}"'}, kind)
