"""Files of evidence, by programs: sent as they are, asked after, and fetched once they were found clean.

A file that was taken has an id, and a form or ``…/evidence`` names it. It is sent as the body itself, read as it
comes; its name travels in a header, for it may name a child and addresses are written down in many places.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NoReturn
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel

from chassis.runner import Once
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.auth import Caller, require
from chassis.web.keys import Key
from chassis.web.problems import PROBLEM, Problem
from services.referrals import storage
from services.referrals.domain.evidence import DropEvidence, State, StoredFile
from services.referrals.sniffing import NotTaken, media_type
from services.referrals.web.api import answers
from services.referrals.web.api.asked import Reading, run, says, visible
from services.referrals.web.api.parts import Reference
from services.referrals.web.filing import Cabinet, Taking

#: Paths that take files: they are read as they come, and limited here.
UPLOADS = ("/api/files",)

Sending = Annotated[Caller, Depends(require("referrals:submit"))]
Name = Annotated[
    str,
    Header(
        alias="File-Name",
        min_length=1,
        max_length=600,
        pattern=r"^[!-~]+$",
        description="The file's name with its ending, percent-encoded UTF-8 such as Report%20June.pdf",
    ),
]
Urn = Annotated[
    str | None,
    Query(
        pattern="^[A-Z0-9]{1,10}$", description="Whose file; needed unless the token is of one school only"
    ),
]
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": _BINARY}}}
_GIVEN: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file, to be saved", "content": {"*/*": _BINARY}},
    410: {"description": "A virus was found in the file, or it was lost or deleted.", **PROBLEM},
    503: {"description": "Where files are kept cannot be reached: try again in some minutes.", **PROBLEM},
}
_STATUS = {"too-large": 413, "type-not-taken": 415, "store-away": 503}


class FileShown(BaseModel):
    """What is known of a file. It is opened by nobody until its state is clean."""

    id: str
    state: State
    media_type: str
    size: int
    sha256: str
    received_at: AwareDatetime
    url: str
    content_url: str


def router(running: Running, cabinet: Cabinet) -> APIRouter:
    """The routes of files."""
    api = APIRouter(prefix="/api")
    _sent(api, running, cabinet)
    _fetched(api, running, cabinet)
    return api


def _sent(api: APIRouter, running: Running, cabinet: Cabinet) -> None:
    @api.post(
        "/files",
        status_code=201,
        response_model=FileShown,
        responses={200: {"model": FileShown, "description": "This file was sent before"}},
        openapi_extra=_BODY,
    )
    async def send(
        request: Request, caller: Sending, name: Name, urn: Urn = None, key: Key = None
    ) -> Response:
        """Takes a file into quarantine. The same file again, or the same Idempotency-Key, is answered the same."""
        taking = Taking(_whose(caller, urn), caller.who, _name(name), request.stream())
        _check(request, cabinet, taking.filename)
        once = Once(f"file:{caller.name}", key, b"") if key else None
        async with running.pool.acquire() as conn:
            before = [] if key else await storage.in_hand_of(conn, taking.urn, taking.by)
        try:
            file = await cabinet.take(taking, once)
        except NotTaken as refusal:
            _refuse(cabinet, refusal)
        assert file is not None  # a name was given, and there is a vault
        earlier = await _earlier(running, file, before) if before else None
        shown = _shown(earlier or file)
        return JSONResponse(shown, 200 if earlier else 201, {"Location": shown["url"]})

    @api.delete("/files/{file_id}", status_code=204, response_class=Response)
    async def drop(file_id: str, caller: Sending) -> None:
        """Deletes a file that no referral has."""
        async with running.pool.acquire() as conn:
            await _visible(conn, caller, file_id)
        await run(running, DropEvidence(file_id), None)


def _fetched(api: APIRouter, running: Running, cabinet: Cabinet) -> None:
    @api.get("/files/{file_id}", response_model=FileShown)
    async def one(file_id: str, caller: Annotated[Caller, Depends(require(None))]) -> Mapping[str, Any]:
        """What is known of a file: whether it was found clean."""
        if caller.scopes.isdisjoint(("referrals:read", "referrals:submit")):
            raise Problem(403, "scope-missing", "This needs a token with the scope referrals:read.")
        async with running.pool.acquire() as conn:
            return _shown(await _visible(conn, caller, file_id))

    @api.get("/files/{file_id}/content", response_class=Response, responses=_GIVEN)
    async def content(file_id: str, caller: Reading) -> Response:
        """The file, once it was found clean. The read is recorded."""
        async with running.pool.acquire() as conn, conn.transaction():
            file = await _visible(conn, caller, file_id)
            cabinet.check_opens(file)
            await record_read(conn, caller, "evidence", file.id)
        return await cabinet.given(file)

    @api.get("/referrals/{reference}/files", responses=says(answers.PapersOfOne))
    async def of_referral(reference: Reference, caller: Reading) -> Any:
        """The papers of a referral, and where those that are files can be fetched. The read is recorded."""
        async with running.pool.acquire() as conn, conn.transaction():
            referral = await visible(conn, caller, reference)
            papers = await storage.papers_of(conn, referral.id)
            await record_read(conn, caller, "referral", referral.id)
        return {"files": [_paper(each) for each in papers.papers.evidence] if papers else []}


def _whose(caller: Caller, urn: str | None) -> str:
    """The school that the file is of."""
    if urn is None and caller.owners is not None and len(caller.owners) == 1:
        (urn,) = caller.owners
    if urn is None:
        raise _wrong("urn", "missing", "Say whose file it is: write the URN into the address.")
    if not caller.covers(urn):
        raise Problem(403, "urn-not-yours", "This token may send files only for its own establishments.")
    return urn


def _name(header: str) -> str:
    try:
        return unquote(header, errors="strict")
    except UnicodeDecodeError:
        raise _wrong("File-Name", "not-utf-8", "Write the name as percent-encoded UTF-8.") from None


def _check(request: Request, cabinet: Cabinet, filename: str) -> None:
    """What can be refused before a byte is read."""
    if cabinet.vault is None:
        raise Problem(409, "no-file-store", "No files are kept here: name the paper in the form without one.")
    try:
        kind = media_type(filename)
    except NotTaken as refusal:
        _refuse(cabinet, refusal)
    said = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if said not in ("application/octet-stream", kind):
        raise Problem(415, "not-a-file", "Send the file itself as the body, as application/octet-stream.")
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > cabinet.most:
        _refuse(cabinet, NotTaken("too-large"))


def _refuse(cabinet: Cabinet, refusal: NotTaken) -> NoReturn:
    status = _STATUS.get(refusal.why)
    said = f"{cabinet.explained(refusal)}."
    if status is not None:
        raise Problem(
            status, f"file-{refusal.why}", said, headers={"Retry-After": "60"} if status == 503 else None
        )
    raise _wrong("File-Name" if refusal.why == "none" else "", f"file-{refusal.why}", said)


def _wrong(field: str, code: str, message: str) -> Problem:
    errors = [{"field": field, "code": code, "message": message}]
    return Problem(422, code if code.startswith("file-") else "invalid", message, errors=errors)


async def _earlier(running: Running, file: StoredFile, before: list[str]) -> StoredFile | None:
    """The same file as it was sent before, if no referral has it yet; then this one is not needed."""
    async with running.pool.acquire() as conn:
        found = await storage.twin_of(conn, file, before)
    if found is not None:
        await run(running, DropEvidence(file.id), None)
    return found


async def _visible(conn: Connection, caller: Caller, id: str) -> StoredFile:
    """The file, if this caller sent it or may see a referral that has it. Raises Problem 404 otherwise."""
    file = await storage.file_of(conn, id)
    if file is not None and file.state != "dropped" and await _may_see(conn, caller, file):
        return file
    raise Problem(404, "file-unknown", "There is no such file among yours. Look at the referral's files.")


async def _may_see(conn: Connection, caller: Caller, file: StoredFile) -> bool:
    if file.referral_id is None:
        return file.by == caller.who and caller.covers(file.urn)
    for id in await storage.referrals_with(conn, file):
        referral = await storage.by_id(conn, id)
        if referral and caller.covers(referral.urn) and not await storage.staff.is_restricted(conn, id):
            return True
    return False


def _shown(file: StoredFile) -> dict[str, Any]:
    url = f"/api/files/{file.id}"
    known = file.model_dump(
        mode="json", include={"id", "state", "media_type", "size", "sha256", "received_at"}
    )
    return {**known, "url": url, "content_url": f"{url}/content"}


def _paper(each: Any) -> dict[str, Any]:
    shown = {"id", "kind", "title", "dated", "state", "lost", "media_type", "size", "sha256"}
    url = f"/api/files/{each.id}/content" if each.id and not each.lost else None
    return {**each.model_dump(mode="json", include=shown), "content_url": url}
