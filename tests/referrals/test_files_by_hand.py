"""Files whose rows somebody changed by hand, so that nobody can read them: all others are scanned and deleted."""

from pathlib import Path
from typing import Any

from services.referrals import storage
from services.referrals.domain.evidence import DropEvidence
from services.referrals.scanning import Scanner, Tidier
from tests.referrals.conftest import Offices
from tests.referrals.test_files import PDF, objects, state_of, stored, vault
from tests.support.clamd import fake_clamd

_SPOIL = """UPDATE evidence SET state = (state::jsonb || '{"name": 7}')::json WHERE id = ANY($1)"""
_MEND = """UPDATE evidence SET state = (state::jsonb || '{"name": "Report.pdf"}')::json"""


async def test_a_file_that_cannot_be_read_stays_in_quarantine_and_holds_up_no_other(
    office: Offices, tmp_path: Path
) -> None:
    it, kept = await office(), vault(tmp_path)
    spoilt, sound = await stored(it, kept, PDF), await stored(it, kept, PDF)
    await it.pool.execute(_SPOIL, [spoilt])
    async with fake_clamd() as clamd:
        scanner = Scanner(it.running, kept, clamd.address)
        assert (await scanner.once(), await scanner.once()) == (1, 0)
        assert await state_of(it, sound) == "clean"
        await it.pool.execute(_MEND)
        await it.pool.execute("UPDATE evidence SET claimed_until = claimed_until - interval '10 minutes'")
        assert await scanner.once() == 1
    assert await state_of(it, spoilt) == "clean"


async def test_a_file_sent_with_what_cannot_be_read_waits_and_holds_up_no_other(
    office: Offices, tmp_path: Path, monkeypatch: Any
) -> None:
    it, kept = await office(), vault(tmp_path)
    first, second = await stored(it, kept, PDF), await stored(it, kept, PDF)
    async with fake_clamd() as clamd:
        scanner = Scanner(it.running, kept, clamd.address)
        belonging = storage.belonging

        async def spoils(conn: Any, id: str) -> Any:
            """Somebody does so while the first one is scanned."""
            found = await belonging(conn, id)
            if id == first:
                await conn.execute(_SPOIL, [first])
            return found

        monkeypatch.setattr(storage, "belonging", spoils)
        await scanner.once()
    assert await state_of(it, second) == "clean"
    assert await it.pool.fetchval("SELECT claimed_until IS NOT NULL FROM evidence WHERE id = $1", first)


async def test_as_many_files_as_are_deleted_at_once_hide_none_behind_them(
    office: Offices, tmp_path: Path, monkeypatch: Any
) -> None:
    it, kept = await office(), vault(tmp_path)
    monkeypatch.setattr("services.referrals.scanning._DELETED_AT_ONCE", 2)
    ids = [await stored(it, kept, PDF) for _ in range(3)]
    for each in ids:
        await it.running.runner.command(DropEvidence(each))
    await it.pool.execute("UPDATE evidence SET received_at = now() WHERE id = $1", ids[2])
    await it.pool.execute(_SPOIL, ids[:2])
    tidier = Tidier(it.running, kept)
    assert [await tidier.once(), await tidier.once()] == [0, 1]
    assert len(objects(tmp_path)) == 2
