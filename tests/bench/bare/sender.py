"""The bare sender: claim, commit, wait as long as the provider takes, settle."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg

from tests.bench.bare.common import event, write
from tests.bench.bare.plan import Plan

_BEAR = (
    "INSERT INTO message (id, phase, data) SELECT id, 'pending', $2::json FROM unnest($1::text[]) AS new(id)"
)
_CLAIM = """
UPDATE message SET phase = 'sending' WHERE id IN (
    SELECT id FROM message WHERE phase = 'pending' ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""
_SETTLE = "UPDATE message SET phase = 'sent', sent_at = clock_timestamp() WHERE id = ANY($1)"


async def bear(conn: Any, ids: Sequence[str], data: str) -> None:
    """New messages, inside the caller's transaction."""
    if ids:
        await conn.execute(_BEAR, ids, data)


async def lane(plan: Plan, pool: asyncpg.Pool, committed: Callable[[], None]) -> None:
    """Sends until the process ends."""
    while True:
        async with pool.acquire() as conn:
            ids = [row["id"] for row in await conn.fetch(_CLAIM, plan.group)]
        if not ids:
            await asyncio.sleep(0.05)
            continue
        await asyncio.gather(*(asyncio.sleep(plan.provider_seconds) for _ in ids))
        said = [event(plan.sizes, "notifications.v1", "message.sent.v1", id, id) for id in ids]
        async with pool.acquire() as conn, conn.transaction():
            await conn.execute(_SETTLE, sorted(ids))
            await write(conn, {}, said)
        committed()
