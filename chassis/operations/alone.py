"""What may only be done to a service's database while no worker of the service runs on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.relay import LOCK_CLASS
from chassis.service import Running


@asynccontextmanager
async def without_workers(running: Running, cannot: type[Exception]) -> AsyncIterator[None]:
    """Keeps workers from relaying meanwhile; raises ``cannot`` if one runs already.

    It holds the relay's own lock, which one of any number of workers always has.
    """
    async with running.pool.acquire() as lock:
        if not await lock.fetchval("SELECT pg_try_advisory_lock($1, 0)", LOCK_CLASS):
            raise cannot("a worker of this service is running on the database: stop it first")
        try:
            yield
        finally:
            await lock.execute("SELECT pg_advisory_unlock($1, 0)", LOCK_CLASS)
