"""A list that was uploaded: what was found in it, the word that sends it, how far it is, what came of it."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.csv_table import csv_table
from chassis.sealing import CannotOpen
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.forms import Posted
from chassis.web.live import Counts
from chassis.web.people import Person
from services.referrals.bulk import KINDS, Context, opened
from services.referrals.storage import uploads
from services.referrals.storage.uploads import Row
from services.referrals.web.bulk.places import Place, download, mine
from services.referrals.web.desk import Desk

#: The stream of the counts of whoever follows a list.
LIVE = "bulk"
_SHOWN = 200  # rows of a kind on a page; the table to download has all
_ROW = re.compile(r"[0-9]{1,7}")  # the number of one
_FOLLOWED = ("waiting", "taken", "there", "refused")
_COUNTED = ("right", "repeats", "wrong", "left-out", *_FOLLOWED)


def add_to(routes: APIRouter, desk: Desk, place: Place, uploading: Any) -> None:
    """The routes of one list."""

    @routes.get("/{id}")
    async def one(request: Request, person: uploading, id: str) -> Response:
        """What was found in a list, how far it is, or what came of it."""
        return await _one(desk, place, request, person, id)

    @routes.get("/{id}/faults.csv")
    async def faults(person: uploading, id: str) -> Response:
        """What is wrong, row by row and column by column; no value is repeated."""
        async with desk.running.pool.acquire() as conn:
            await mine(conn, place, person, id)
            rows = await uploads.rows_of(conn, id, ("wrong", "refused"))
        lines = [(row.number, each.column, each.message) for row in rows for each in row.faults]
        text = csv_table([("Row", "Column", "What to do"), *lines])
        return download("﻿" + text, "faults.csv", "text/csv; charset=utf-8")

    @routes.post("/{id}/confirm")
    async def confirm(person: uploading, id: str, form: Posted) -> Response:
        """Lets the rows be taken in, once however often it is posted."""
        anyway = {int(each) for each in form.all("anyway") if _ROW.fullmatch(each)}
        async with desk.running.pool.acquire() as conn, conn.transaction():
            await mine(conn, place, person, id)
            await uploads.confirm(conn, id, anyway, desk.now)
        return desk.look.redirect(f"{place.path}/{id}")

    @routes.post("/{id}/delete")
    async def discard(person: uploading, id: str, _: Posted) -> Response:
        """Deletes a list that was not confirmed."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            await mine(conn, place, person, id)
            await uploads.discard(conn, id)
        return desk.look.redirect(place.path, "The list is deleted.")


def counts_of(running: Running) -> Counts:
    """How far the lists of a person are that are being worked off, for pages that are open."""

    async def counts(conn: Connection, person: Person) -> Mapping[str, int]:
        every = [each for kind in KINDS for each in await uploads.uploads_by(conn, person.id, kind)]
        return {f"{each.id} {name}": each.counts.get(name, 0) for each in every for name in _FOLLOWED}

    return counts


async def _one(desk: Desk, place: Place, request: Request, person: Person, id: str) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        found = await mine(conn, place, person, id)
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


def _child(desk: Desk, place: Place, context: Context, row: Row) -> str:
    try:
        checked = place.listed.check(context, opened(desk.running, row))
    except CannotOpen:
        return "A child"
    return "A child" if isinstance(checked, list) else place.listed.child(checked)
