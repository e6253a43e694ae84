"""What a process beside a service may be: it greets, or does what a test needs it to do."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def answering(told: Any) -> AsyncIterator[Callable[[Any], Awaitable[Any]]]:
    """Greets ``name`` with the ``greeting`` that it was told; it ``holds`` so many bytes all the while."""
    held = bytearray(told.get("holds", 0))

    async def answer(asked: Any) -> Any:
        if "raise" in asked:
            raise ValueError(asked["raise"])
        if "variable" in asked:
            return os.environ.get(asked["variable"])
        if "bytes" in asked:
            return len(bytearray(asked["bytes"]))
        if "unsayable" in asked:
            return object()
        print(asked.get("says", ""), flush=True)
        if "abort" in asked:
            os.abort()
        if "exit" in asked:
            os._exit(asked["exit"])
        await asyncio.sleep(asked.get("sleep", 0))
        while "busy" in asked:
            pass
        return f"{told['greeting']}, {asked['name']}"

    yield answer
    del held
