"""A change of a state that changes nothing that is searched for leaves a row's indexes alone."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

import services

HERE = Path(services.__file__).parent
_OVER_STATES = """
SELECT indexrelid::regclass::text AS name
FROM pg_index JOIN pg_attribute a ON a.attrelid = indrelid AND a.attname = 'state' AND a.atttypid = 'json'::regtype
WHERE pg_get_indexdef(indexrelid) ~ '\\mstate\\M'
"""


@pytest.mark.parametrize("service", ["referrals", "panels", "notifications"])
async def test_no_index_is_over_a_state_itself(
    database: Callable[..., Awaitable[asyncpg.Pool]], service: str
) -> None:
    """PostgreSQL would write every index of a row anew with each change of its state: make a column of its own."""
    pool = await database(HERE / service / "migrations")
    assert [row["name"] for row in await pool.fetch(_OVER_STATES)] == []


# As long as a state is when it is new, and when what comes within seconds was written into it.
_NEW = {
    "referrals": "INSERT INTO referral (id, version, said, state, reference, urn, status, destination, received_at, "
    "answer_by) SELECT n, 1, 0, json_build_object('x', repeat('x', 1150)), n, '900001', 'routed', 'placement', now(), "
    "now() FROM generate_series(1, 60) n",
    "notifications": "INSERT INTO story (id, version, said, state) "
    "SELECT n, 1, 0, json_build_object('x', repeat('x', 800)) FROM generate_series(1, 60) n",
}
_CHANGED = {
    "referrals": "UPDATE referral SET version = 2, state = json_build_object('x', repeat('x', 1400)), "
    "status = 'queued', stage = 'panel', changed_at = now()",
    "notifications": "UPDATE story SET version = 2, state = json_build_object('x', repeat('x', 1000))",
}
_COUNTED = (
    "SELECT pg_stat_get_tuples_updated('{0}'::regclass) AS changes, "
    "pg_stat_get_tuples_hot_updated('{0}'::regclass) AS light"
)


@pytest.mark.parametrize(("service", "table"), [("referrals", "referral"), ("notifications", "story")])
async def test_what_changes_soon_has_room_on_its_page(
    database: Callable[..., Awaitable[asyncpg.Pool]], service: str, table: str
) -> None:
    """A referral's stage among it: it comes to its panel in the second in which it was sent."""
    pool = await database(HERE / service / "migrations", unused=True)
    async with pool.acquire() as conn:
        await conn.execute(_NEW[service])
        await conn.execute(_CHANGED[service])
        await conn.execute("SELECT pg_stat_force_next_flush()")
        assert dict(await conn.fetchrow(_COUNTED.format(table)) or {}) == {"changes": 60, "light": 60}


_OF_BEFORE = {
    "referrals": (
        "INSERT INTO referral (id, version, said, state, reference, urn, status, destination, received_at, answer_by) "
        """VALUES ('r', 1, 0, '{"child_id": "c", "follows": "f"}', 'r', '900001', 'queued', 'sensory', now(), now())""",
        "SELECT child_id = 'c' AND follows = 'f' FROM referral",
    ),
    "panels": (
        "INSERT INTO placement_case (id, version, said, state, referral_id, panel, status, due) "
        """VALUES ('p', 1, 0, '{"child_id": "c"}', 'r', 'north', 'queued', now())""",
        "SELECT child_id = 'c' FROM placement_case",
    ),
    "notifications": (
        """INSERT INTO story (id, version, said, state) VALUES ('s', 1, 0, '{"reference": "r"}')""",
        "SELECT reference = 'r' FROM story",
    ),
}


@pytest.mark.parametrize("service", _OF_BEFORE)
async def test_what_a_process_of_the_version_before_writes_is_found_by_its_columns(
    database: Callable[..., Awaitable[asyncpg.Pool]], service: str
) -> None:
    pool = await database(HERE / service / "migrations")
    written, found = _OF_BEFORE[service]
    await pool.execute(written)
    assert await pool.fetchval(found) is True


_PAPERS = (
    "INSERT INTO papers (id, version, said, state) "
    """VALUES ('r', 1, 0, '{"papers":{"old_reference":"7"},"left":[]}')""",
    "SELECT old_reference, left_by FROM papers",
    """UPDATE papers SET state = '{"papers":{"old_reference":null},"left":[{"referral":{"urn":"900001"}}]}'""",
)
_PERSON = (
    """INSERT INTO person (id, version, said, state) VALUES ('p', 1, 0, '{"details":{"born":"2017-05-17"}}')""",
    "SELECT born FROM person",
    """UPDATE person SET state = '{"details":{"born":"2016-05-17"}}'""",
)


@pytest.mark.parametrize(
    ("statements", "first", "then"),
    [(_PAPERS, ("7", None), (None, "900001")), (_PERSON, ("2017-05-17",), ("2016-05-17",))],
)
async def test_what_the_version_before_writes_of_papers_and_persons_is_found_and_what_it_changes_too(
    database: Callable[..., Awaitable[asyncpg.Pool]],
    statements: tuple[str, str, str],
    first: tuple[str | None, ...],
    then: tuple[str | None, ...],
) -> None:
    pool = await database(HERE / "referrals" / "migrations")
    written, read, changed = statements
    await pool.execute(written)
    assert tuple(await pool.fetchrow(read) or ()) == first
    await pool.execute(changed)
    assert tuple(await pool.fetchrow(read) or ()) == then


async def test_a_story_gets_its_reference_once_a_process_of_the_version_before_hears_it(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool = await database(HERE / "notifications" / "migrations")
    await pool.execute("INSERT INTO story (id, version, said, state) VALUES ('s', 1, 0, '{}')")
    await pool.execute("""UPDATE story SET state = '{"reference": "r"}'""")
    assert await pool.fetchval("SELECT reference FROM story") == "r"
