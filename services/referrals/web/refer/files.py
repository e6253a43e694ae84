"""Files of evidence: taken in while they are read, kept encrypted, given out only once they were found clean."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from pathlib import PureWindowsPath
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import Response
from fastapi.responses import StreamingResponse

from chassis.web.access import record_read
from chassis.web.people import Person
from chassis.web.problems import Problem
from chassis.web.uploading import Upload
from services.referrals import storage
from services.referrals.domain.evidence import BeginUpload, DropEvidence, EndUpload, StoredFile
from services.referrals.domain.permissions import may
from services.referrals.domain.restricted import subject_of
from services.referrals.sniffing import NotTaken, Refusal, checked, media_type
from services.referrals.vault import Damaged, Vault
from services.referrals.web.refer.desk import Desk

_MOST_FILES, _MOST_BYTES = 200, 2_000_000_000  # of one school, that no referral has yet
_LONGEST_NAME = 150
_UNKNOWN = Problem(404, "file-unknown", "There is no such file among those that you may see.")
_WHY: Mapping[Refusal, str] = {
    "none": "Choose a file",
    "empty": "The file is empty: choose another one",
    "too-large": "The file must not be larger than {most} MB: save it smaller, or in several parts",
    "type-not-taken": "The file must be a PDF, a picture (JPG, PNG, GIF, TIFF, WebP, HEIC) or an office document "
    "(Word, Excel, PowerPoint, OpenDocument)",
    "not-what-it-says": "The file is not what its name says: open it, and save it again as a PDF",
}


def explained(desk: Desk, refusal: NotTaken) -> str:
    """Why a file is not taken, and what to do."""
    return _WHY[refusal.why].format(most=desk.most // 1_000_000)


async def take(
    desk: Desk, person: Person, urn: str, upload: Upload, draft_id: str | None = None
) -> StoredFile | None:
    """The file, in the vault and in quarantine; None where none was chosen. Raises NotTaken."""
    name = _tidy(upload.filename)
    if not name or desk.vault is None:
        async for _ in upload.chunks:
            pass
        return None
    kind = media_type(name)
    await _room(desk, urn)
    file = StoredFile(
        id=str(uuid4()),
        urn=urn,
        by=person.id,
        name=name,
        object=uuid4().hex,
        key=desk.vault.new_key(),
        received_at=desk.running.clock.now(),
        draft_id=draft_id,
    )
    await desk.run(BeginUpload(file))
    try:
        return await _stored(desk, desk.vault, file, kind, upload.chunks)
    except BaseException:
        await desk.run(DropEvidence(file.id))
        raise


async def _stored(
    desk: Desk, vault: Vault, file: StoredFile, kind: str, chunks: AsyncIterator[bytes]
) -> StoredFile:
    digest, size = hashlib.sha256(), 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal size
        async for chunk in checked(file.name, chunks, desk.most):
            digest.update(chunk)
            size += len(chunk)
            yield chunk

    await vault.write(file.object, file.key, counted())
    await desk.run(EndUpload(file.id, kind, size, digest.hexdigest()))
    return file


async def _room(desk: Desk, urn: str) -> None:
    async with desk.running.pool.acquire() as conn:
        files, bytes = await storage.in_hand(conn, urn)
    if files >= _MOST_FILES or bytes >= _MOST_BYTES:
        raise Problem(
            409,
            "too-many-files",
            "Your school has too many files in drafts. Send or delete some of the drafts, then upload this again.",
        )


def _tidy(filename: str) -> str:
    """The last part of a name, without what no name needs; some browsers send a whole path."""
    last = PureWindowsPath(filename.replace("/", "\\")).name
    plain = "".join(each for each in last if each.isprintable()).strip()
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}{dot}{ending[:10]}"


def title_of(name: str) -> str:
    """What a file is called where nobody gave it a title."""
    return name.rpartition(".")[0] or name


async def give(desk: Desk, person: Person, id: str) -> Response:
    """The file, as it is saved and never shown in place. Raises Problem 404, 409 before the scan, 410."""
    async with desk.running.pool.acquire() as conn, conn.transaction():
        file = await storage.file_of(conn, id)
        if file is None or not await _may_read(desk, conn, person, file):
            raise _UNKNOWN
        if file.state in ("receiving", "quarantined"):
            raise Problem(
                409,
                "not-scanned",
                "This file has not been checked for viruses yet. Try again in some minutes.",
            )
        if file.state != "clean" or desk.vault is None:
            raise Problem(
                410, "file-gone", "This file cannot be opened: a virus was found in it, or it was deleted."
            )
        await record_read(conn, person, "evidence", file.id)
    frames = desk.vault.read(file.object, file.key)
    try:
        first = await anext(frames)
    except (Damaged, FileNotFoundError):
        raise Problem(
            410, "file-gone", "This file cannot be opened: it was damaged in the store. Ask for it again."
        ) from None
    return StreamingResponse(_all(first, frames), 200, _headers(file), file.media_type)


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for frame in rest:
        yield frame


def _headers(file: StoredFile) -> dict[str, str]:
    return {
        "Content-Disposition": f"attachment; filename=\"evidence\"; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Length": str(file.size),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }


async def _may_read(desk: Desk, conn: Any, person: Person, file: StoredFile) -> bool:
    if file.referral_id is None:
        draft = await storage.draft(conn, file.draft_id) if file.draft_id else None
        return desk.opens(person, draft) if draft else file.by == person.id
    now = desk.running.clock.now()
    for id in await storage.referrals_with(conn, file):
        referral = await storage.by_id(conn, id)
        restriction = await storage.staff.restriction_of(conn, id)
        if referral and may(person, "referral:see", subject_of(referral, restriction, now)):
            return True
    return False
