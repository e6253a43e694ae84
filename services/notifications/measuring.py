"""What the service says of the messages that have not gone: to its metrics, and to whoever steps the clock."""

from typing import Any

from chassis import metrics
from chassis.service import Running
from services.notifications import storage, timely

MOST_MEASURED = 1000


async def measure(running: Running, small: frozenset[str]) -> int:
    """Has the metrics tell of what is in hand, and of what should be on its way and is not; answers 0.

    ``small`` are the facts that may have to wait for others.
    """
    settings: Any = running.settings
    now = running.clock.now()
    only_urgent, steps = timely.may_go(small, now, settings)
    async with running.pool.acquire() as conn:
        found = await storage.unfinished(conn)
        found["ready"] = await storage.to_go(conn, MOST_MEASURED, now, only_urgent, steps)
    for phase, number in found.items():
        metrics.IN_STATE.labels("message", phase).set(number)
    return 0


async def unsent(running: Running, small: frozenset[str] = frozenset()) -> str | None:
    """Why the service is not idle: messages that are under way or ready to go; None if there are none."""
    settings: Any = running.settings
    now = running.clock.now()
    only_urgent, steps = timely.may_go(small, now, settings)
    async with running.pool.acquire() as conn:
        waiting = await storage.to_be_sent(conn, now, only_urgent, steps)
    return f"{waiting} messages to be sent" if waiting else None
