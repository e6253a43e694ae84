"""The inbox applies each fact once and in order, parks what it cannot apply, and moves on."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import dead_letters
from chassis.backlog import TooManyAlike
from chassis.inbox import Inbox
from chassis.operations import audit
from chassis.parking import Parked, park
from chassis.positions import Arrival, read_positions, unread
from chassis.records import Record
from schemas.envelope import Envelope
from tests.chassis import counters
from tests.chassis.counters import record, withdrawn


def an_id(key: str, version: int) -> str:
    return str(UUID(int=hash((key, version)) % 2**128))


def records_of(keys: dict[str, int], start: int = 0) -> list[Record]:
    """``n`` versions of each key, interleaved, in one partition."""
    offset, made = start, []
    for version in range(1, max(keys.values()) + 1):
        for key, n in keys.items():
            if version <= n:
                made.append(record(withdrawn(key), version, offset, event_id=an_id(key, version)))
                offset += 1
    return made


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database(extra=[counters.TABLE])


async def counts(pool: asyncpg.Pool) -> dict[str, int]:
    return {row["id"]: row["n"] for row in await pool.fetch("SELECT id, n FROM counter")}


async def parked(pool: asyncpg.Pool) -> list[tuple[str, int, str]]:
    rows = await pool.fetch(
        "SELECT key, version, fingerprint FROM dead_letter WHERE status = 'parked' ORDER BY id"
    )
    return [(row["key"], row["version"], row["fingerprint"].split(":")[0]) for row in rows]


async def test_a_batch_applies_every_record_in_one_go(pool: asyncpg.Pool) -> None:
    await counters.inbox(pool).apply(records_of({"a": 3, "b": 2}))
    assert await counts(pool) == {"a": 3, "b": 2}
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 5
    assert await pool.fetchval("SELECT next_offset FROM partition_position") == 5


async def test_what_is_said_counts_its_versions_without_a_gap(pool: asyncpg.Pool) -> None:
    await counters.inbox(pool).apply(records_of({"a": 3}))
    assert [r["version"] for r in await pool.fetch("SELECT version FROM outbox ORDER BY seq")] == [1, 2, 3]


async def test_the_relay_is_called_only_for_a_batch_that_says_something(pool: asyncpg.Pool) -> None:
    calls = []
    inbox, records = (
        counters.inbox(pool, said=lambda: calls.append("something to publish")),
        records_of({"a": 2}),
    )
    await inbox.apply(records[:1])
    assert len(calls) == 1
    await inbox.apply(records[:1])
    await inbox.apply([replace(records[1], value=b"{")])
    assert len(calls) == 1, "a repeat says nothing, nor does what is parked"


async def test_a_replay_from_the_beginning_changes_nothing(pool: asyncpg.Pool) -> None:
    inbox, records = counters.inbox(pool), records_of({"a": 3, "b": 2})
    await inbox.apply(records)
    await inbox.apply(records)
    await pool.execute("UPDATE partition_position SET next_offset = 0")
    await inbox.apply(records)
    assert await counts(pool) == {"a": 3, "b": 2}
    assert await parked(pool) == []


async def test_what_is_read_late_does_not_take_a_position_back(pool: asyncpg.Pool) -> None:
    inbox, records = counters.inbox(pool), records_of({"a": 3})
    await inbox.apply(records)
    before = await pool.fetch("SELECT * FROM partition_position")
    await inbox.apply(records[:1])
    assert await pool.fetch("SELECT * FROM partition_position") == before


async def test_a_former_owner_of_a_partition_waits_for_the_new_one_and_reads_on_behind_it(
    pool: asyncpg.Pool,
) -> None:
    await counters.inbox(pool).apply(records_of({"a": 1}))
    later = records_of({"a": 3})[1:]
    async with pool.acquire() as new:
        transaction = new.transaction()
        await transaction.start()
        assert await unread(new, later) == later
        former = asyncio.create_task(_unread_alone(pool, later))
        await asyncio.sleep(0.2)
        assert not former.done()
        await transaction.commit()
    assert await former == []
    assert await pool.fetchval("SELECT next_offset FROM partition_position") == 3


_HEARD = """
WITH before AS (INSERT INTO inbox SELECT 'referrals.v1', n::text, 1, gen_random_uuid() FROM generate_series(1, 200) n)
INSERT INTO inbox_latest SELECT 'personal-details.v1', n::text, 1, gen_random_uuid() FROM generate_series(1, 200) n
"""
_WALKS = "SELECT pg_stat_get_xact_numscans('inbox'::regclass) + pg_stat_get_xact_numscans('inbox_latest'::regclass)"


async def test_where_streams_stand_is_looked_up_and_not_found_by_walking_through_all_that_was_heard(
    pool: asyncpg.Pool,
) -> None:
    """A plan that was made while the tables were small is kept while they grow."""
    records = [
        Record(topic, 0, 0, key, b"", ())
        for topic in ("referrals.v1", "personal-details.v1")
        for key in (b"7", b"new")
    ]
    async with pool.acquire() as conn:
        await conn.execute(_HEARD)
        await conn.execute("ANALYZE inbox, inbox_latest")
        async with conn.transaction():
            arrivals = [Arrival(record) for record in await unread(conn, records)]
            positions = await read_positions(conn, arrivals)
            assert await conn.fetchval(_WALKS) == 0
    assert set(positions.version) == {("referrals.v1", "7"), ("personal-details.v1", "7")}
    assert positions.latest == {("personal-details.v1", "7")}


async def _unread_alone(pool: asyncpg.Pool, records: Sequence[Record]) -> list[Record]:
    async with pool.acquire() as conn, conn.transaction():
        return await unread(conn, records)


async def test_a_batch_that_begins_one_partition_and_goes_on_in_another_reads_each_from_its_own_place(
    pool: asyncpg.Pool,
) -> None:
    await counters.inbox(pool).apply(records_of({"a": 2}))
    other = record(withdrawn("b"), 1, 0, event_id=an_id("b", 1), partition=1)
    await counters.inbox(pool).apply([*records_of({"a": 3}), other])
    assert await counts(pool) == {"a": 3, "b": 1}
    places = await pool.fetch("SELECT partition, next_offset FROM partition_position ORDER BY partition")
    assert [tuple(place) for place in places] == [(0, 3), (1, 1)]


async def test_a_record_published_twice_counts_once(pool: asyncpg.Pool) -> None:
    first = record(withdrawn("a"), 1, 0, event_id=an_id("a", 1))
    again = record(withdrawn("a"), 1, 1, event_id=an_id("a", 1))
    await counters.inbox(pool).apply([first, again])
    assert await counts(pool) == {"a": 1}


async def test_the_type_of_a_record_that_is_none_of_ours_is_repeated_nowhere(pool: asyncpg.Pool) -> None:
    good = record(withdrawn("a"), 1, 0, event_id=an_id("a", 1))
    headers = [(name, b"Quetzalcoatl" if name == "ce_type" else value) for name, value in good.headers]
    bad = replace(good, headers=[each for each in headers if each[0] != "ce_streamversion"])
    await counters.inbox(pool).apply([bad])
    (letter,) = await pool.fetch("SELECT event_type, reason, fingerprint FROM dead_letter")
    assert letter["event_type"] is None
    assert "Quetzalcoatl" not in letter["reason"] + letter["fingerprint"]


async def test_a_fork_is_parked_and_not_taken_for_a_repeat(pool: asyncpg.Pool) -> None:
    inbox = counters.inbox(pool)
    await inbox.apply(records_of({"a": 2}))
    await inbox.apply([record(withdrawn("a"), 2, 10, event_id=str(uuid4()))])
    assert await parked(pool) == [("a", 2, "fork")]


async def test_a_gap_is_parked_with_all_that_follows_and_other_keys_move_on(pool: asyncpg.Pool) -> None:
    records = records_of({"a": 4, "b": 1})
    await counters.inbox(pool).apply([r for r in records if not (r.key == b"a" and r.offset == 2)])
    assert await counts(pool) == {"a": 1, "b": 1}
    assert await parked(pool) == [("a", 3, "gap"), ("a", 4, "follower")]


@pytest.mark.parametrize(("prefix", "mark"), [("refused", "refused"), ("crash", "raised")])
async def test_what_a_rule_will_not_have_is_parked_and_its_followers_wait(
    pool: asyncpg.Pool, prefix: str, mark: str
) -> None:
    await counters.inbox(pool).apply(records_of({prefix: 2, "b": 2}))
    assert await counts(pool) == {"b": 2}
    assert await parked(pool) == [(prefix, 1, mark), (prefix, 2, "follower")]


async def test_a_process_that_has_no_memory_left_puts_no_record_aside_for_that(pool: asyncpg.Pool) -> None:
    with pytest.raises(MemoryError):
        await counters.inbox(pool).apply(records_of({"b": 2, "too much for this process": 1}))
    assert await counts(pool) == {}
    assert await parked(pool) == []


async def test_a_follower_in_a_later_batch_waits_too(pool: asyncpg.Pool) -> None:
    inbox, records = counters.inbox(pool), records_of({"refused": 2})
    await inbox.apply(records[:1])
    await inbox.apply(records[1:])
    assert [mark for *_, mark in await parked(pool)] == ["refused", "follower"]


BAD: dict[str, Callable[[Record], Record]] = {
    "no headers": lambda r: Record(r.topic, 0, 0, r.key, r.value, []),
    "bytes that are no text in a header": lambda r: Record(
        r.topic, 0, 0, r.key, r.value, [*r.headers, ("x", b"\xff")]
    ),
    "not JSON": lambda r: Record(r.topic, 0, 0, r.key, b"{", r.headers),
    "a field missing": lambda r: Record(r.topic, 0, 0, r.key, b'{"referral_id":"a"}', r.headers),
    "another key": lambda r: Record(r.topic, 0, 0, b"other", r.value, r.headers),
    "no version": lambda r: Record(
        r.topic, 0, 0, r.key, r.value, [h for h in r.headers if h[0] != "ce_streamversion"]
    ),
    "version 0": lambda r: Record(
        r.topic,
        0,
        0,
        r.key,
        r.value,
        [("ce_streamversion", b"0") if h[0] == "ce_streamversion" else h for h in r.headers],
    ),
    "NUL in the key": lambda r: Record(r.topic, 0, 0, b"a\x00", r.value, r.headers),
    "a version that no column holds": lambda r: Record(
        r.topic,
        0,
        0,
        r.key,
        r.value,
        [("ce_streamversion", b"9" * 12) if h[0] == "ce_streamversion" else h for h in r.headers],
    ),
    "a key that no index holds": lambda r: Record(
        r.topic, 0, 0, "".join(map(str, range(9_000))).encode(), b"{", r.headers
    ),
    "an escaped NUL in a header": lambda r: Record(
        r.topic, 0, 0, r.key, b"{", [*r.headers, ("x", rb"\u0000"), ("\x00", b"\x00")]
    ),
    "an event of another topic": lambda r: replace(
        record(counters.said("a"), 1, 0, event_id=str(uuid4())), topic=r.topic
    ),
    "an id that is none": lambda r: Record(
        r.topic, 0, 0, r.key, r.value, [("ce_id", b"17") if h[0] == "ce_id" else h for h in r.headers]
    ),
}


@pytest.mark.parametrize("defect", BAD)
async def test_a_bad_record_is_parked_with_its_reason_and_the_rest_moves_on(
    pool: asyncpg.Pool, defect: str
) -> None:
    bad = BAD[defect](record(withdrawn("a"), 1, 0, event_id=str(uuid4())))
    good = record(withdrawn("b"), 1, 1, event_id=str(uuid4()))
    await counters.inbox(pool).apply([bad, good])
    assert await counts(pool) == {"b": 1}
    assert len(await parked(pool)) == 1
    assert await pool.fetchval("SELECT next_offset FROM partition_position") == 2


async def test_where_a_rule_cannot_say_what_it_touches_only_that_record_is_parked(pool: asyncpg.Pool) -> None:
    await counters.inbox(pool).apply(records_of({"untouchable": 2, "b": 1}))
    assert await counts(pool) == {"b": 1}
    assert [mark for *_, mark in await parked(pool)] == ["raised", "follower"]


async def test_an_event_type_of_a_newer_producer_moves_the_position_on(pool: asyncpg.Pool) -> None:
    good = record(withdrawn("a"), 1, 0, event_id=str(uuid4()))
    newer = Record(
        good.topic,
        0,
        0,
        good.key,
        b'{"x": 1}',
        [("ce_type", b"referral.sung.v1") if h[0] == "ce_type" else h for h in good.headers],
    )
    await counters.inbox(pool).apply([newer, record(withdrawn("a"), 2, 1, event_id=str(uuid4()))])
    assert await counts(pool) == {"a": 1}
    assert await parked(pool) == []


async def test_when_the_database_refuses_a_batch_only_the_guilty_record_is_parked(pool: asyncpg.Pool) -> None:
    await pool.execute("ALTER TABLE counter ADD CHECK (id <> 'guilty')")
    await counters.inbox(pool).apply(records_of({"guilty": 1, "a": 1, "b": 1}))
    assert await counts(pool) == {"a": 1, "b": 1}
    assert await parked(pool) == [("guilty", 1, "data")]


async def test_many_failures_of_one_kind_stop_the_consumer_because_that_is_a_bug(pool: asyncpg.Pool) -> None:
    with pytest.raises(TooManyAlike, match=r"30 records failed alike \(raised:\w+"):
        await counters.inbox(pool).apply(records_of({f"crash{n}": 1 for n in range(30)}))
    assert await counts(pool) == {}
    assert await parked(pool) == []


async def redriven(pool: asyncpg.Pool, inbox: Inbox, over_gap: bool = False) -> tuple[int, int]:
    """How many of the parked records a redrive applied, and how many it left."""
    done = await dead_letters.redrive(pool, inbox, "me", "it was mended", over_gap=over_gap)
    return done.applied, done.parked


async def test_a_redrive_applies_the_stream_in_order_once_the_cause_is_mended(pool: asyncpg.Pool) -> None:
    await pool.execute("ALTER TABLE counter ADD CONSTRAINT guilty CHECK (id <> 'guilty')")
    inbox = counters.inbox(pool)
    await inbox.apply(records_of({"guilty": 3, "b": 1}))
    assert await redriven(pool, inbox) == (0, 3)
    await pool.execute("ALTER TABLE counter DROP CONSTRAINT guilty")
    assert await redriven(pool, inbox) == (3, 0)
    assert await counts(pool) == {"guilty": 3, "b": 1}
    await inbox.apply([record(withdrawn("guilty"), 4, 9, event_id=str(uuid4()))])
    assert await counts(pool) == {"guilty": 4, "b": 1}


async def test_after_a_discard_with_a_reason_the_followers_can_be_redriven(pool: asyncpg.Pool) -> None:
    inbox = counters.inbox(pool)
    records = records_of({"a": 3})
    bad = Record(records[0].topic, 0, 0, b"a", b"{", records[0].headers)
    await inbox.apply([bad, *records[1:]])
    async with pool.acquire() as conn:
        letter = await pool.fetchval("SELECT min(id) FROM dead_letter")
        with pytest.raises(ValueError, match="say why"):
            await dead_letters.discard(conn, letter, "me", " ")
        await dead_letters.discard(conn, letter, "me", "sent by a test system")
        with pytest.raises(dead_letters.NotParked):
            await dead_letters.discard(conn, letter, "me", "again")
    assert await redriven(pool, inbox) == (2, 0)
    assert await counts(pool) == {"a": 2}


@pytest.mark.parametrize(("source", "shown"), [("/somebody/else", "/somebody/else"), ("Kim Example", None)])
async def test_whoever_looks_at_a_parked_record_is_told_its_source_where_that_is_a_path(
    pool: asyncpg.Pool, source: str, shown: str | None
) -> None:
    stray = record(withdrawn("a"), 9, 0, event_id=str(uuid4()))
    headers = [(name, source.encode() if name == "ce_source" else value) for name, value in stray.headers]
    await counters.inbox(pool).apply([replace(stray, headers=headers)])
    async with pool.acquire() as conn:
        letter = await dead_letters.show(conn, await pool.fetchval("SELECT min(id) FROM dead_letter"))
    assert letter["source"] == shown


async def test_discarding_a_version_that_came_too_early_costs_none_of_those_before_it(
    pool: asyncpg.Pool,
) -> None:
    inbox, records = counters.inbox(pool), records_of({"a": 5})
    await inbox.apply([*records[:2], record(withdrawn("a"), 9, 2, event_id=str(uuid4()))])
    assert await parked(pool) == [("a", 9, "gap")]
    async with pool.acquire() as conn:
        letter = await pool.fetchval("SELECT min(id) FROM dead_letter")
        await dead_letters.discard(conn, letter, "me", "a stranger's")
    await inbox.apply([replace(late, offset=late.offset + 1) for late in records[2:]])
    assert await counts(pool) == {"a": 5}
    assert await parked(pool) == []


async def test_what_was_parked_behind_a_version_that_came_too_early_is_applied_before_that_is_discarded(
    pool: asyncpg.Pool,
) -> None:
    inbox, records = counters.inbox(pool), records_of({"a": 4})
    await inbox.apply([*records[:2], record(withdrawn("a"), 9, 2, event_id=str(uuid4()))])
    await inbox.apply([replace(late, offset=late.offset + 1) for late in records[2:]])
    assert await redriven(pool, inbox) == (2, 1)
    async with pool.acquire() as conn:
        letter = await pool.fetchval("SELECT id FROM dead_letter WHERE version = 9")
        await dead_letters.discard(conn, letter, "me", "a stranger's")
    await inbox.apply([record(withdrawn("a"), 5, 9, event_id=str(uuid4()))])
    assert await counts(pool) == {"a": 5}


async def test_a_rehearsed_redrive_says_what_would_happen_and_changes_nothing(pool: asyncpg.Pool) -> None:
    await pool.execute("ALTER TABLE counter ADD CONSTRAINT guilty CHECK (id NOT LIKE 'guilty%')")
    inbox = counters.inbox(pool)
    await inbox.apply(records_of({"guilty1": 3, "guilty2": 1}))
    await pool.execute(
        "ALTER TABLE counter DROP CONSTRAINT guilty, ADD CONSTRAINT one CHECK (id <> 'guilty2')"
    )
    before = await everything(pool)
    done = await dead_letters.redrive(pool, inbox, "me", "", dry_run=True)
    assert (done.applied, done.parked) == (3, 1)
    assert list(done.again) == ["the database refuses its data (CheckViolationError)"]
    assert await everything(pool) == before
    assert await redriven(pool, inbox) == (3, 1)


async def everything(pool: asyncpg.Pool) -> list[list[str]]:
    """Every row of every table that a redrive could write to."""
    tables = (
        "counter",
        "inbox",
        "outbox",
        "due_work",
        "dead_letter",
        "partition_position",
        "operator_action",
    )
    return [
        [str(row) for row in await pool.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")] for table in tables
    ]


async def test_who_redrove_and_discarded_what_and_why_is_on_record(pool: asyncpg.Pool) -> None:
    inbox, records = counters.inbox(pool), records_of({"a": 2})
    await inbox.apply([Record(records[0].topic, 0, 0, b"a", b"{", records[0].headers), records[1]])
    letter = await pool.fetchval("SELECT min(id) FROM dead_letter")
    async with pool.acquire() as conn:
        await dead_letters.discard(conn, letter, "Ada", "sent by a test system")
        await dead_letters.redrive(pool, inbox, "Ben", "its forerunner was given up")
        with pytest.raises(audit.ReasonMissing, match="say why"):
            await dead_letters.redrive(pool, inbox, "Ben", " ")
        did = [tuple(row)[1:] for row in await audit.listing(conn)]
    assert did == [
        ("Ben", "dead-letters redrive", "all", "its forerunner was given up", "applied 1, still parked 0"),
        ("Ada", "dead-letters discard", str(letter), "sent by a test system", "discarded"),
    ]


async def test_what_waits_behind_a_parked_record_is_not_discarded_before_it(pool: asyncpg.Pool) -> None:
    inbox, records = counters.inbox(pool), records_of({"a": 3})
    bad = Record(records[0].topic, 0, 0, b"a", b"{", records[0].headers)
    await inbox.apply([bad, *records[1:]])
    async with pool.acquire() as conn:
        last = await pool.fetchval("SELECT max(id) FROM dead_letter")
        with pytest.raises(ValueError, match="settle those first"):
            await dead_letters.discard(conn, last, "me", "sent by a test system")
    assert await parked(pool) == [("a", 1, "contract"), ("a", 2, "follower"), ("a", 3, "follower")]


async def test_a_redrive_takes_followers_along_that_are_parked_while_it_waits_its_turn(
    pool: asyncpg.Pool,
) -> None:
    await pool.execute("ALTER TABLE counter ADD CONSTRAINT guilty CHECK (id <> 'guilty')")
    inbox, records = counters.inbox(pool), records_of({"guilty": 2})
    await inbox.apply(records[:1])
    await pool.execute("ALTER TABLE counter DROP CONSTRAINT guilty")
    async with pool.acquire() as conn, conn.transaction():  # a consumer in the middle of its batch
        await conn.execute("UPDATE partition_position SET next_offset = 2")
        redriving = asyncio.create_task(redriven(pool, inbox))
        await asyncio.sleep(0.3)
        envelope = Envelope.read(b"guilty", records[1].headers)
        await park(conn, [Parked(records[1], envelope, "guilty", "an earlier one is parked", "follower")])
    assert await redriving == (2, 0)
    assert await counts(pool) == {"guilty": 2}


async def test_a_gap_that_is_accepted_as_lost_lets_the_rest_be_applied(pool: asyncpg.Pool) -> None:
    inbox = counters.inbox(pool)
    await inbox.apply(records_of({"a": 4})[2:])
    assert await redriven(pool, inbox) == (0, 2)
    assert await redriven(pool, inbox, over_gap=True) == (2, 0)
    assert await counts(pool) == {"a": 2}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_however_records_are_batched_and_repeated_each_fact_counts_once_and_in_order(
    pool: asyncpg.Pool, data: st.DataObject
) -> None:
    await pool.execute("TRUNCATE counter, inbox, outbox, partition_position, dead_letter")
    records = records_of(data.draw(st.dictionaries(st.sampled_from("abcd"), st.integers(1, 5), min_size=1)))
    inbox, at = counters.inbox(pool), 0
    while at < len(records):
        size = data.draw(st.integers(1, 6))
        await inbox.apply(records[max(0, at - data.draw(st.integers(0, 4))) : at + size])
        at += size
    assert await counts(pool) == {
        key: sum(r.key == key.encode() for r in records) for key in {r.key.decode() for r in records if r.key}
    }
    versions = await pool.fetch(
        "SELECT key, array_agg(version ORDER BY seq) AS versions FROM outbox GROUP BY key"
    )
    assert all(row["versions"] == list(range(1, len(row["versions"]) + 1)) for row in versions)


async def test_a_value_that_is_taken_for_good_parks_its_own_record_and_blocks_nobody(
    pool: asyncpg.Pool,
) -> None:
    await pool.execute("CREATE UNIQUE INDEX taken ON counter ((CASE WHEN id LIKE 'taken%' THEN 1 END))")
    await counters.inbox(pool).apply(records_of({"taken-first": 1}))
    await counters.inbox(pool).apply(records_of({"taken-second": 1, "b": 1}, start=10))
    assert await counts(pool) == {"taken-first": 1, "b": 1}
    assert await parked(pool) == [("taken-second", 1, "data")]
