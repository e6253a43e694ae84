"""Lanes: commands of one moment go together into one transaction, and one that comes alone waits for nobody.

A transaction costs much whatever is in it. So where the last one had company, the next waits a moment for more, no
longer than two such transactions take, unless enough have come. A second lane opens when enough wait, or after such
a moment: what is slow or locked in the one holds nobody up in the other.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

C = TypeVar("C")
Waiting = tuple[C, "asyncio.Future[None]"]


class Lanes(Generic[C]):
    """Takes commands in, one by one, and hands them on in batches of what came together."""

    #: A batch is at most this long, so that one slow batch holds nobody up for long.
    LARGEST = 200
    #: So many are company enough: their batch waits for no more.
    ENOUGH = 24
    #: The longest that a batch waits for company, in seconds.
    LONGEST_REST = 0.025

    def __init__(self, handle: Callable[[list[Waiting[C]]], Awaitable[None]], lanes: int = 2) -> None:
        """``handle`` does a batch, and raises nothing: it settles the future of a command that failed."""
        self._handle = handle
        self._waiting: list[Waiting[C]] = []
        self._free = self._in_all = lanes
        self._under_way, self._gathering, self._enough = 0, False, asyncio.Event()
        self._began = self._ended = self._seconds = 0.0
        self._had_company = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many commands wait for their turn."""
        return len(self._waiting)

    def wait(self) -> float:
        """How long, in seconds, until a command that comes now is done, as far as one can tell."""
        if self._free:
            return 0.0
        turns = 1 + len(self._waiting) / (self.LARGEST * self._in_all)
        return turns * max(self._seconds, _now() - self._began)

    async def done(self, command: C) -> None:
        """Returns when the command was handled. Raises what its future was given."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, future))
        if len(self._waiting) >= self.ENOUGH:
            self._enough.set()
        self._open()
        await future

    def _open(self) -> None:
        """Opens a lane where one is free, unless another gathers already."""
        if self._free and not self._gathering:
            self._free -= 1
            self._gathering, self._began = True, _now()
            lane = asyncio.create_task(self._lane())
            self._tasks.add(lane)
            lane.add_done_callback(self._tasks.discard)

    async def _lane(self) -> None:
        try:
            while self._waiting:
                self._gathering = True
                await self._gather()
                self._gathering = False
                batch, self._waiting = self._waiting[: self.LARGEST], self._waiting[self.LARGEST :]
                if self._waiting:
                    self._open()
                await self._timed(batch)
                for _, future in batch:
                    if not future.done():
                        future.set_result(None)
                if self._gathering:
                    return  # another lane has taken that over
        finally:
            self._free += 1

    async def _gather(self) -> None:
        rest = self._rest()
        if rest > 0 and len(self._waiting) < self.ENOUGH:
            self._enough.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._enough.wait(), rest)

    def _rest(self) -> float:
        """How long the next batch waits for company; 0 where the last one had none."""
        rest = min(2 * self._seconds, self.LONGEST_REST)
        if self._under_way:
            return rest
        return self._ended + rest - _now() if self._had_company else 0.0

    async def _timed(self, batch: list[Waiting[C]]) -> None:
        self._began = began = _now()
        self._under_way += 1
        try:
            await self._handle(batch)
        finally:
            self._under_way -= 1
            self._ended = _now()
            self._seconds = (self._seconds + self._ended - began) / 2
            self._had_company = len(batch) > 1 or bool(self._waiting)


def _now() -> float:
    return asyncio.get_running_loop().time()
