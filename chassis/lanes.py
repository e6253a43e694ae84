"""Lanes: commands of one moment go together into one transaction, and one that comes alone waits for nobody.

A transaction costs much whatever is in it. So the next one waits a moment for as many as were here when the last one
ended: clients that ask one thing after the other have all come back by then, and of those that ask whenever they like
more come each time. The moment is no longer than two such transactions take. A second lane opens when enough wait, or
after such a moment: what is slow or locked in the one holds nobody up in the other. Enough for several batches are
several: the process decides one while the database writes another, where with a single one each waits for the other.
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
    ENOUGH = 16
    #: The longest that a batch waits for company, in seconds.
    LONGEST_REST = 0.025

    def __init__(self, handle: Callable[[list[Waiting[C]]], Awaitable[None]], lanes: int = 2) -> None:
        """``handle`` does a batch, and raises nothing: it settles the future of a command that failed."""
        self._handle = handle
        self._waiting: list[Waiting[C]] = []
        self._free = self._in_all = lanes
        self._under_way, self._gathering, self._company = 0, False, asyncio.Event()
        self._began = self._ended = self._seconds = 0.0
        self._were_here = 1
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
        self._look()
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
                size = self._size()
                batch, self._waiting = self._waiting[:size], self._waiting[size:]
                if self._waiting:
                    self._open()
                _settle(batch, await self._timed(batch))
                if self._gathering:
                    return  # another lane has taken that over
        finally:
            self._free += 1

    async def _gather(self) -> None:
        self._company.clear()
        self._look()
        rest = self._rest()
        if rest > 0 and not self._company.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._company.wait(), rest)

    def _look(self) -> None:
        """Whether so many wait that their batch need not wait for more."""
        if len(self._waiting) >= min(self._were_here, self.ENOUGH):
            self._company.set()

    def _size(self) -> int:
        """How many of those that wait go together: all, or an equal share where that is enough for free lanes, too."""
        waiting = len(self._waiting)
        shares = max(1, min(self._free + 1, waiting // self.ENOUGH))
        return min(self.LARGEST, -(-waiting // shares))

    def _rest(self) -> float:
        """How long the next batch may wait for company."""
        rest = min(2 * self._seconds, self.LONGEST_REST)
        return rest if self._under_way else self._ended + rest - _now()

    async def _timed(self, batch: list[Waiting[C]]) -> Exception | None:
        """Does a batch. Returns what went wrong though nothing should: nobody may wait for ever because of it."""
        self._began = began = _now()
        self._under_way += len(batch)
        try:
            await self._handle(batch)
        except Exception as error:
            return error
        else:
            return None
        finally:
            self._were_here = self._under_way + len(self._waiting)
            self._under_way -= len(batch)
            self._ended = _now()
            self._seconds = (self._seconds + self._ended - began) / 2
            self._look()


def _settle(batch: list[Waiting[C]], error: Exception | None) -> None:
    for _, future in batch:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


def _now() -> float:
    return asyncio.get_running_loop().time()
