"""An extract of the national register, sent from a page: kept until a worker has imported it, and what came of it."""

import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.ids import new_id
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.fields import brought_id
from chassis.web.live import Counts
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from chassis.web.uploading import received
from services.referrals.domain.permissions import may
from services.referrals.storage import register_uploads as uploads
from services.referrals.web.desk import Desk, names

Managing = Annotated[Person, Depends(signed_in("register:manage"))]
#: The stream of how far an import is.
LIVE = "register"
#: Whose bodies are limited here, as they are read.
UPLOADS = (r"/register/import",)
_TOO_MANY = (
    f"{uploads.MOST_WAITING} files wait to be imported already: see the register for how far they are, "
    "and send this one when one of them is done."
)
_LARGEST, _LARGEST_PACKED = 300_000_000, 60_000_000  # bytes of an extract, and of it compressed


def counts_of(running: Running) -> Counts:
    """How far the import is that is under way, for pages that are open."""

    async def counts(conn: Connection, person: Person) -> Mapping[str, int]:
        if not may(person, "register:manage"):
            return {}
        upload = await uploads.unfinished(conn)
        return {f"{upload.id} rows": upload.rows_read} if upload else {}

    return counts


def router(desk: Desk) -> APIRouter:
    """The routes of imports; they stand before the one that takes any number."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/register/import")
    async def choose(person: Managing, request: Request) -> Response:
        """An extract is chosen."""
        return _choose(desk, request, person, [])

    @routes.post("/register/import")
    async def send(person: Managing, request: Request) -> Response:
        """An extract is taken in; a worker imports it."""
        return await _sent(desk, request, person)

    @routes.get("/register/import/{id}")
    async def progress(id: UUID, person: Managing, request: Request) -> Response:
        """How far an import is, and what came of it."""
        return await _progress(desk, request, person, str(id))

    return routes


class TooLarge(Exception):
    """No extract is as large as that."""


async def _sent(desk: Desk, request: Request, person: Person) -> Response:
    upload, name = await received(request, person), "file"
    try:
        content, links = await packed(upload.chunks), None
        if (second := await upload.another()) is not None:
            name = "links"
            links = await packed(second.chunks)
    except TooLarge:
        fault = Fault(
            field=name, code="too-large", message="No extract is as large as that: choose its CSV file."
        )
        return _choose(desk, request, person, [fault])
    if not upload.filename or content is None:
        said = "The file is empty: choose another one" if upload.filename else "Choose a file"
        return _choose(desk, request, person, [Fault(field="file", code="none", message=said)])
    id = brought_id(upload.fields.get("form", ""))
    kept = uploads.Upload(id, desk.now, person.id, "The file", "received", 0, {})
    async with desk.running.pool.acquire() as conn, conn.transaction():
        if not await uploads.keep_upload(conn, kept, content, links):
            fault = Fault(field="file", code="too-many", message=_TOO_MANY)
            return _choose(desk, request, person, [fault])
    return desk.look.redirect(f"/register/import/{id}")


async def packed(chunks: AsyncIterator[bytes]) -> bytes | None:
    """The file compressed as it comes; None where it is empty. Raises TooLarge."""
    packer, found, size = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16), bytearray(), 0
    async for chunk in chunks:
        size += len(chunk)
        found += packer.compress(chunk)
        if size > _LARGEST or len(found) > _LARGEST_PACKED:
            raise TooLarge
    return bytes(found + packer.flush()) if size else None


def _choose(desk: Desk, request: Request, person: Person, faults: Sequence[Fault]) -> Response:
    return desk.look.page(
        "register/import.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        token=new_id(),
    )


async def _progress(desk: Desk, request: Request, person: Person, id: str) -> Response:
    async with desk.running.pool.acquire() as conn:
        upload = await uploads.upload_of(conn, id)
        who = await names(conn, [upload.by] if upload else [])
    if upload is None:
        raise Problem(404, "import-unknown", "There is no such import: look at the register.")
    if upload.state == "done":
        await desk.running.keep()
    return desk.look.page(
        "register/progress.html",
        request,
        person=person,
        upload=upload,
        result=upload.result,
        live=LIVE,
        who=who.get(upload.by, "a colleague"),
    )
