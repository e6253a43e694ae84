"""A panels service over a fresh database, without Kafka: facts are given to its rules directly."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from chassis.clock import SteppedClock
from chassis.once import Item
from chassis.service import Running, Service
from chassis.settings import TokenGrant
from chassis.web.hosting import make_web
from schemas.envelope import Event
from schemas.topics import ALL
from services.panels import app
from services.panels.app import make_sittings
from services.panels.drafting import Drafts
from services.panels.panel_files import read_book
from services.panels.settings import Settings
from tests.panels.builders import BOOK, MONDAY
from tests.support.given import settings_of

TOKENS = {
    "reader": ["panels:read"],
    "co-ordinator": ["panels:read", "panels:coordinate"],
    "officer": ["panels:decide"],
    "chair": ["panels:chair"],
}
#: Another program that may do what the co-ordinators' may.
DEPUTY = "deputy"
RING = [{"kid": "k1", "k": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}]


def settings(**given: Any) -> Settings:
    """Settings for a test, with a token per role named as the role is."""
    grants = [
        TokenGrant(name=name, sha256=sha256(name.encode()).hexdigest(), scopes=frozenset(scopes))
        for name, scopes in [*TOKENS.items(), (DEPUTY, TOKENS["co-ordinator"])]
    ]
    fields: dict[str, Any] = {
        "profile": "test",
        "database": SecretStr("postgresql://nobody@127.0.0.1/nothing"),
        "kafka": ["127.0.0.1:9"],
        "clock": "stepped",
        "clock_start": MONDAY,
        "tokens": tuple(grants),
        "keyrings": {topic.name: RING for topic in ALL if topic.sealed},
    }
    return settings_of(Settings, fields | given)


def here(running: Running, nice: int = 0) -> Drafts:
    """The planner in the test's own process: another one takes a second to begin."""
    given = running.settings
    assert isinstance(given, Settings)
    return Drafts(running.pool, read_book(given.folder, given.closures), running.runner.command)


def build(given: Settings) -> Service:
    """The service, with its planner here."""
    return app.build(given, here)


class House:
    """The running service, a browser for each role, and a short way to tell it facts."""

    def __init__(self, running: Running) -> None:
        self.running, self.pool = running, running.pool

    @cached_property
    def web(self) -> httpx2.ASGITransport:
        """Its web application, made for the first who asks it something: many tests ask it nothing."""
        return httpx2.ASGITransport(app=make_web(self.running))

    def as_(self, role: str) -> httpx2.AsyncClient:
        """A client with the token of a role."""
        return httpx2.AsyncClient(
            transport=self.web,
            base_url="http://here/api",
            headers={"Authorization": f"Bearer {role}"},
        )

    async def get(self, path: str, role: str = "reader", **query: Any) -> Any:
        """The body of a successful answer."""
        async with self.as_(role) as client:
            answer = await client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(
        self, path: str, body: Any, role: str = "co-ordinator", key: str | None = None
    ) -> httpx2.Response:
        """The answer, whatever it is."""
        headers = {"Idempotency-Key": key} if key else {}
        async with self.as_(role) as client:
            return await client.post(path, json=body, headers=headers)

    async def hear(self, *events: Event) -> None:
        """Applies facts as the consumer would, in one transaction."""
        items = [Item(event) for event in events]
        async with self.pool.acquire() as conn, conn.transaction():
            await self.running.work.run(conn, items)
        assert [item.error for item in items if item.error] == []

    async def step(self, to: datetime) -> None:
        """Steps the clock and works off what falls due, stopping at each instant on the way."""
        assert isinstance(self.running.clock, SteppedClock)
        while True:
            due = await self.running.due.next_due()
            until = min(due or to, to)
            async with self.pool.acquire() as conn:
                await self.running.clock.step(conn, max(until, self.running.clock.now()))
            while (await self.running.due.once())[0]:
                pass
            if until >= to:
                return

    async def said(self, topic: str = "panels.v1") -> list[tuple[str, int, str]]:
        """(key, version, type) of the events in the outbox, in order."""
        rows = await self.pool.fetch(
            "SELECT key, version, headers::text AS headers FROM outbox WHERE topic = $1 ORDER BY seq", topic
        )
        return [(row["key"], row["version"], _type(row["headers"])) for row in rows]


def _type(headers: str) -> str:
    parts = headers.split('"')
    return parts[parts.index("ce_type") + 2]


@pytest.fixture
async def house(database: Callable[..., Awaitable[Any]]) -> House:
    """A service over a fresh database, with its sittings made."""
    service = build(settings())
    running = Running(service, await database(service.migrations))
    await make_sittings(BOOK, running)
    return House(running)
