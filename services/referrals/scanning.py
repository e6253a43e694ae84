"""The worker's part in evidence: files are scanned for viruses, and objects that nobody may read are deleted."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from typing import Any, cast

from aioclamd import ClamdAsyncClient, ClamdError

from chassis.decision import Refused
from chassis.pause import pause
from chassis.runner import Unavailable
from chassis.service import Running
from chassis.storage import StateUnreadable
from chassis.telemetry import get_logger
from services.referrals import marking, storage
from services.referrals.domain.evidence import ForgetObject, RecordScan, StoredFile
from services.referrals.vault import Damaged, StoreAway, Vault

log = get_logger(__name__)

PART = "scanner"
IDLE_SECONDS = 1.0
TIDY_SECONDS = 30.0
_AWAY_SECONDS = 5.0
_AT_ONCE = 5
_DELETED_AT_ONCE = 100
_LONGEST_SCAN = 120.0  # seconds
#: Seconds in which clamd says that it is there. Until then no file is shown to it.
LONGEST_SILENCE = 10.0
_NONE = "no virus scanner is set: uploaded files stay in quarantine, and nobody can open them"
_UNREADABLE = (
    "files that wait for the virus scanner are gone or damaged where they are kept: the log names them"
)
_UNREADABLE_SECONDS = 660.0  # longer than a claim, after which they are tried again
_AWAY = "the virus scanner cannot be reached, or does not answer: uploaded files wait in quarantine"


class Scanner:
    """Claims files in quarantine, shows them to clamd, and keeps its verdict."""

    def __init__(self, running: Running, vault: Vault, clamd: str) -> None:
        self._running, self._vault = running, vault
        host, _, port = clamd.rpartition(":")
        self._clamd = ClamdAsyncClient(host, int(port), _LONGEST_SCAN) if clamd else None

    async def run(self, running: Running) -> None:
        """Scans until the service stops. While clamd or the store is away files wait: none goes through unseen."""
        while not running.stopping.is_set():
            await pause(running.stopping, await self._turn())

    async def _turn(self) -> float:
        """Scans a few files, and says what keeps it from that; answers the seconds until the next turn."""
        parts = self._running.parts
        if self._clamd is None:
            parts.stopped(PART, _NONE)
            return _AWAY_SECONDS
        try:
            done = await self.once()
        except StoreAway:
            parts.stopped(marking.PART, marking.AWAY)
            return _AWAY_SECONDS
        parts.say(PART, _AWAY if done is None else None)
        return _AWAY_SECONDS if done is None else 0 if done else IDLE_SECONDS

    async def once(self) -> int | None:
        """Scans a few files; answers how many, or None where clamd did not answer. Raises StoreAway.

        One that cannot be read has no verdict: it stays claimed, so that others go first, and is tried again.
        """
        assert self._clamd is not None
        await marking.recognise(self._running.pool, self._vault)
        async with self._running.pool.acquire() as conn:
            files = await storage.claim_to_scan(conn, _AT_ONCE)
        for number, file in enumerate(files):
            try:
                infected = await self._infected(file)
            except Damaged as error:
                log.error("evidence_damaged", file=file.id, why=str(error))
                self._running.parts.stopped(marking.PART, _UNREADABLE, lasts=_UNREADABLE_SECONDS)
            except StoreAway:
                await self._release(files[number:])
                raise
            except (ClamdError, OSError, TimeoutError):
                await self._release(files[number:])
                return None
            else:
                await self._record(file, infected)
        return len(files) if files or await self._answers() else None

    async def _answers(self) -> bool:
        assert self._clamd is not None
        try:
            async with asyncio.timeout(LONGEST_SILENCE):
                with _asked():
                    await self._clamd.ping()
        except (ClamdError, OSError, TimeoutError):
            return False
        return True

    async def _release(self, files: list[StoredFile]) -> None:
        async with self._running.pool.acquire() as conn:
            await storage.release_claims(conn, [each.id for each in files])

    async def _infected(self, file: StoredFile) -> bool:
        """clamd's verdict. Raises Damaged, StoreAway, and what the way to clamd raises."""
        assert self._clamd is not None
        frames = _Frames(self._vault.read(file.object, file.key))
        try:
            with _asked():
                answer = await self._clamd.instream(cast(Any, frames))
        except Exception:
            if frames.trouble is not None:
                raise frames.trouble from None
            raise
        verdicts = [verdict for verdict, _ in (answer or {}).values()]
        if verdicts == ["OK"]:
            return False
        if verdicts == ["FOUND"]:
            return True
        raise ConnectionError("clamd gave no verdict")

    async def _record(self, file: StoredFile, infected: bool) -> None:
        async with self._running.pool.acquire() as conn:
            sent_with, following = await storage.belonging(conn, file.id)
        try:
            await self._running.runner.command(RecordScan(file.id, sent_with, infected, following))
        except Refused as refusal:
            # This very moment it was sent with a referral that may have gone on, taken off, or scanned by another.
            log.info("scan_not_recorded", file=file.id, why=refusal.code)
            await self._release([file])
        except StateUnreadable:
            # Of what it was sent with, for example. It stays claimed, so that others go first.
            log.warning("scan_not_recorded", file=file.id, why="state-unreadable")


@contextmanager
def _asked() -> Iterator[None]:
    """Around a call of clamd's client: that raises ClamdError, OSError or TimeoutError where clamd does not answer."""
    try:
        yield
    except RuntimeError as error:
        # What uvloop says to whoever writes to a connection that broke a moment ago.
        raise ConnectionResetError("the connection to clamd broke") from error


class _Frames:
    """The frames of a file for a library that reads from a thread: a frame for each call, whatever it asks for."""

    def __init__(self, frames: AsyncIterator[bytes]) -> None:
        self._frames, self._loop = frames, asyncio.get_running_loop()
        self.trouble: Damaged | StoreAway | None = None

    def read(self, _: int = -1) -> bytes:
        try:
            return asyncio.run_coroutine_threadsafe(self._next(), self._loop).result(_LONGEST_SCAN)
        except (Damaged, StoreAway) as error:
            self.trouble = error
            raise
        except FutureTimeout:
            raise TimeoutError from None

    async def _next(self) -> bytes:
        return await anext(self._frames, b"")


class Tidier:
    """Deletes objects that are infected, taken off, cut off, or of drafts that are gone."""

    def __init__(self, running: Running, vault: Vault) -> None:
        self._running, self._vault = running, vault

    async def run(self, running: Running) -> None:
        """Looks every half minute until the service stops."""
        while not running.stopping.is_set():
            try:
                await self.once()
            except StoreAway:
                running.parts.stopped(marking.PART, marking.AWAY, lasts=2 * TIDY_SECONDS)
            except (OSError, Unavailable) as error:
                log.warning("evidence_not_deleted", error=type(error).__name__)
            await pause(running.stopping, TIDY_SECONDS)

    async def once(self) -> int:
        """Deletes what is to be deleted now; answers how many objects. Raises StoreAway: then they are known still."""
        await marking.recognise(self._running.pool, self._vault)
        async with self._running.pool.acquire() as conn:
            files = await storage.to_delete(conn, self._running.clock.now(), _DELETED_AT_ONCE)
        for file in files:
            await self._vault.delete(file.object)
            await self._running.runner.command(ForgetObject(file.id))
        return len(files)
