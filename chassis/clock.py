"""The clock of business time: dates and deadlines. Leases, retries and latency use real time instead."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Protocol

from chassis.settings import ServiceSettings


class Clock(Protocol):
    """Tells the business time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


class ClockRefused(Exception):
    """A stepped clock cannot do this; the text says why."""


class SteppedClock:
    """A clock that stands still until it is told to move; only forwards, only in a demo or a test.

    The processes of one service share it by a row in their database: whoever steps it writes the row,
    the others `follow` it.
    """

    def __init__(self, settings: ServiceSettings, start: datetime | None = None) -> None:
        """Stand at ``start`` (aware; the present if None). Raises ClockRefused in production."""
        if not settings.rehearsal:
            raise ClockRefused("only the profiles demo and test may step the clock")
        self._now = _aware(start or settings.clock_start or datetime.now(UTC))

    def now(self) -> datetime:
        """The instant to which the clock was last moved, aware, in UTC."""
        return self._now

    async def step(self, conn: Any, to: datetime) -> None:
        """Move to ``to`` (aware) here and in the database. Raises ClockRefused if that is backwards."""
        to = _aware(to)
        moved = to >= self._now and await conn.fetchval(
            "INSERT INTO stepped_clock AS c (id, now) VALUES (true, $1) "
            "ON CONFLICT (id) DO UPDATE SET now = excluded.now WHERE c.now <= excluded.now RETURNING true",
            to,
        )
        if not moved:
            raise ClockRefused("the clock goes forwards only: give a later instant")
        self._now = to

    async def refresh(self, conn: Any) -> None:
        """Catch up with the database's row, if another process moved the clock."""
        stored = await conn.fetchval("SELECT now FROM stepped_clock WHERE id")
        if stored is not None and stored > self._now:
            self._now = _aware(stored)

    async def follow(self, pool: Any, stopping: asyncio.Event, every: float = 0.1) -> None:
        """Catch up with the database every ``every`` seconds until ``stopping`` is set.

        Infrastructure errors are the caller's: run it as a task that is started again.
        """
        while not stopping.is_set():
            await self.refresh(pool)
            try:
                await asyncio.wait_for(stopping.wait(), every)
            except TimeoutError:
                continue


def make_clock(settings: ServiceSettings) -> Clock:
    """The clock that the settings ask for."""
    return SteppedClock(settings) if settings.clock == "stepped" else SystemClock()


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ClockRefused("an instant needs its time zone: write 2026-11-02T09:00:00+00:00")
    return moment.astimezone(UTC)
