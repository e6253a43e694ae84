"""Whether one waits for the other."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

Step = Callable[..., Awaitable[object]]


async def waits_for(pool: asyncpg.Pool, first: Step, then: Step | None = None) -> None:
    """Fails unless whoever does ``then``, or else the same, while ``first`` is not committed waits for it."""
    async with pool.acquire() as one, pool.acquire() as other, one.transaction():
        await first(one)
        await other.execute("SET lock_timeout = '100ms'")
        with pytest.raises(asyncpg.LockNotAvailableError):
            async with other.transaction():
                await (then or first)(other)
