"""An extract of the national register is imported: what that did, in words; and the worker's part for a page."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Literal

from chassis.pause import pause
from chassis.service import Running, Task
from chassis.telemetry import get_logger
from services.referrals.domain.book import Book
from services.referrals.domain.register.places import Register
from services.referrals.files import extract
from services.referrals.files.lines import BadData
from services.referrals.storage import register as stored
from services.referrals.storage import register_uploads as uploads

log = get_logger(__name__)

_SHOWN = 20  # of a kind, in an import's summary
_LOOKS_EVERY = 1.0  # seconds
_TELLS_EVERY = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, in England and to this authority's, and what somebody should look into."""

    everywhere: stored.Counted
    ours: stored.Counted
    unreadable: list[tuple[int, str]]
    homeless: list[stored.Homeless]
    strangers: list[str]

    def told(self) -> dict[str, Any]:
        """The same as JSON, with as many of a kind as one can read."""
        return {
            **asdict(self.everywhere),
            "ours": asdict(self.ours),
            "unreadable": self.unreadable[:_SHOWN],
            "unreadable_number": len(self.unreadable),
            "homeless": [asdict(each) for each in self.homeless[:_SHOWN]],
            "homeless_number": len(self.homeless),
            "strangers": self.strangers,
        }


async def import_extract(
    running: Running,
    register: Register,
    file: extract.Source,
    links: extract.Source | None,
    by: str,
    reading: extract.Reading | None = None,
) -> Imported:
    """Imports a file. Raises BadData, having changed nothing, where it is no extract.

    ``reading`` tells meanwhile how far it has come.
    """
    authority, reading = running.settings.authority, reading or extract.Reading()
    heirs = extract.successors(links) if links else {}
    async with running.pool.acquire() as conn, conn.transaction():
        everywhere, ours = await stored.take_extract(conn, extract.rows(file, reading), heirs, authority)
        if not everywhere.rows:
            raise BadData(
                "No row of this file can be read, so nothing was imported: is it the establishment extract?"
            )
        await stored.record_import(conn, everywhere, len(reading.unreadable), by)
        homeless = await stored.refresh(conn, register, authority) or []
    return Imported(everywhere, ours, reading.unreadable, homeless, _strangers(register))


def _strangers(register: Register) -> list[str]:
    return sorted(urn for urn in register.overrides if register.find(urn) is None)


def in_words(done: Imported) -> str:
    """The summary of an import."""
    everywhere, unreadable, homeless = done.everywhere, done.unreadable, done.homeless
    lines = [f"{'':14}{'England':>9}{'ours':>9}"]
    for name in ("rows", "added", "changed", "closed", "unchanged"):
        lines.append(f"{name:14}{getattr(everywhere, name):>9,}{getattr(done.ours, name):>9,}")
    if everywhere.missing:
        lines.append(
            f"{everywhere.missing:,} that were imported before are not in this file; they stay as they are."
        )
    if unreadable:
        lines.append(f"{len(unreadable):,} rows could not be read and were left out:")
        lines += [f"  row {number}: {why}" for number, why in unreadable[:_SHOWN]]
        lines += _more(len(unreadable))
    if homeless:
        lines.append(
            f"{len(homeless):,} open schools lie in no area and cannot refer until areas.toml places them:"
        )
        lines += [f"  {each.urn} {each.name}, {each.town or 'no town'}" for each in homeless[:_SHOWN]]
        lines += _more(len(homeless))
        lines.append(
            "  Add each town to an [[area]], or each URN to [overrides]; then start the services anew."
        )
    if done.strangers:
        lines.append(
            f"[overrides] in areas.toml names schools that are not in the register: {', '.join(done.strangers)}"
        )
    return "\n".join(lines)


def _more(number: int) -> list[str]:
    return [f"  … and {number - _SHOWN:,} more"] if number > _SHOWN else []


# From a page ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that is kept compressed in memory."""

    name: str
    content: bytes

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        """Its bytes as they were sent."""
        packed: BinaryIO = gzip.GzipFile(fileobj=io.BytesIO(self.content))  # type: ignore[assignment]
        return packed


def importing(book: Book) -> Task:
    """Imports what was sent, one file at a time, until the service stops."""

    async def run(running: Running) -> None:
        while not running.stopping.is_set():
            if not await import_next(running, book):
                await pause(running.stopping, _LOOKS_EVERY)

    return run


async def import_next(running: Running, book: Book) -> bool:
    """Imports the next file; answers whether there was one."""
    async with running.pool.acquire() as conn:
        claimed = await uploads.claim_upload(conn)
    if claimed is None:
        return False
    id, by, name, content, links = claimed
    reading, heirs = extract.Reading(), Packed("The file of links", links) if links else None
    try:
        async with _telling(running, id, reading):
            done = await import_extract(running, book.register, Packed(name, content), heirs, by, reading)
        state, result = "done", done.told()
    except BadData as error:
        state, result = "refused", {"why": str(error)}
    async with running.pool.acquire() as conn:
        await uploads.finish_upload(conn, id, state, result)
    log.info("register_import", state=state, rows=reading.rows)
    return True


@asynccontextmanager
async def _telling(running: Running, id: str, reading: extract.Reading) -> AsyncIterator[None]:
    async def tell() -> None:
        while True:
            await asyncio.sleep(_TELLS_EVERY)
            async with running.pool.acquire() as conn:
                await uploads.note_progress(conn, id, reading.rows)

    task = asyncio.create_task(tell())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
