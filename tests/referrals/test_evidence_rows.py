"""Which files each question finds: what is scanned, deleted and counted, and what is the same file once more."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from chassis.storage import Stored
from services.referrals import storage
from services.referrals.domain.evidence import State, StoredFile
from services.referrals.storage.evidence import FILES
from tests.referrals.builders import NOW
from tests.referrals.conftest import Offices

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_file(id: str, state: State = "clean", **given: Any) -> StoredFile:
    fields = {"urn": "900001", "by": "s", "name": "Report.pdf", "object": id, "key": "k", "sha256": "5" * 64}
    return StoredFile(**{"id": id, "state": state, "received_at": NOW, "size": 7, **fields, **given})


async def put(pool: asyncpg.Pool, *files: StoredFile) -> None:
    await FILES.insert(pool, [Stored(file.id, 1, 0, file) for file in files])


@pytest.fixture
async def pool(office: Offices) -> asyncpg.Pool:
    """A database with an open draft and one that was sent."""
    made = (await office()).pool
    for id, is_open in (("open", True), ("sent", False)):
        await made.execute("INSERT INTO draft VALUES ($1, 1, 0, '{}', '900001', $2, $3)", id, is_open, NOW)
    return made


async def claimed(pool: asyncpg.Pool, most: int = 10) -> list[str]:
    async with pool.acquire() as conn:
        return sorted(file.id for file in await storage.claim_to_scan(conn, most))


async def test_only_what_is_in_quarantine_is_scanned_and_the_longest_waiting_first(
    pool: asyncpg.Pool,
) -> None:
    await put(
        pool,
        a_file("late", "quarantined"),
        a_file("early", "quarantined", received_at=NOW - HOUR),
        *(a_file(state, state) for state in ("receiving", "clean", "infected", "lost", "dropped")),
    )
    assert await claimed(pool, 1) == ["early"]
    assert await claimed(pool) == ["late"]


async def test_a_file_is_one_worker_s_for_ten_minutes_and_then_anybody_s(pool: asyncpg.Pool) -> None:
    await put(pool, a_file("f", "quarantined"))
    assert await claimed(pool) == ["f"]
    await pool.execute("UPDATE evidence SET claimed_until = claimed_until - interval '9 minutes'")
    assert await claimed(pool) == []
    await pool.execute("UPDATE evidence SET claimed_until = claimed_until - interval '1 minute'")
    assert await claimed(pool) == ["f"]


async def test_who_claims_waits_for_nobody_who_writes_to_a_file(pool: asyncpg.Pool) -> None:
    await put(pool, a_file("in use", "quarantined"), a_file("free", "quarantined"))
    async with pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM evidence WHERE id = 'in use' FOR UPDATE")
        async with pool.acquire() as conn:
            await conn.execute("SET lock_timeout = '5s'")
            assert [file.id for file in await storage.claim_to_scan(conn, 10)] == ["free"]
            await conn.execute("RESET lock_timeout")


async def test_what_nobody_may_or_wants_to_read_is_deleted_and_all_else_stays(pool: asyncpg.Pool) -> None:
    old, older = NOW - HOUR - timedelta(seconds=1), NOW - 90 * DAY - timedelta(seconds=1)
    await put(
        pool,
        a_file("infected", "infected"),
        a_file("lost", "lost"),
        a_file("dropped", "dropped"),
        a_file("cut off", "receiving", received_at=old),
        a_file("of a draft that was sent without it", draft_id="sent"),
        a_file("of a draft that is gone", draft_id="nowhere"),
        a_file("that no form ever named", received_at=older),
    )
    goes = {row["id"] for row in await pool.fetch("SELECT id FROM evidence")}
    await put(
        pool,
        a_file("deleted already", "dropped", kept=False),
        a_file("on its way", "receiving", received_at=NOW - HOUR + timedelta(seconds=1)),
        a_file("of an open draft", draft_id="open", received_at=older),
        a_file("sent with its draft", draft_id="sent", referral_id="r", received_at=older),
        a_file("sent by a program", referral_id="r", received_at=older),
        a_file("that a form may name yet", received_at=older + DAY),
    )
    async with pool.acquire() as conn:
        assert {file.id for file in await storage.to_delete(conn, NOW, 100)} == goes


async def test_a_school_s_files_in_hand_are_those_that_no_referral_has(pool: asyncpg.Pool) -> None:
    await put(
        pool,
        a_file("mine"),
        a_file("being sent", "receiving"),
        a_file("another's of the school", by="t"),
        a_file("another school's", urn="900002"),
        a_file("deleted", kept=False),
        a_file("taken off", "dropped"),
        a_file("sent", referral_id="r"),
    )
    async with pool.acquire() as conn:
        assert await storage.in_hand(conn, "900001") == (3, 21)
        assert await storage.in_hand_of(conn, "900001", "s") == ["mine"]


async def test_the_same_file_is_of_the_same_sender_school_name_and_content(pool: asyncpg.Pool) -> None:
    await put(
        pool,
        a_file("another's", by="t"),
        a_file("another school's", urn="900002"),
        a_file("deleted", kept=False),
        a_file("sent", referral_id="r"),
        a_file("infected", "infected"),
        a_file("of another name", name="Other.pdf"),
        a_file("of other content", sha256="6" * 64),
        a_file("came meanwhile"),
    )
    before = [row["id"] for row in await pool.fetch("SELECT id FROM evidence WHERE id <> 'came meanwhile'")]
    async with pool.acquire() as conn:
        assert await storage.twin_of(conn, a_file("again"), before) is None
        await put(pool, a_file("twin"))
        twin = await storage.twin_of(conn, a_file("again"), [*before, "twin"])
    assert twin is not None
    assert twin.id == "twin"


async def test_a_look_at_all_objects_goes_on_where_it_was_and_asks_for_none_that_was_deleted(
    pool: asyncpg.Pool,
) -> None:
    await put(pool, *(a_file(id) for id in "abc"), a_file("d", kept=False), a_file("e", "quarantined"))
    async with pool.acquire() as conn:
        assert [file.id for file in await storage.kept_after(conn, ["clean"], "a", 10)] == ["b", "c"]
        assert sorted(await storage.some_objects(conn)) == ["a", "b", "c", "e"]
