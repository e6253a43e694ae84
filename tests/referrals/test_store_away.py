"""A store of evidence that is away says nothing of any file: files wait, and none is judged, deleted or taken."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from chassis import cli
from chassis.operations.exporting import export
from chassis.persons import FilesAway
from services.referrals import marking
from services.referrals.app import build
from services.referrals.domain.evidence import DropEvidence
from services.referrals.scanning import Scanner, Tidier
from services.referrals.vault import MARK, StoreAway, Vault
from tests.referrals.builders import form
from tests.referrals.conftest import RINGS, Office, settings
from tests.referrals.referring import PDF
from tests.referrals.test_files import objects, state_of, stored
from tests.referrals.test_files_api import paper, scan, send
from tests.support.clamd import fake_clamd


@contextmanager
def gone(folder: Path, instead: str = "an empty folder") -> Iterator[None]:
    """The folder is not where it was, as when a mount is lost; at the end it is back, with what is in it."""
    aside = folder.with_name("aside")
    folder.rename(aside)
    if instead == "an empty folder":
        folder.mkdir()
    if instead == "a file":
        folder.touch()
    try:
        yield
        assert instead != "an empty folder" or list(folder.iterdir()) == []
        assert instead != "nothing" or not folder.exists()
    finally:
        if instead == "a file":
            folder.unlink()
        elif folder.exists():
            folder.rmdir()
        aside.rename(folder)


@pytest.fixture
def kept(it: Office, folder: Path) -> Vault:
    return Vault.at(folder.as_uri(), it.running.seals)


def said(it: Office) -> str | None:
    return it.running.parts.why(marking.PART)


@pytest.mark.parametrize("instead", ["an empty folder", "nothing", "a file"])
async def test_files_wait_while_their_store_is_away_and_have_their_verdict_once_it_is_back(
    it: Office, kept: Vault, folder: Path, instead: str
) -> None:
    id = await stored(it, kept, PDF)
    async with fake_clamd() as clamd:
        scanner = Scanner(it.running, kept, clamd.address)
        with gone(folder, instead):
            assert await scanner._turn() > 0
            with pytest.raises(StoreAway):
                await Tidier(it.running, kept).once()
            assert (await state_of(it, id), said(it)) == ("quarantined", marking.AWAY)
        assert await scanner.once() == 1
    assert await state_of(it, id) == "clean"
    assert len(objects(folder)) == 1


async def test_a_store_that_is_lost_while_a_file_is_shown_to_the_scanner_is_no_verdict_either(
    it: Office, kept: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looked(*_: Any) -> None:
        """The store was there when it was looked for."""

    id = await stored(it, kept, PDF)
    async with fake_clamd() as clamd:
        scanner = Scanner(it.running, kept, clamd.address)
        with gone(folder), monkeypatch.context() as patch:
            patch.setattr(marking, "recognise", looked)
            with pytest.raises(StoreAway):
                await scanner.once()
        assert await state_of(it, id) == "quarantined"
        assert await scanner.once() == 1, "nobody waits for a claim to end"
    assert await state_of(it, id) == "clean"


async def test_what_nobody_wants_is_remembered_until_it_can_be_deleted(
    it: Office, kept: Vault, folder: Path
) -> None:
    id = await stored(it, kept, PDF)
    await it.running.runner.command(DropEvidence(id))
    await stored(it, kept, PDF)
    with gone(folder), pytest.raises(StoreAway):
        await Tidier(it.running, kept).once()
    assert await Tidier(it.running, kept).once() == 1
    assert len(objects(folder)) == 1


async def test_a_file_that_is_gone_from_the_store_waits_is_told_and_holds_up_no_other(
    it: Office, kept: Vault, folder: Path
) -> None:
    lost = await stored(it, kept, PDF)
    (object,) = objects(folder)
    aside = object.rename(folder.with_name("aside"))
    other = await stored(it, kept, PDF)
    async with fake_clamd() as clamd:
        await Scanner(it.running, kept, clamd.address).once()
        assert (await state_of(it, lost), await state_of(it, other)) == ("quarantined", "clean")
        assert "the log names them" in (said(it) or "")
        assert await Tidier(it.running, kept).once() == 0
        aside.rename(object)
        await it.pool.execute("UPDATE evidence SET claimed_until = claimed_until - interval '10 minutes'")
        await Scanner(it.running, kept, clamd.address).once()
    assert await state_of(it, lost) == "clean"


async def test_no_file_is_taken_that_cannot_be_kept_and_none_is_called_infected(
    it: Office, folder: Path
) -> None:
    known = (await send(it)).json()
    await scan(it)
    with gone(folder):
        refused, closed = await send(it), await it.get(known["content_url"])
        assert (refused.status_code, refused.json()["code"]) == (503, "file-store-away")
        assert (closed.status_code, closed.json()["code"]) == (503, "store-away")
        assert {each.headers["Retry-After"] for each in (refused, closed)} == {"60"}
        assert said(it) == marking.AWAY
    assert (await it.get(known["content_url"])).content == PDF
    assert (await send(it, PDF + b"2")).status_code == 201


async def test_a_store_of_before_marks_is_known_by_one_of_its_files(
    it: Office, kept: Vault, folder: Path
) -> None:
    await stored(it, kept, PDF)
    (folder / MARK).unlink()
    with gone(folder), pytest.raises(StoreAway):
        await marking.recognise(it.pool, kept)
    await marking.recognise(it.pool, kept)
    assert (folder / MARK).is_file()


@pytest.mark.parametrize("url", ["file:///dev/null/evidence", "file:///proc/evidence", "s3://?"])
def test_a_service_whose_store_cannot_be_made_does_not_serve_and_says_what_to_write(url: str) -> None:
    app = typer.Typer()
    cli._serving(app, lambda: build(settings(evidence_store=url, keyrings=RINGS)))
    said = CliRunner().invoke(app)  # of an application with one command its name is not given
    assert said.exit_code == 2
    assert "REFERRALS_EVIDENCE_STORE cannot be used" in said.output
    assert said.output.count("\n") == 1


async def test_an_export_is_not_written_without_the_files_but_says_of_one_that_it_cannot_be_read(
    it: Office, folder: Path
) -> None:
    await it.refer(form(evidence=[paper((await send(it)).json()["id"])]))
    await scan(it)
    child = await it.pool.fetchval("SELECT state ->> 'child_id' FROM referral")
    with gone(folder), pytest.raises(FilesAway):
        await export(it.running, child, (), "Asha")
    (object,) = objects(folder)
    object.unlink()
    done = await export(it.running, child, (), "Asha")
    assert done.files == 1
    assert b"unreadable.txt" in done.archive
