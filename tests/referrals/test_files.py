"""Evidence files: which are taken, and who looks at them first. How they are kept: test_vault.py."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chassis.sealing import KeyRings, RingKey
from services.referrals import scanning, storage
from services.referrals.domain.evidence import BeginUpload, DropEvidence, EndUpload, StoredFile
from services.referrals.scanning import Scanner, Tidier
from services.referrals.sniffing import TYPES, NotTaken, checked, media_type
from services.referrals.vault import FRAME, MARK, RING, Vault
from tests.referrals.builders import NOW, form
from tests.referrals.conftest import Offices
from tests.support.clamd import EICAR, fake_clamd

KEYS = {RING: [RingKey(kid="e1", k="B" * 43)]}
PDF = b"%PDF-1.7\n" + b"A report. " * 2000


async def pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def all_of(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "content" * 2000)
    return made.getvalue()


# Which files are taken ----------------------------------------------------------------------------

SOUND = {
    "report.pdf": PDF,
    "REPORT.PDF": PDF,
    "scan.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"x" * 100,
    "photo.jpeg": b"\xff\xd8\xff\xe1\0\x10Exif\0" + b"x" * 100,
    "photo.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100,
    "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "plan.docx": archive("[Content_Types].xml", "word/document.xml"),
    "late.docx": archive("word/document.xml", "[Content_Types].xml"),
    "marks.xlsx": archive("[Content_Types].xml", "xl/workbook.xml"),
}


@pytest.mark.parametrize("name", SOUND)
async def test_documents_and_pictures_are_taken_whole(name: str) -> None:
    assert media_type(name) in TYPES.values()
    assert await all_of(checked(name, pieces(SOUND[name]), 1_000_000)) == SOUND[name]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("report.pdf", b"", "empty"),
        ("report.pdf", b"MZ\x90\0" + b"\0" * 20_000, "not-what-it-says"),
        ("report.pdf", b"\x7fELF\x02\x01\x01" + b"\0" * 50, "not-what-it-says"),
        ("report.pdf", b"<html><script>", "not-what-it-says"),
        ("plan.docx", archive("evil.exe"), "not-what-it-says"),
        ("plan.docx", archive("xl/workbook.xml"), "not-what-it-says"),
        ("plan.docx", PDF, "not-what-it-says"),
        ("photo.jpg", b"x", "not-what-it-says"),
        ("report.pdf", PDF * 100, "too-large"),
    ],
)
async def test_what_is_not_what_its_name_says_is_refused(name: str, content: bytes, why: str) -> None:
    with pytest.raises(NotTaken) as refused:
        await all_of(checked(name, pieces(content), 1_000_000))
    assert refused.value.why == why


@pytest.mark.parametrize(
    "name", ["", "a.exe", "a.pdf.exe", "a", ".pdf.", "a.docm", "a.svg", "a.html", "a.zip"]
)
def test_only_named_kinds_of_files_are_taken(name: str) -> None:
    with pytest.raises(NotTaken):
        media_type(name)


async def test_a_file_of_two_gigabytes_is_refused_at_the_first_byte_too_many() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 2_000_000_000:
            read += len(PDF)
            yield PDF

    with pytest.raises(NotTaken, match="too-large"):
        async for _ in checked("report.pdf", endless(), 100_000):
            pass
    assert read < 150_000


def vault(folder: Path) -> Vault:
    return Vault.at(folder.as_uri(), KeyRings(KEYS))


def objects(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != MARK]


# Who looks at them first --------------------------------------------------------------------------


async def stored(it: Any, kept: Vault, content: bytes, draft: str | None = None) -> str:
    file = StoredFile(
        id=str(uuid4()),
        urn="900001",
        by="s",
        name="Report.pdf",
        object=uuid4().hex,
        key=kept.new_key(),
        received_at=NOW,
        draft_id=draft,
    )
    await it.running.runner.command(BeginUpload(file))
    await kept.mark()
    await kept.write(file.object, file.key, pieces(content))
    await it.running.runner.command(EndUpload(file.id, "application/pdf", len(content), "00"))
    return file.id


async def state_of(it: Any, id: str) -> str:
    async with it.pool.acquire() as conn:
        found = await storage.file_of(conn, id)
    assert found is not None
    return str(found.state)


async def test_a_sound_file_is_let_out_of_quarantine_and_an_infected_one_deleted(
    office: Offices, tmp_path: Path
) -> None:
    it, kept = await office(), vault(tmp_path)
    sound = await stored(it, kept, PDF * 10)
    bad = await stored(it, kept, PDF + EICAR)
    async with fake_clamd() as clamd:
        assert await Scanner(it.running, kept, clamd.address).once() == 2
    assert sorted(clamd.seen) == sorted([len(PDF) * 10, len(PDF) + len(EICAR)])
    assert clamd.largest_frame <= FRAME
    assert (await state_of(it, sound), await state_of(it, bad)) == ("clean", "infected")
    assert await Tidier(it.running, kept).once() == 1
    assert len(objects(tmp_path)) == 1
    assert await Tidier(it.running, kept).once() == 0


async def test_while_the_scanner_is_away_files_wait_in_quarantine_and_are_scanned_later(
    office: Offices, tmp_path: Path
) -> None:
    it, kept = await office(), vault(tmp_path)
    id = await stored(it, kept, PDF)
    assert await Scanner(it.running, kept, "127.0.0.1:9").once() is None
    assert await state_of(it, id) == "quarantined"
    async with fake_clamd() as clamd:
        assert await Scanner(it.running, kept, clamd.address).once() == 1
    assert await state_of(it, id) == "clean"


async def test_a_scanner_that_is_away_while_no_file_waits_is_waited_for(
    office: Offices, tmp_path: Path
) -> None:
    it, kept = await office(), vault(tmp_path)
    scanner = Scanner(it.running, kept, "127.0.0.1:9")
    assert await scanner._turn() > 0
    assert "scanner" in (it.running.parts.why("scanner") or "")


async def test_a_scanner_that_says_nothing_while_no_file_waits_is_soon_known_to_be_away(
    office: Offices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    it, kept = await office(), vault(tmp_path)
    monkeypatch.setattr(scanning, "LONGEST_SILENCE", 0.1)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await Scanner(it.running, kept, f"127.0.0.1:{port}")._turn() > 0
    assert "scanner" in (it.running.parts.why("scanner") or "")


class _BrokenWhileWritten:
    """clamd's client on a connection of uvloop that broke before its reader noticed."""

    async def instream(self, _: object) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    async def ping(self) -> None:
        await self.instream(None)


@pytest.mark.parametrize("waiting", [True, False])
async def test_a_connection_that_breaks_while_it_is_written_to_is_a_scanner_that_is_away(
    office: Offices, tmp_path: Path, waiting: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    it, kept = await office(), vault(tmp_path)
    if waiting:
        await stored(it, kept, PDF)
    scanner = Scanner(it.running, kept, "127.0.0.1:9")
    monkeypatch.setattr(scanner, "_clamd", _BrokenWhileWritten())
    assert await scanner._turn() > 0
    assert "scanner" in (it.running.parts.why("scanner") or "")


async def test_a_file_that_was_damaged_in_the_store_is_never_let_out(office: Offices, tmp_path: Path) -> None:
    it, kept = await office(), vault(tmp_path)
    id = await stored(it, kept, PDF)
    (object,) = objects(tmp_path)
    object.write_bytes(object.read_bytes()[:-3])
    async with fake_clamd() as clamd:
        await Scanner(it.running, kept, clamd.address).once()
    assert await state_of(it, id) == "quarantined"


async def test_a_file_is_scanned_by_one_worker_at_a_time(office: Offices, tmp_path: Path) -> None:
    it, kept = await office(), vault(tmp_path)
    await stored(it, kept, PDF)
    async with it.pool.acquire() as conn:
        assert len(await storage.claim_to_scan(conn, 5)) == 1
        assert await storage.claim_to_scan(conn, 5) == []


async def test_objects_that_nobody_wants_are_deleted(office: Offices, tmp_path: Path) -> None:
    it, kept = await office(), vault(tmp_path)
    dropped = await stored(it, kept, PDF)
    kept_by_a_form = await stored(it, kept, PDF)
    await it.refer(form(evidence=[{"kind": "report", "title": "R", "file": kept_by_a_form}]))
    await it.running.runner.command(DropEvidence(dropped))
    of_no_draft = await stored(it, kept, PDF, draft="gone")
    assert await Tidier(it.running, kept).once() == 2
    assert len(objects(tmp_path)) == 1
    async with it.pool.acquire() as conn:
        found = await storage.files_of(conn, [dropped, of_no_draft, kept_by_a_form])
    assert {id: (file.kept, bool(file.name)) for id, file in found.items()} == {
        dropped: (False, False),
        of_no_draft: (False, False),
        kept_by_a_form: (True, True),
    }
