"""What is held about a person is handed out as an archive, with nobody else in it, and recorded as a reading."""

import os
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO, Literal

import pytest
from typer.testing import Result

from chassis.operations import person_command
from chassis.outages import why
from tests.referrals.builders import form
from tests.referrals.conftest import Office
from tests.support.commands import typed
from tests.support.forms import a_upn

Offices = Callable[..., Awaitable[Office]]
OTHER_CHILD = {"child__given_name": "Saffron", "child__upn": a_upn(23002), "child__family_name": "Otherby"}


async def exported(it: Office, id: str, out: Path, *more: str) -> Result:
    """The command as an operator types it."""
    words = (
        "person",
        "export",
        id,
        "--out",
        str(out),
        "--by",
        "dpo",
        "--reason",
        "asked by the mother",
        *more,
    )
    return await typed(it.running, person_command.add, *words)


async def a_child(it: Office) -> str:
    """Two children of one school; answers the id of the first."""
    reference = await it.refer(form())
    await it.refer(form(**OTHER_CHILD))
    return str(await it.pool.fetchval("SELECT child_id FROM referral WHERE reference = $1", reference))


def read(out: Path) -> dict[str, str]:
    """Every file of the archive as text."""
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


async def test_a_childs_archive_has_its_words_to_read_and_for_programs(
    office: Offices, tmp_path: Path
) -> None:
    it, out = await office(), tmp_path / "person.zip"
    done = await exported(it, await a_child(it), out)
    assert done.exit_code == 0, done.output
    found = read(out)
    for name in ("index.html", "data/person.json", "data/papers.json", "data/referral.json"):
        assert name in found
    for words in ("Wilf", "2016-05-17", "4 Mill Lane, Hitchin", "visual timetable helps a little"):
        assert words in found["index.html"]
    assert (out.stat().st_mode & 0o777) == 0o600


async def test_nobody_else_is_in_it(office: Offices, tmp_path: Path) -> None:
    it, out = await office(), tmp_path / "person.zip"
    await exported(it, await a_child(it), out)
    for name, text in read(out).items():
        for other in ("Ines", "ines@families", "07700 900456", "Rowan Elder", "senco@", "Saffron", "Otherby"):
            assert other not in text, f"{other} in {name}"
    assert "ids of other persons are left out" in " ".join(read(out)["index.html"].split())


async def test_an_adults_archive_has_the_adult_and_no_child(office: Offices, tmp_path: Path) -> None:
    it, out = await office(), tmp_path / "person.zip"
    child = await a_child(it)
    adult = await it.pool.fetchval("SELECT state -> 'adults' ->> 0 FROM referral WHERE child_id = $1", child)
    assert (await exported(it, adult, out)).exit_code == 0
    page = read(out)["index.html"]
    assert "ines@families.example.org" in page
    assert not any(word in page for word in ("Wilf", "timetable", "Mill Lane"))


async def test_it_is_recorded_who_took_it_and_why(office: Offices, tmp_path: Path) -> None:
    it = await office()
    child = await a_child(it)
    await exported(it, child, tmp_path / "person.zip")
    row = await it.pool.fetchrow(
        "SELECT who, what FROM access_log WHERE subject = $1 AND what = 'person-export'", child
    )
    assert row is not None
    assert row["who"] == "operator:dpo"
    action = await it.pool.fetchrow("SELECT who, did, what, why, outcome FROM operator_action")
    assert action is not None
    assert tuple(action)[:4] == ("dpo", "person export", child, "asked by the mother")
    assert action["outcome"].endswith("records, 0 files")


async def test_the_other_services_commands_are_said_with_the_referrals(
    office: Offices, tmp_path: Path
) -> None:
    it = await office()
    child = await a_child(it)
    done = await exported(it, child, tmp_path / "person.zip")
    referral = await it.pool.fetchval("SELECT id FROM referral WHERE child_id = $1", child)
    assert f"person export {child} --referral {referral} --out" in done.output


async def test_nothing_is_written_for_an_unknown_id_or_over_another_file(
    office: Offices, tmp_path: Path
) -> None:
    it, out = await office(), tmp_path / "person.zip"
    done = await exported(it, "nobody-at-all", out)
    assert (done.exit_code, "Nothing is held" in done.output, out.exists()) == (2, True, False)
    out.write_text("another's")
    again = await exported(it, await a_child(it), out)
    assert (again.exit_code, out.read_text()) == (2, "another's")


async def test_where_there_is_no_room_for_all_of_it_nothing_of_it_stays_and_it_says_so(
    office: Offices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_a_full_disk(file: int, mode: Literal["wb"]) -> BinaryIO:
        os.close(file)
        return open("/dev/full", mode)

    it, out = await office(), tmp_path / "person.zip"
    monkeypatch.setattr(person_command, "open", on_a_full_disk, raising=False)
    done = await exported(it, await a_child(it), out)
    assert isinstance(done.exception, OSError)
    assert "a file on this machine: No space left on device" in why(done.exception)
    assert not out.exists()


async def test_a_folder_that_is_not_there_is_told_from_one_that_nobody_may_write_into(
    office: Offices, tmp_path: Path
) -> None:
    done = await exported(await office(), "anybody", tmp_path / "nowhere" / "person.zip")
    assert (done.exit_code, "there is no folder" in done.output) == (2, True)
