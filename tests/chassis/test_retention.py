"""When rows of the chassis' own tables go: not a day before their time, and without waiting for anybody."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg
import pytest

from chassis.retention import CHASSIS, Rule

#: A row of each table whose rows go by their age: $1 is its name, $2 when its time began.
_PLANT = {
    "once": "INSERT INTO once (scope, key, body_hash, at) VALUES ('s', $1, '', $2)",
    "access_log": "INSERT INTO access_log (who, what, subject, at) VALUES ('w', 'w', $1, $2)",
    "operator_action": (
        "INSERT INTO operator_action (who, did, what, why, outcome, at) VALUES ('w', 'd', $1, 'y', '', $2)"
    ),
}
_NAME = {"once": "key", "access_log": "subject", "operator_action": "what"}
RULES = {rule.table: rule for rule in CHASSIS if rule.over}
_DEAD = (
    "INSERT INTO dead_letter (topic, partition, record_at, key, headers, payload, reason, fingerprint, status, "
    "settled_by, settled_at) VALUES ('t', 0, $1, $2, '[\"h\"]', 'x', 'r', 'f', $3, 'ada', $4)"
)


async def now(pool: asyncpg.Pool) -> datetime:
    at: datetime = await pool.fetchval("SELECT clock_timestamp()")
    return at


async def carried_out(pool: asyncpg.Pool, rule: Rule) -> int:
    """The rule's step, once; answers how many rows it took."""
    return len(await pool.fetch(rule.step, await now(pool) - rule.keep))


def test_each_table_with_an_age_is_tried_here() -> None:
    assert set(RULES) == {*_PLANT, "dead_letter"}


@pytest.mark.parametrize("table", _PLANT)
async def test_a_row_goes_after_its_time_and_no_day_sooner(
    table: str, database: Callable[..., Awaitable[asyncpg.Pool]]
) -> None:
    pool, rule = await database(), RULES[table]
    over = await now(pool) - rule.keep
    for name, began in (("over", over), ("not yet", over + timedelta(days=1))):
        await pool.execute(_PLANT[table], name, began)
    assert await carried_out(pool, rule) == 1
    assert [row[0] for row in await pool.fetch(f"SELECT {_NAME[table]} FROM {table}")] == ["not yet"]


async def test_of_dead_letters_what_was_settled_long_ago_is_emptied_once_and_keeps_its_place(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool, rule = await database(), RULES["dead_letter"]
    over = await now(pool) - rule.keep
    letters = (
        ("discarded long ago", "discarded", over),
        ("redriven lately", "redriven", over + timedelta(days=1)),
        ("parked", "parked", None),
    )
    for place, (key, status, at) in enumerate(letters):
        await pool.execute(_DEAD, place, key, status, at)
    assert await carried_out(pool, rule) == 1
    assert await carried_out(pool, rule) == 0
    rows = await pool.fetch(
        "SELECT key, payload, headers::text, settled_by FROM dead_letter ORDER BY record_at"
    )
    assert [tuple(row) for row in rows] == [
        ("discarded long ago", None, "[]", "ada"),
        ("redriven lately", b"x", '["h"]', "ada"),
        ("parked", b"x", '["h"]', "ada"),
    ]


async def test_a_row_that_somebody_is_working_on_keeps_nobody_waiting_and_goes_another_day(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool, rule = await database(), RULES["once"]
    for name in ("in use", "free"):
        await pool.execute(_PLANT["once"], name, await now(pool) - rule.keep - timedelta(days=1))
    async with pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM once WHERE key = 'in use' FOR UPDATE")
        async with pool.acquire() as conn:
            await conn.execute("SET lock_timeout = '5s'")
            assert len(await conn.fetch(rule.step, await now(pool) - rule.keep)) == 1
            await conn.execute("RESET lock_timeout")
    assert await carried_out(pool, rule) == 1
