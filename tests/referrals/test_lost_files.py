"""Files that the store has lost: an operator finds them and gives them up, and whoever looks is told the truth."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.referrals import lost_files
from services.referrals.scanning import Scanner, Tidier
from services.referrals.vault import MARK, Vault
from tests.referrals.builders import form
from tests.referrals.conftest import Office
from tests.referrals.referring import PDF
from tests.referrals.test_files import objects, state_of
from tests.referrals.test_files_api import paper, scan, send
from tests.referrals.test_store_away import gone
from tests.support.clamd import fake_clamd
from tests.support.commands import typed


async def asked(it: Any, *words: str) -> str:
    answer = await typed(it.running, lost_files.add, "evidence", *words)
    assert answer.exit_code == 0, answer.output
    return answer.output


async def lost(it: Office, folder: Path, damage: Callable[[Path], object] = Path.unlink) -> tuple[str, str]:
    """A file that was sent with a referral and is lost in the store, and that referral's reference."""
    before = set(objects(folder))
    id = (await send(it)).json()["id"]
    reference = await it.refer(form(evidence=[paper(id)]))
    (object,) = set(objects(folder)) - before
    damage(object)
    return id, reference


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (Path.unlink, "it is gone"),
        (lambda each: each.write_bytes(each.read_bytes()[:-1]), "it was changed or cut off"),
    ],
)
async def test_a_lost_file_is_named_with_its_school_its_referral_and_what_became_of_it(
    it: Office, folder: Path, damage: Callable[[Path], object], why: str
) -> None:
    id, reference = await lost(it, folder, damage)
    assert (await send(it, PDF + b"2")).status_code == 201
    assert (await asked(it, "check")).splitlines() == [f"{id}  school 900001, {reference}: {why}"]


async def test_a_clean_file_that_was_lost_is_found_by_a_look_at_all_of_them(it: Office, folder: Path) -> None:
    id = (await send(it)).json()["id"]
    await scan(it)
    for each in objects(folder):
        each.unlink()
    assert await asked(it, "check") == "all can be read\n"
    assert (
        await asked(it, "check", "--all")
        == f"{id}  school 900001, a form that was not sent yet: it is gone\n"
    )


async def test_a_file_is_given_up_only_when_that_is_said_and_then_nothing_waits_for_it(
    it: Office, folder: Path
) -> None:
    id, reference = await lost(it, folder)
    words = ("give-up", id, "--by", "Asha", "--reason", "the disk died")
    assert "Nothing was done" in await asked(it, *words)
    assert await state_of(it, id) == "quarantined"
    assert f"{id}  given up, school 900001, {reference}: it is gone" in await asked(it, *words, "--yes")
    assert await state_of(it, id) == "lost"
    kept = Vault.at(folder.as_uri(), it.running.seals)
    async with fake_clamd() as clamd:
        await it.pool.execute("UPDATE evidence SET claimed_until = NULL")
        assert await Scanner(it.running, kept, clamd.address).once() == 0
    assert await Tidier(it.running, kept).once() == 1
    done = tuple(await it.pool.fetchrow("SELECT who, did, what, why, outcome FROM operator_action") or ())
    assert done[:4] == ("Asha", "evidence give-up", id, "the disk died")
    assert "given up" in done[4]


async def test_what_can_be_read_or_is_not_known_is_never_given_up(it: Office, folder: Path) -> None:
    id = (await send(it)).json()["id"]
    said = await asked(it, "give-up", id, "nothing", "--by", "Asha", "--reason", "why", "--yes")
    assert f"{id}  stays: it can be read" in said
    assert "nothing  stays: no such file" in said
    assert await state_of(it, id) == "quarantined"


async def test_nothing_is_given_up_while_the_store_is_away_or_without_a_reason(
    it: Office, folder: Path
) -> None:
    id, _ = await lost(it, folder)
    words = ("evidence", "give-up", id, "--by", "Asha", "--yes")
    with gone(folder):
        for each in (("evidence", "check"), (*words, "--reason", "why")):
            answer = await typed(it.running, lost_files.add, *each)
            assert (answer.exit_code, "does not bear its mark" in answer.output) == (2, True)
    answer = await typed(it.running, lost_files.add, *words)
    assert (answer.exit_code, "--reason" in answer.output) == (2, True)
    assert await state_of(it, id) == "quarantined"
    assert (folder / MARK).is_file()


async def test_programs_are_told_that_a_file_was_lost_and_may_send_it_again(it: Office, folder: Path) -> None:
    id, reference = await lost(it, folder)
    await asked(it, "give-up", id, "--by", "Asha", "--reason", "why", "--yes")
    await Tidier(it.running, Vault.at(folder.as_uri(), it.running.seals)).once()
    (told,) = (await it.get(f"/api/referrals/{reference}/files")).json()["files"]
    assert (told["lost"], told["state"], told["content_url"]) == (True, None, None)
    answer = await it.get(f"/api/files/{id}/content")
    assert (answer.status_code, "send it again" in answer.text) == (410, True)
    again = (await send(it)).json()["id"]
    assert again != id
    given = {"papers": [paper(again)], "reason": "It was lost."}
    assert (await it.post(f"/api/referrals/{reference}/evidence", given)).status_code == 200
    files = (await it.get(f"/api/referrals/{reference}/files")).json()["files"]
    assert [(each["lost"], each["state"]) for each in files] == [(True, None), (False, "quarantined")]
