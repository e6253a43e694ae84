"""What one transaction reads, and what it writes, goes together, and each part does what it would do alone."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from chassis.together import Writes, read

NEW_DATABASE = Callable[..., Awaitable[asyncpg.Pool]]


@pytest.fixture
async def pool(database: NEW_DATABASE) -> asyncpg.Pool:
    return await database(
        extra=["CREATE TABLE pile (n int PRIMARY KEY, word text); CREATE TABLE other (n int)"]
    )


async def test_nothing_is_written_before_the_flush_and_everything_by_it(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        writes = Writes(conn)
        await writes.execute(
            "INSERT INTO pile SELECT * FROM unnest($1::int[], $2::text[])", [1, 2], ["a", "b"]
        )
        await writes.execute("INSERT INTO other VALUES ($1), ($2)", 7, 8)
        assert await conn.fetchval("SELECT count(*) FROM pile") == 0
        await writes.flush()
        assert [tuple(row) for row in await conn.fetch("SELECT * FROM pile ORDER BY n")] == [
            (1, "a"),
            (2, "b"),
        ]
        assert [row["n"] for row in await conn.fetch("SELECT n FROM other ORDER BY n")] == [7, 8]


async def test_new_rows_and_changed_rows_of_one_table_go_together(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        await conn.execute("INSERT INTO pile VALUES (1, 'old')")
        writes = Writes(conn)
        await writes.execute("INSERT INTO pile VALUES ($1, $2)", 2, "new")
        await writes.execute("UPDATE pile SET word = $2 WHERE n = $1", 1, "changed")
        await writes.flush()
        rows = await conn.fetch("SELECT n, word FROM pile")
        assert {row["n"]: row["word"] for row in rows} == {1: "changed", 2: "new"}


async def test_one_write_that_is_refused_leaves_none_of_the_others(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        await conn.execute("INSERT INTO pile VALUES (1, 'here')")
        writes = Writes(conn)
        await writes.execute("INSERT INTO other VALUES ($1)", 7)
        await writes.execute("INSERT INTO pile VALUES ($1, 'twice')", 1)
        with pytest.raises(asyncpg.UniqueViolationError):
            await writes.flush()
        assert await conn.fetchval("SELECT count(*) FROM other") == 0


async def test_more_than_nine_arguments_keep_their_places(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        writes = Writes(conn)
        for n in range(12):
            await writes.execute("INSERT INTO pile VALUES ($1, $2)", n, str(n))
        await writes.flush()
        await writes.flush()
        rows = await conn.fetch("SELECT n, word FROM pile")
        assert {row["n"]: row["word"] for row in rows} == {n: str(n) for n in range(12)}


async def test_what_is_read_together_comes_back_in_the_order_in_which_it_was_asked_for(
    pool: asyncpg.Pool,
) -> None:
    await pool.execute("INSERT INTO pile VALUES (1, 'a'), (2, 'b'); INSERT INTO other VALUES (2), (3)")
    async with pool.acquire() as conn:
        others, pile, none = await read(
            conn,
            [
                ("SELECT n, NULL AS word FROM other WHERE n = ANY($1::int[])", [2]),
                ("SELECT n, word FROM pile WHERE n = ANY($1::int[]) ORDER BY n", [1, 2]),
                ("SELECT n, word FROM pile WHERE n = ANY($1::int[])", [7]),
            ],
        )
        assert await read(conn, []) == []
    assert [row["n"] for row in others] == [2]
    assert [(row["n"], row["word"]) for row in pile] == [(1, "a"), (2, "b")]
    assert none == []


async def test_rows_are_locked_one_question_after_the_other_and_read_as_they_were_left_last(
    pool: asyncpg.Pool,
) -> None:
    await pool.execute("INSERT INTO pile VALUES (1, 'a'), (2, 'b')")
    first = "SELECT n, word FROM pile WHERE n = ANY($1::int[]) FOR UPDATE"
    second = "SELECT n, word FROM pile WHERE n = ANY($1::int[]) ORDER BY n DESC FOR UPDATE"
    async with pool.acquire() as one, pool.acquire() as other:
        mine, theirs = one.transaction(), other.transaction()
        await mine.start()
        await theirs.start()
        await one.execute("UPDATE pile SET word = 'changed' WHERE n = 1")
        reading = asyncio.create_task(read(other, [(first, [1]), (second, [2])]))
        await asyncio.sleep(0.2)
        assert not reading.done()
        await one.execute("UPDATE pile SET word = 'changed, too' WHERE n = 2")  # not locked yet
        await mine.commit()
        found = await reading
        await theirs.rollback()
    assert [[row["word"] for row in rows] for rows in found] == [["changed"], ["changed, too"]]
