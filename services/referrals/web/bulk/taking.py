"""A list is uploaded: the templates, the look through its rows, and where it is kept until it is confirmed."""

import asyncio
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response

from chassis.csv_table import csv_table
from chassis.web.people import Person
from chassis.web.problems import Fault
from chassis.web.uploading import Upload, received
from services.referrals.bulk import Context, looked_at, looked_through
from services.referrals.domain.bulk import BadSheet
from services.referrals.domain.permissions import reach
from services.referrals.files import sheets
from services.referrals.storage import uploads
from services.referrals.web.bulk.places import Place, download
from services.referrals.web.desk import Desk

#: A browser hears why its file is too large only if it is read to its end, within reason.
_MOST_READ = 5 * sheets.MOST_BYTES
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What somebody reads who has piled up as many lists as may be kept for them.
_TOO_MANY = (
    f"{uploads.MOST_UNCONFIRMED} lists of yours wait to be confirmed: "
    "open one of them below and confirm or delete it, then upload this one"
)


def add_to(routes: APIRouter, desk: Desk, place: Place, uploading: Any) -> None:
    """The routes by which a list comes."""

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
        return download("﻿" + text, f"{place.kind}.csv", "text/csv; charset=utf-8")

    @routes.get("/template.xlsx")
    async def workbook(_: uploading) -> Response:
        """An empty list as a workbook, with the columns explained."""
        title = place.listed.thing[1].capitalize()
        return download(sheets.workbook(title, place.listed.layout.columns), f"{place.kind}.xlsx", _XLSX)


async def _taken(desk: Desk, place: Place, person: Person, upload: Upload) -> str:
    content = await _read(upload)
    within = reach(person, place.action)
    urns = None if within.everything else within.urns

    async with desk.running.pool.acquire() as conn:
        if not await uploads.room(conn, person.id, place.kind):
            raise BadSheet(_TOO_MANY)
        context = await Context.of(conn, desk.book, desk.now, urns)
    # Thousands of rows take seconds: whoever else asks meanwhile is answered.
    looked = await asyncio.to_thread(lambda: list(looked_at(context, place.kind, content)))
    id = str(uuid4())
    of = {each.checked.urn for each in looked if not each.faults}
    async with desk.running.pool.acquire() as conn, conn.transaction():
        if not await uploads.room(conn, person.id, place.kind, alone=True):
            raise BadSheet(_TOO_MANY)
        rows = await looked_through(desk.running, conn, desk.book, id, place.kind, looked)
        await uploads.keep(conn, id, place.kind, person.id, desk.now, rows, of)
    return id


async def _read(upload: Upload) -> bytes:
    content, size = bytearray(), 0
    async for chunk in upload.chunks:
        size += len(chunk)
        if size > _MOST_READ:
            raise BadSheet(sheets.TOO_LARGE)
        if size <= sheets.MOST_BYTES + len(chunk):  # the rest is read and forgotten
            content += chunk
    if not upload.filename:
        raise BadSheet("Choose a file")
    if not content:
        raise BadSheet("The file is empty: fill in the template, and upload it again")
    return bytes(content)


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
