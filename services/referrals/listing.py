"""The directory as it stands: published when the service starts, at the beginning of each day, and with a new register.

With it goes the wait to expect at each destination, reckoned from its own history once a day.
"""

from datetime import date, timedelta
from typing import get_args

from chassis.calendar import london_date
from chassis.pause import pause
from chassis.service import Running
from chassis.storage import Connection
from services.referrals import storage
from services.referrals.domain.book import Book
from services.referrals.domain.commands import ReleaseReferral
from services.referrals.domain.directory.listing import entries
from services.referrals.domain.directory.waits import WINDOW, expected
from services.referrals.domain.register.places import Edition
from services.referrals.storage import Until

_SHARE = 200  # entries of the directory that one transaction lists
_LOOKS_EVERY = 1.0  # seconds, for whether there is anything new


class Listing:
    """Publishes the directory."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._published: tuple[date, Edition] | None = None

    async def publish(self, running: Running) -> None:
        """Publishes what is new in the directory of today, its waits first reckoned where nobody has today."""
        now = self._as_of(running)
        today, _ = now
        self._book.turn(today)
        async with running.pool.acquire() as conn, conn.transaction():
            for until in get_args(Until):
                await reckon(conn, until, today)
            waits = await storage.waits_said(conn, "answer", today)
        listings = list(entries(self._book, today, waits))
        for start in range(0, len(listings), _SHARE):
            await running.runner.commands(listings[start : start + _SHARE])
        await self._release(running)
        self._published = now

    async def _release(self, running: Running) -> None:
        """Sends on what waited for a panel that sits now."""
        sitting = [each.code for each in self._book.destinations.values() if each.sits]
        async with running.pool.acquire() as conn:
            ids = await storage.waiting_for(conn, sitting)
        for start in range(0, len(ids), _SHARE):
            await running.runner.commands([ReleaseReferral(id) for id in ids[start : start + _SHARE]])

    def _as_of(self, running: Running) -> tuple[date, Edition]:
        return london_date(running.clock.now()), self._book.register.edition

    async def daily(self, running: Running) -> None:
        """Publishes again when a day begins or the register has changed; infrastructure errors are the caller's."""
        while not running.stopping.is_set():
            if self._as_of(running) != self._published:
                await self.publish(running)
            await pause(running.stopping, _LOOKS_EVERY)


async def reckon(conn: Connection, until: Until, today: date) -> None:
    """Notes the wait to expect at each destination, from all that was known when yesterday ended."""
    yesterday = today - timedelta(days=1)
    waits = await storage.waits_of(conn, until, yesterday - WINDOW)
    said = {destination: expected(known, yesterday) for destination, known in waits.items()}
    await storage.keep_waits(conn, until, today, said)
