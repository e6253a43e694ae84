"""Lists that were uploaded: whose they are, what becomes of each row, who has one in hand, and when they go."""

from datetime import timedelta
from typing import get_args

import asyncpg
import pytest

from services.referrals.storage import uploads
from services.referrals.storage.uploads import MOST_UNCONFIRMED, Row, RowState
from tests.referrals.builders import NOW
from tests.referrals.conftest import Offices

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
async def pool(office: Offices) -> asyncpg.Pool:
    return (await office()).pool


async def put(
    pool: asyncpg.Pool, id: str, *states: RowState, by: str = "me", kind: uploads.Kind = "referrals"
) -> None:
    """A list that waits for its word, with rows in these states; each holds words."""
    async with pool.acquire() as conn:
        await uploads.keep(
            conn, id, kind, by, NOW, [Row(n, state, b"words") for n, state in enumerate(states, 1)]
        )


async def rows(pool: asyncpg.Pool, id: str) -> list[tuple[int, str, bool]]:
    """(number, state, whether its words are kept) of each row."""
    found = await pool.fetch(
        "SELECT number, state, sealed IS NOT NULL FROM upload_row WHERE upload_id = $1 ORDER BY number", id
    )
    return [tuple(row) for row in found]


async def test_lists_that_wait_are_counted_by_person_and_kind(pool: asyncpg.Pool) -> None:
    for n in range(MOST_UNCONFIRMED - 1):
        await put(pool, f"mine-{n}", "right")
    await put(pool, "another's", "right", by="other")
    await put(pool, "of another kind", "right", kind="open-cases")
    await put(pool, "confirmed", "right")
    async with pool.acquire() as conn:
        await uploads.confirm(conn, "confirmed", [], NOW)
        assert await uploads.room(conn, "me", "referrals")
        await put(pool, "the last", "right")
        assert not await uploads.room(conn, "me", "referrals")
        assert await uploads.room(conn, "me", "open-cases")
        assert await uploads.room(conn, "other", "referrals")


async def test_one_s_own_lists_of_one_kind_are_shown(pool: asyncpg.Pool) -> None:
    await put(pool, "mine", "right")
    await put(pool, "another's", "right", by="other")
    await put(pool, "of another kind", "right", kind="open-cases")
    async with pool.acquire() as conn:
        assert [each.id for each in await uploads.uploads_by(conn, "me", "referrals")] == ["mine"]


async def test_confirmed_right_rows_and_chosen_repeats_wait_with_their_words_and_all_others_lose_them(
    pool: asyncpg.Pool,
) -> None:
    await put(pool, "one", "right", "repeats", "repeats", "wrong", "wrong")
    await put(pool, "other", "right")
    async with pool.acquire() as conn:
        assert await uploads.confirm(conn, "one", [2, 4], NOW)
        assert not await uploads.confirm(conn, "one", [3], NOW)
    assert await rows(pool, "one") == [
        (1, "waiting", True), (2, "waiting", True), (3, "left-out", False), (4, "wrong", False), (5, "wrong", False),
    ]  # fmt: skip
    assert await rows(pool, "other") == [(1, "right", True)]


async def test_a_row_that_waits_is_one_worker_s_and_the_other_takes_the_next(pool: asyncpg.Pool) -> None:
    await put(pool, "one", "right", "right", "wrong")
    async with pool.acquire() as conn, pool.acquire() as other:
        await uploads.confirm(conn, "one", [], NOW)
        async with conn.transaction():
            (first,) = await uploads.claim(conn, 1)
            await other.execute("SET lock_timeout = '5s'")
            async with other.transaction():
                assert [row.number for row in await uploads.claim(other, 5)] == [2]
            await other.execute("SET lock_timeout = '100ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await uploads.hold(other, first)
            await uploads.settle(conn, [Row(1, "taken", reference="R", upload_id="one")])
        await other.execute("RESET lock_timeout")
        assert not await uploads.hold(conn, first)
    assert await rows(pool, "one") == [(1, "taken", False), (2, "waiting", True), (3, "wrong", False)]


async def test_a_list_is_done_when_none_of_its_rows_waits_and_no_other_with_it(pool: asyncpg.Pool) -> None:
    for id in ("one", "other"):
        await put(pool, id, "right", "right")
    await put(pool, "preview", "wrong")
    async with pool.acquire() as conn:
        for id in ("one", "other"):
            await uploads.confirm(conn, id, [], NOW)
        await uploads.settle(conn, [Row(1, "taken", upload_id="one")])
        await uploads.finish(conn, NOW)
        assert await pool.fetchval("SELECT count(*) FROM upload WHERE state = 'done'") == 0
        for id in ("one", "other"):
            await uploads.settle(conn, [Row(n, "taken", upload_id=id) for n in (1, 2)])
        await uploads.finish(conn, NOW, "one")
        assert await pool.fetchval("SELECT array_agg(id) FROM upload WHERE state = 'done'") == ["one"]
        await uploads.finish(conn, NOW)
    assert await pool.fetchval("SELECT array_agg(id) FROM upload WHERE state <> 'done'") == ["preview"]


async def test_rows_are_shown_by_their_state(pool: asyncpg.Pool) -> None:
    every = get_args(RowState)
    await put(pool, "one", *every)
    await put(pool, "other", "right")
    async with pool.acquire() as conn:
        assert [row.state for row in await uploads.rows_of(conn, "one", ["right", "taken"])] == [
            "right",
            "taken",
        ]


async def test_a_list_goes_by_the_time_of_its_state_and_a_confirmed_one_is_not_deleted(
    pool: asyncpg.Pool,
) -> None:
    ages = {
        "unconfirmed": ("preview", 7 * DAY + SECOND, None),
        "unconfirmed yet": ("preview", 7 * DAY - SECOND, None),
        "under way": ("confirmed", 400 * DAY, None),
        "done": ("done", 100 * DAY, 90 * DAY + SECOND),
        "done lately": ("done", 400 * DAY, 90 * DAY - SECOND),
    }
    for id, (state, age, done) in ages.items():
        await put(pool, id, "right")
        await pool.execute(
            "UPDATE upload SET state = $2, uploaded_at = $3, done_at = $4 WHERE id = $1",
            id, state, NOW - age, None if done is None else NOW - done,
        )  # fmt: skip
    async with pool.acquire() as conn:
        await uploads.discard(conn, "under way")
        await uploads.tidy(conn, NOW)
    left = await pool.fetch("SELECT id FROM upload ORDER BY id")
    assert [row["id"] for row in left] == ["done lately", "unconfirmed yet", "under way"]
