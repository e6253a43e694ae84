"""What an erasure takes besides a service's own rows: what waits, what was sent, what was parked, what falls due, and
what was answered; and what it leaves, since it is somebody else's or holds nothing but ids."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from chassis.erasing import Eraser
from chassis.erasure import Erasure
from chassis.outbox import Outbox
from chassis.persons import Holding, Personal
from chassis.storage import Stored
from schemas.topics import PERSONAL_DETAILS, REFERRALS
from tests.chassis import counters
from tests.chassis.counters import TABLE_OF_COUNTERS, Counter

SEALED, IDS = PERSONAL_DETAILS.name, REFERRALS.name
ORDER = Erasure(persons=("gone",), referrals=("r-lost",), ground="unlawful", erased_at=counters.NOW)


async def nobody(*_: object) -> Any:
    """An erasure is told whom it is about."""
    raise AssertionError


HELD = Holding("counter", "what was counted", "t.id = ANY($1)", enlisted=True, topic=SEALED)
NAMED = Holding("called", "what it is called", "t.referral = ANY($2)", enlisted=True, name="name")
CALLED = "CREATE TABLE called (id text, version int, referral text, name text)"


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    """Two who were counted: one will be gone, one stays. Of each there is one row of everything."""
    made = await database(
        extra=[counters.TABLE, CALLED, "CREATE TABLE sent PARTITION OF outbox_sent DEFAULT"]
    )
    async with made.acquire() as conn:
        await TABLE_OF_COUNTERS.insert(conn, [Stored(id, 7, 0, Counter()) for id in ("gone", "stays")])
    await made.execute("INSERT INTO called VALUES ('case', 1, 'r-lost', 'FP-G0NE'), ('c', 1, 'r', 'FP-5TAY')")
    return made


async def erased(pool: asyncpg.Pool, *, tell: bool = True) -> None:
    outbox = Outbox("/919/test", counters.Open())
    eraser = Eraser(Personal(nobody, [HELD, NAMED]), outbox)
    async with pool.acquire() as conn, conn.transaction():
        await eraser.erase(conn, "e-1", ORDER, tell=tell)


async def parks(
    pool: asyncpg.Pool, topic: str, key: str, status: str = "parked", payload: bytes = b"x"
) -> int:
    """One dead letter; answers its number."""
    return int(
        await pool.fetchval(
            "INSERT INTO dead_letter (topic, partition, record_at, key, headers, payload, reason, fingerprint, "
            "status, settled_by) SELECT $1, 0, count(*), $2, '[[\"a\", \"b\"]]', nullif($4, ''::bytea), 'r', 'f', $3, "
            "CASE WHEN $3 <> 'parked' THEN 'ada' END FROM dead_letter RETURNING id",
            topic,
            key,
            status,
            payload,
        )
    )


async def test_what_was_counted_goes_and_its_ids_are_nobodys_any_more(pool: asyncpg.Pool) -> None:
    await erased(pool)
    assert [row["id"] for row in await pool.fetch("SELECT id FROM counter")] == ["stays"]
    listed = await pool.fetch("SELECT id FROM erased ORDER BY id")
    assert [row["id"] for row in listed] == ["case", "gone", "r-lost"]


async def test_nothing_falls_due_any_more_for_whoever_was_erased(pool: asyncpg.Pool) -> None:
    for id in ("gone", "case", "r-lost", "stays"):
        await pool.execute("INSERT INTO due_work VALUES ('counter', $1, 'remind', now())", id)
    await erased(pool)
    assert [row["id"] for row in await pool.fetch("SELECT id FROM due_work")] == ["stays"]


async def test_a_sealed_record_that_was_parked_is_emptied_and_settled(pool: asyncpg.Pool) -> None:
    parked, settled, tombstone = [
        await parks(pool, SEALED, "gone", status, payload)
        for status, payload in (("parked", b"x"), ("redriven", b"x"), ("parked", b""))
    ]
    await erased(pool)
    found = await pool.fetch("SELECT id, payload, headers::text, status, settled_by, note FROM dead_letter")
    assert {tuple(row) for row in found} == {
        (id, None, "[]", "discarded", "erasure", "erased") for id in (parked, settled, tombstone)
    }


async def test_parked_records_of_others_and_those_that_hold_ids_alone_stay(pool: asyncpg.Pool) -> None:
    await parks(pool, SEALED, "stays")
    await parks(pool, IDS, "gone")
    await parks(pool, SEALED, "gone", "discarded", b"")
    await erased(pool)
    rows = await pool.fetch("SELECT status, payload, settled_by FROM dead_letter ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("parked", b"x", None),
        ("parked", b"x", None),
        ("discarded", None, "ada"),
    ]


async def test_answers_that_name_whoever_was_erased_go_under_each_of_their_names(pool: asyncpg.Pool) -> None:
    answers = ("gone", "case", "r-lost", "FP-G0NE", "stays", "FP-5TAY", None)
    for answer in answers:
        await pool.execute(
            "INSERT INTO once (scope, key, body_hash, answer) "
            "VALUES ('s', coalesce($1, 'none'), '', json_build_object('it', $1::text))",
            answer,
        )
    await erased(pool)
    kept = await pool.fetch("SELECT key FROM once ORDER BY key")
    assert [row["key"] for row in kept] == ["FP-5TAY", "none", "stays"]


async def test_sealed_words_that_wait_or_were_sent_go_and_facts_of_ids_stay(pool: asyncpg.Pool) -> None:
    for table in ("outbox", "outbox_sent"):
        seq = "" if table == "outbox" else "seq, created_at, "
        values = "" if table == "outbox" else "1, now(), "
        for topic, key in ((SEALED, "gone"), (SEALED, "stays"), (IDS, "gone")):
            await pool.execute(
                f"INSERT INTO {table} (shard, {seq}event_id, topic, key, version, headers, payload) "
                f"VALUES (0, {values}gen_random_uuid(), $1, $2, 1, '[]', 'x')",
                topic,
                key,
            )
    await erased(pool, tell=False)
    for table in ("outbox", "outbox_sent"):
        left = await pool.fetch(f"SELECT topic, key FROM {table} ORDER BY topic, key")
        assert sorted(map(tuple, left)) == sorted([(SEALED, "stays"), (IDS, "gone")]), table


@pytest.mark.parametrize("tell", [True, False])
async def test_what_was_published_is_taken_back_unless_that_was_done_long_ago(
    pool: asyncpg.Pool, tell: bool
) -> None:
    await erased(pool, tell=tell)
    rows = await pool.fetch("SELECT topic, key, version, payload FROM outbox")
    assert [tuple(row) for row in rows] == ([(SEALED, "gone", 8, None)] if tell else [])
