"""Waiting until somebody waits."""

import asyncpg

from chassis.storage import Connection
from tests.support.soon import soon

_SOMEBODY = """
SELECT true FROM pg_stat_activity
WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0 LIMIT 1
"""


async def blocked(database: asyncpg.Pool | Connection) -> None:
    """Returns once a session of this database waits for a lock that another one holds.

    A connection must be in no transaction: within one, PostgreSQL shows the same sessions again and again.
    """
    await soon(lambda: database.fetchval(_SOMEBODY))
