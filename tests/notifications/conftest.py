"""A notifications service over a fresh database, without Kafka: facts are given to its rules directly."""

from collections.abc import Awaitable, Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest
from pydantic import SecretStr

from chassis.clock import SteppedClock
from chassis.once import Item
from chassis.outbox import Meta
from chassis.sealing import RingKey
from chassis.service import Running
from chassis.settings import TokenGrant
from deploy.local.notify import NotifyServer
from schemas.envelope import Event
from services.notifications import notify
from services.notifications.app import build
from services.notifications.settings import Settings
from services.notifications.storage import MESSAGES
from tests.notifications.builders import NOW
from tests.support.given import settings_of

OPERATOR, READER, PROVIDER = "operators-token", "another-token", "providers-token"


def settings(**given: Any) -> Settings:
    """Settings for a test, with a fake channel unless told otherwise."""
    fields: dict[str, Any] = {
        "profile": "test",
        "database": SecretStr("postgresql://nobody@127.0.0.1/nothing"),
        "kafka": ["127.0.0.1:9"],
        "public_url": "https://send.council.example",
        "clock": "stepped",
        "clock_start": NOW,
        "channel": "fake",
        "fake_seconds": 0.0,
        "smtp_seconds": 1.0,
        "keyrings": {
            topic: (RingKey(kid="k1", k=SecretStr("A" * 43)),)
            for topic in (
                "personal-details.v1",
                "referral-papers.v1",
                "case-papers.v1",
                "family-words.v1",
                "staff.v1",
            )
        },
        "tokens": (
            TokenGrant(name="ops", sha256=_digest(OPERATOR), scopes=frozenset({"notifications:operate"})),
            TokenGrant(name="notify", sha256=_digest(PROVIDER), scopes=frozenset({"notifications:receipts"})),
            TokenGrant(name="reader", sha256=_digest(READER), scopes=frozenset({"referrals:read"})),
        ),
    }
    return settings_of(Settings, fields | given)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


class House:
    """The running service, and a short way to tell it facts."""

    def __init__(self, running: Running) -> None:
        self.running, self.pool = running, running.pool

    async def hear(self, *events: Event, meta: Meta | None = None) -> None:
        """Applies facts as the consumer would, in one transaction."""
        async with self.pool.acquire() as conn, conn.transaction():
            items = [Item(event, meta or Meta()) for event in events]
            await self.running.work.run(conn, items)
        for item in items:
            if item.error:
                raise item.error

    async def phases(self) -> list[tuple[str, str, str, str | None]]:
        """(fact, person, phase, why) of every message, in the order in which they were made."""
        rows = await self.pool.fetch("SELECT fact, person_id, phase, why FROM message ORDER BY seq")
        return [tuple(row) for row in rows]

    async def said(self) -> list[str]:
        """The types of the events in the outbox, in order."""
        rows = await self.pool.fetch("SELECT headers->>'x' AS x, headers::text AS h FROM outbox ORDER BY seq")
        return [next(part for part in row["h"].split('"') if part.endswith((".v1", ".v2"))) for row in rows]


@pytest.fixture
def house(database: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[House]]:
    """Makes a service over a fresh database; settings may be given."""

    async def make(**given: Any) -> House:
        service = build(settings(**given))
        pool = await database(service.migrations)
        running = Running(service, pool)
        assert isinstance(running.clock, SteppedClock)
        MESSAGES._said.clear()  # another test's messages have the same ids
        return House(running)

    return make


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NotifyServer]:
    """The stand-in for GOV.UK Notify; whoever got no answer of it asks at once whether it took the message."""
    monkeypatch.setattr(notify, "_LOOKS", (0.0,))
    with NotifyServer() as server:
        yield server
