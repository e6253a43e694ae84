"""Files of evidence, whoever sends them: taken in while they are read, kept encrypted, given out once found clean."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import Response
from fastapi.responses import StreamingResponse

from chassis import telemetry
from chassis.runner import Once
from chassis.service import Running
from chassis.telemetry import get_logger
from chassis.web.problems import Problem
from services.referrals import marking, storage
from services.referrals.domain.evidence import BeginUpload, DropEvidence, EndUpload, StoredFile
from services.referrals.settings import Settings
from services.referrals.sniffing import NotTaken, Refusal, checked, media_type
from services.referrals.vault import Damaged, StoreAway, Vault

log = get_logger(__name__)

_MOST_FILES, _MOST_BYTES = 200, 2_000_000_000  # of one school, that no referral has yet
_LONGEST_NAME = 150
_WHY: Mapping[Refusal, str] = {
    "none": "Choose a file",
    "empty": "The file is empty: choose another one",
    "too-large": "The file must not be larger than {most} MB: save it smaller, or in several parts",
    "type-not-taken": "The file must be a PDF, a picture (JPG, PNG, GIF, TIFF, WebP, HEIC) or an office document "
    "(Word, Excel, PowerPoint, OpenDocument)",
    "not-what-it-says": "The file is not what its name says: open it, and save it again as a PDF",
    "store-away": "Files cannot be sent at the moment: try again in some minutes, or go on without the file",
}
_AWAY = Problem(
    503,
    "store-away",
    "This file cannot be opened at the moment: the place where files are kept cannot be reached. Try again in some "
    "minutes.",
    headers={"Retry-After": "60"},
)


@dataclass(frozen=True, slots=True)
class Taking:
    """A file on its way in: for which school, from whom, and of which draft if it is one's."""

    urn: str
    by: str
    filename: str
    chunks: AsyncIterator[bytes]
    draft_id: str | None = None


@dataclass(frozen=True, slots=True)
class Cabinet:
    """Where files are put and taken from. ``most`` is the largest file in bytes; without a vault none is taken."""

    running: Running
    vault: Vault | None
    most: int

    @classmethod
    def of(cls, running: Running, settings: Settings) -> "Cabinet":
        """The cabinet that the settings name."""
        vault = Vault.at(settings.evidence_store, running.seals) if settings.evidence_store else None
        return cls(running, vault, settings.evidence_mb * 1_000_000)

    def explained(self, refusal: NotTaken) -> str:
        """Why a file is not taken, and what to do."""
        return _WHY[refusal.why].format(most=self.most // 1_000_000)

    async def take(self, taking: Taking, key: Once | None = None) -> StoredFile | None:
        """The file, in the vault and in quarantine; None where none was chosen, or none is kept here.

        With a ``key`` that came before, the file of then. Raises NotTaken, Problem 409, IdempotencyConflict.
        """
        name = _tidy(taking.filename)
        if not name or self.vault is None:
            async for _ in taking.chunks:
                pass
            return None
        kind = media_type(name)
        await self._room(taking.urn)
        file = StoredFile(
            id=str(uuid4()),
            urn=taking.urn,
            by=taking.by,
            name=name,
            object=uuid4().hex,
            key=self.vault.new_key(),
            received_at=self.running.clock.now(),
            draft_id=taking.draft_id,
        )
        await self._run(BeginUpload(file))
        try:
            await marking.recognise(self.running.pool, self.vault)
            kept = await self._stored(self.vault, file, kind, taking.chunks, key)
        except StoreAway:
            self._say_away()
            await self._run(DropEvidence(file.id))
            raise NotTaken("store-away") from None
        except BaseException:
            await self._run(DropEvidence(file.id))
            raise
        if kept.id != file.id:
            await self._run(DropEvidence(file.id))
        return kept

    async def _stored(
        self, vault: Vault, file: StoredFile, kind: str, chunks: AsyncIterator[bytes], key: Once | None
    ) -> StoredFile:
        digest, size = hashlib.sha256(), 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in checked(file.name, chunks, self.most):
                digest.update(chunk)
                size += len(chunk)
                yield chunk

        await vault.write(file.object, file.key, counted())
        sha256 = digest.hexdigest()
        body = f"{file.urn} {file.name} {sha256}".encode()
        once = Once(key.scope, key.key, body) if key else None
        id = await self._run(EndUpload(file.id, kind, size, sha256), once)
        async with self.running.pool.acquire() as conn:
            kept = await storage.file_of(conn, id)
        assert kept is not None  # what was answered was stored
        return kept

    async def _room(self, urn: str) -> None:
        async with self.running.pool.acquire() as conn:
            files, bytes = await storage.in_hand(conn, urn)
        if files >= _MOST_FILES or bytes >= _MOST_BYTES:
            raise Problem(
                409,
                "too-many-files",
                "Your school has too many files in drafts. Send or delete some of the drafts, then upload this again.",
            )

    async def _run(self, command: object, once: Once | None = None) -> Any:
        return await self.running.runner.command(
            command,
            once=once,
            correlation=telemetry.correlation(),
            traceparent=telemetry.current_traceparent(),
        )

    def check_opens(self, file: StoredFile) -> None:
        """Raises Problem 409 before the scan, 410 for a file that nobody can open any more."""
        if file.state in ("receiving", "quarantined"):
            raise Problem(
                409,
                "not-scanned",
                "This file has not been checked for viruses yet. Try again in some minutes.",
            )
        if file.state == "lost":
            raise Problem(
                410, "file-gone", "This file was lost in the store. Ask the school to send it again."
            )
        if file.state != "clean":
            raise Problem(
                410, "file-gone", "This file cannot be opened: a virus was found in it, or it was deleted."
            )

    async def given(self, file: StoredFile) -> Response:
        """A file that `check_opens` let pass, as it is saved and never shown in place. Raises Problem 410, 503."""
        if self.vault is None:
            raise _AWAY
        frames = self.vault.read(file.object, file.key)
        try:
            first = await anext(frames)
        except StoreAway:
            self._say_away()
            raise _AWAY from None
        except Damaged as error:
            log.error("evidence_damaged", file=file.id, why=str(error))
            raise Problem(
                410, "file-gone", "This file cannot be opened: it was damaged in the store. Ask for it again."
            ) from None
        return StreamingResponse(_all(first, frames), 200, _headers(file), file.media_type)

    def _say_away(self) -> None:
        self.running.parts.stopped(marking.PART, marking.AWAY)


def _tidy(filename: str) -> str:
    """The last part of a name, without what no name needs; some browsers send a whole path."""
    last = PureWindowsPath(filename.replace("/", "\\")).name
    plain = "".join(each for each in last if each.isprintable()).strip()
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}{dot}{ending[:10]}"


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
