"""Waiting for what comes by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


async def soon(look: Callable[[], Awaitable[T | None]], seconds: float = 30) -> T:
    """What ``look`` finds, once it finds something. Raises AssertionError after so many seconds."""
    until = monotonic() + seconds
    while (found := await look()) is None:
        assert monotonic() < until, f"nothing came within {seconds:.0f} seconds"
        await asyncio.sleep(0.02)
    return found
