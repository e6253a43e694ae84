"""Tables are filled with copies of what a real referral left behind."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest

from tests.bench.fill import fill, fresh, patterns

_ONE, _OTHER = "7e786926-9402-4706-ac96-7c94705d07b7", "c1e7f7c9-94f9-5c98-aac4-c9e9434bc9b8"
_REFERENCE = "Q3G9-2YAH-VNBH"
_TABLES = """
CREATE TABLE referral (
    id text PRIMARY KEY, reference text NOT NULL UNIQUE, state json, at timestamptz,
    words text GENERATED ALWAYS AS (state ->> 'words') STORED);
CREATE INDEX referral_at ON referral (at, id);
CREATE TABLE message (
    id text PRIMARY KEY, seq bigint GENERATED ALWAYS AS IDENTITY, referral_id text, code bytea UNIQUE);
ALTER TABLE message SET (fillfactor = 10);
CREATE TABLE restriction (id text PRIMARY KEY REFERENCES referral (id));
CREATE TABLE attempt (id uuid PRIMARY KEY);
CREATE TABLE school (id text PRIMARY KEY);
CREATE TABLE plan (id text PRIMARY KEY, cases text);
"""


Fill = Callable[[int], Awaitable[asyncpg.Connection]]


@pytest.fixture
async def filled(new_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Fill]:
    """Makes a database with one referral and so many copies of it; answers a connection."""
    made: list[asyncpg.Connection] = []

    async def make(copies: int) -> asyncpg.Connection:
        dsn = await new_database("fill")
        conn = await asyncpg.connect(dsn)
        made.append(conn)
        await conn.execute(_TABLES)
        await conn.execute(
            "INSERT INTO referral VALUES ($1, $2, $3, now()), ('another', 'BBBB-BBBB-BBBB', '{}', now())",
            _ONE,
            _REFERENCE,
            f'{{"id": "{_ONE}", "reference": "{_REFERENCE}", "words": "It\'s 100% so"}}',
        )
        await conn.execute("INSERT INTO message (id, referral_id, code) VALUES ($1, $2, 'x')", _OTHER, _ONE)
        await conn.execute("INSERT INTO attempt VALUES (gen_random_uuid()), (gen_random_uuid())")
        await conn.execute("INSERT INTO school VALUES ($1)", _ONE)
        await conn.execute("INSERT INTO plan VALUES ('placement', $1)", _ONE)
        await fill(dsn, await patterns(dsn, [_ONE, _REFERENCE, _OTHER]), 1, copies)
        return conn

    yield make
    for conn in made:
        await conn.close()


async def test_every_copy_has_ids_of_its_own_that_agree_between_tables(
    filled: Fill,
) -> None:
    conn = await filled(1000)
    assert await conn.fetchval("SELECT count(*) FROM referral") == 1002
    assert (
        await conn.fetchval("SELECT count(*) FROM referral r JOIN message m ON m.referral_id = r.id") == 1001
    )
    agreeing = "SELECT count(*) FROM referral WHERE state->>'id' = id AND state->>'reference' = reference"
    assert await conn.fetchval(agreeing) == 1001
    assert await conn.fetchval("SELECT count(DISTINCT seq) FROM message") == 1001


@pytest.mark.parametrize("version", ["7", "8"])
async def test_a_copy_of_an_id_that_carries_its_time_is_older_and_of_the_same_version(
    new_database: Callable[[str], Awaitable[str]], version: str
) -> None:
    conn = await asyncpg.connect(await new_database("ids"))
    token = f"01a2014a-277a-{version}55b-9da3-c3b8d8e6c372"
    made = await conn.fetch(f"SELECT {fresh(token)} AS id FROM generate_series(1, 1000) AS n ORDER BY n")
    await conn.close()
    ids = [UUID(row["id"]) for row in made]
    moments = [id.int >> 80 for id in ids]
    assert moments == [(UUID(token).int >> 80) - 1000 * n for n in range(1, 1001)]
    assert {str(id)[14] for id in ids} == {version}
    assert len({id.int & (1 << 62) - 1 for id in ids}) == 1000


async def test_a_copy_weighs_as_much_as_the_real_row(filled: Fill) -> None:
    conn = await filled(50)
    weights = "SELECT DISTINCT octet_length(state::text), octet_length(reference) FROM referral WHERE id <> 'another'"
    assert len(await conn.fetch(weights)) == 1


async def test_what_is_of_no_referral_stays_as_it_is_and_a_transaction_has_one_row(
    filled: Fill,
) -> None:
    conn = await filled(50)
    assert await conn.fetchval("SELECT count(*) FROM school") == 1
    assert await conn.fetchval("SELECT count(*) FROM plan") == 1
    assert await conn.fetchval("SELECT count(*) FROM attempt") == 52


async def test_many_copies_leave_the_indexes_as_they_were(
    filled: Fill,
) -> None:
    shown = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('referral', 'message') ORDER BY 1"
    referring = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"
    few, many = await filled(1), await filled(50_001)
    assert await many.fetch(shown) == await few.fetch(shown)
    assert await many.fetch(referring) == await few.fetch(referring) != []


async def test_copies_stand_in_full_pages_and_new_rows_find_room_again(filled: Fill) -> None:
    conn = await filled(1000)
    pages = "SELECT pg_relation_size('message') / current_setting('block_size')::int"
    assert await conn.fetchval(pages) < 30
    room = "SELECT reloptions FROM pg_class WHERE oid = 'message'::regclass"
    assert await conn.fetchval(room) == ["fillfactor=10"]
