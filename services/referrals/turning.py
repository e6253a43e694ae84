"""Looks each day for whoever has come to the end of compulsory school age, so that they are told themselves."""

from datetime import date

from chassis.calendar import london_date
from chassis.pause import pause
from chassis.service import Running
from services.referrals import storage
from services.referrals.domain.children.ages import last_birth
from services.referrals.domain.work.turning import TellYoungPerson

_SHARE = 100  # young persons of one transaction
_LOOKS_EVERY = 1.0  # seconds, for whether a day has begun


async def tell_those_who_turned(running: Running) -> int:
    """Has everybody told whose day has come; answers how many that are."""
    async with running.pool.acquire() as conn:
        found = await storage.children.turned(conn, last_birth(london_date(running.clock.now())))
    commands = [TellYoungPerson(child, referrals) for child, referrals in found]
    for start in range(0, len(commands), _SHARE):
        await running.runner.commands(commands[start : start + _SHARE])
    return len(commands)


class Turning:
    """Does so when a day begins."""

    def __init__(self) -> None:
        self._looked: date | None = None

    async def daily(self, running: Running) -> None:
        """Goes on until the service stops; infrastructure errors are the caller's."""
        while not running.stopping.is_set():
            today = london_date(running.clock.now())
            if today != self._looked:
                await tell_those_who_turned(running)
                self._looked = today
            await pause(running.stopping, _LOOKS_EVERY)
