"""Waiting that ends early when the process is told to stop."""

import asyncio
from contextlib import suppress


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Waits ``seconds``, or until ``stopping`` is set."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)
