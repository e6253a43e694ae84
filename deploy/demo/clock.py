"""The business clock of all services, stepped together, and only while all of them are idle."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

import httpx2

from deploy.local.services import Town

_PATIENCE_SECONDS = 120.0
_ROUNDS = 2


class NeverIdle(Exception):
    """A service did not come to rest; the text says which and why."""


@dataclass(frozen=True)
class _Rest:
    """What one service says: why it is busy (or None), and when something falls due next."""

    name: str
    why: str | None
    next_due: datetime | None


class TownClock:
    """Moves the clocks of a town."""

    def __init__(
        self,
        town: Town,
        client: httpx2.AsyncClient,
        start: datetime,
        outside: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Begin at ``start``, where the services' own clocks begin.

        ``outside`` says why somebody else, on whom the services wait, is busy; None if nobody is.
        """
        self._outside = outside
        self._urls = {name: service.url for name, service in town.services.items()}
        self._client, self._headers = client, town.headers("driver")
        self.now = start

    async def idle(self) -> datetime | None:
        """Wait until every service has been idle twice in a row; answer when something falls due next.

        Raises NeverIdle after two minutes.
        """
        began, quiet = monotonic(), 0
        while True:
            outside = _Rest("outside", self._outside(), None)
            rests = await self._rests()
            busy = [rest for rest in (outside, *rests) if rest.why is not None]
            quiet = 0 if busy else quiet + 1
            if quiet == _ROUNDS:
                return min((rest.next_due for rest in rests if rest.next_due), default=None)
            if monotonic() - began > _PATIENCE_SECONDS:
                raise NeverIdle("; ".join(f"{rest.name}: {rest.why}" for rest in busy))
            if busy:
                await asyncio.sleep(0.02)

    async def step(self, to: datetime) -> None:
        """Move all clocks to ``to``."""
        body = {"now": to.isoformat()}
        answers = await asyncio.gather(
            *(
                self._client.post(f"{url}/internal/clock", json=body, headers=self._headers)
                for url in self._urls.values()
            )
        )
        for answer in answers:
            answer.raise_for_status()
        self.now = to

    async def _rests(self) -> Sequence[_Rest]:
        return await asyncio.gather(*(self._rest(name, url) for name, url in self._urls.items()))

    async def _rest(self, name: str, url: str) -> _Rest:
        answer = await self._client.get(f"{url}/internal/idle", headers=self._headers)
        answer.raise_for_status()
        said: dict[str, Any] = answer.json()
        due = said["next_due"]
        return _Rest(name, said["why"], datetime.fromisoformat(due) if due else None)
