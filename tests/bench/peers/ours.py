"""Fingerpost among its peers."""

import asyncio
from collections.abc import Mapping, Sequence

import asyncpg

from deploy.local.process import ServerProcess
from deploy.local.services import Town
from tests.bench.load import Gun, Shot
from tests.bench.peers.peer import PATH
from tests.bench.systems import Ours

_HELD = "SELECT state->>'reference' AS reference FROM message WHERE phase = 'held'"


class Fingerpost:
    """The three services, as `make bench` runs them."""

    patience = 15.0

    def __init__(self, town: Town) -> None:
        self._town, self._ours = town, Ours(town)
        self.processes: Sequence[ServerProcess] = list(town.services.values())

    @property
    def url(self) -> str:
        return self._town.referrals.url

    def headers(self) -> Mapping[str, str]:
        return self._town.headers("school")

    def start(self) -> None:
        self._ours.start()

    def stop(self) -> None:
        self._ours.stop()

    def gun(self, connections: int) -> Gun:
        return Gun(self.url, PATH, self.headers(), connections)

    async def finished(self, shots: Sequence[Shot]) -> list[float]:
        return await self._ours.finished(shots)

    def held(self) -> set[str]:
        return asyncio.run(self._held())

    async def _held(self) -> set[str]:
        conn = await asyncpg.connect(self._town.notifications.dsn)
        try:
            return {row["reference"] for row in await conn.fetch(_HELD)}
        finally:
            await conn.close()
