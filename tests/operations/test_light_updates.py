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
    """PostgreSQL would write every index of a row anew with each change of its state: make a generated column."""
    pool = await database(HERE / service / "migrations")
    assert [row["name"] for row in await pool.fetch(_OVER_STATES)] == []
