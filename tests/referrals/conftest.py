"""The referrals service over a fresh database, without Kafka: its routes, and records put to its inbox."""

from collections.abc import Awaitable, Callable
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey
from pydantic import SecretStr

from chassis.clock import SteppedClock
from chassis.once import Item
from chassis.outbox import Meta
from chassis.records import Record
from chassis.sealing import sign_and_seal
from chassis.service import Running
from chassis.settings import TokenGrant
from chassis.web.hosting import make_web
from schemas.envelope import Envelope, Event
from schemas.submissions_v1 import SUBMISSION_TYPE
from schemas.topics import ALL, REFERRAL_SUBMISSIONS
from services.referrals.app import build
from services.referrals.settings import Sender, Settings
from services.referrals.vault import RING
from tests.referrals.builders import NOW, SECRET, body
from tests.support.given import settings_of

OURS = ECKey.generate_key("P-256", {"kid": "intake-1"}, private=True)
SCHOOL_SYSTEM = ECKey.generate_key("P-256", {"kid": "mis-1"}, private=True)
SOURCE = "/school-systems/mis"

GRANTS: dict[str, tuple[set[str], set[str] | None]] = {
    "school": ({"referrals:submit", "referrals:read"}, {"900001", "900002"}),
    "other-school": ({"referrals:submit", "referrals:read"}, {"900101"}),
    "supplier": ({"referrals:submit"}, None),
    "statutory": ({"referrals:statutory", "referrals:read"}, None),
    "team": ({"referrals:work", "referrals:read"}, None),
    "nobody": (set(), None),
}


def settings(**given: Any) -> Settings:
    """Settings for a test."""
    fields: dict[str, Any] = {
        "profile": "test",
        "database": SecretStr("postgresql://nobody@127.0.0.1/nothing"),
        "kafka": ["127.0.0.1:9"],
        "clock": "stepped",
        "clock_start": NOW,
        "identity_secret": SecretStr(SECRET.decode()),
        "tokens": tuple(
            TokenGrant(name=name, sha256=sha256(name.encode()).hexdigest(), scopes=scopes, owners=urns)
            for name, (scopes, urns) in GRANTS.items()
        ),
        "keyrings": {t.name: [{"kid": "k1", "k": "A" * 43}] for t in ALL if t.sealed},
        "submission_keys": (OURS,),
        "senders": (
            Sender(
                name="MIS",
                source=SOURCE,
                urns={"900001"},
                key=SCHOOL_SYSTEM.as_dict(private=False),
            ),
        ),
    }
    return settings_of(Settings, fields | given)


#: With a ring for evidence, which every service that keeps some needs.
RINGS = {**settings().keyrings, RING: [{"kid": "e1", "k": "B" * 43}]}


class Office:
    """The running service, and short ways to speak with it."""

    def __init__(self, running: Running) -> None:
        self.running, self.pool = running, running.pool

    @cached_property
    def web(self) -> httpx2.ASGITransport:
        """Its web application, made for the first who asks it something: many tests ask it nothing."""
        return httpx2.ASGITransport(app=make_web(self.running))

    @cached_property
    def http(self) -> httpx2.AsyncClient:
        """A browser of nobody."""
        return httpx2.AsyncClient(transport=self.web, base_url="http://here")

    async def get(self, path: str, who: str = "school") -> httpx2.Response:
        """What a GET by the holder of a token is answered."""
        return await self.http.get(path, headers={"Authorization": f"Bearer {who}"})

    async def post(
        self, path: str, given: Any, who: str = "school", key: str | None = None
    ) -> httpx2.Response:
        """What a POST by the holder of a token is answered."""
        headers = {"Authorization": f"Bearer {who}", "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        content = given if isinstance(given, bytes) else body(given)
        return await self.http.post(path, content=content, headers=headers)

    async def refer(self, given: Any, who: str = "school") -> str:
        """Sends a form that must be taken, whether or not it repeats another; answers its reference."""
        answer = await self.post("/api/referrals?duplicate=continue", given, who)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["reference"])

    async def said(self) -> list[str]:
        """The types of the events in the outbox, in order."""
        rows = await self.pool.fetch("SELECT headers::text AS h FROM outbox ORDER BY seq")
        return [next(part for part in row["h"].split('"') if part.endswith((".v1", ".v2"))) for row in rows]

    async def applies(self, *records: Record) -> None:
        """Puts records to the inbox, as the consumer does."""
        await self.running.inbox.apply(records)

    async def parked(self) -> list[str]:
        """Why records were parked."""
        return [row["reason"] for row in await self.pool.fetch("SELECT reason FROM dead_letter ORDER BY id")]


def submission(
    given: Any,
    id: str = "17",
    *,
    offset: int = 0,
    signer: ECKey = SCHOOL_SYSTEM,
    source: str = SOURCE,
    record: str | None = None,
    type: str = SUBMISSION_TYPE,
) -> Record:
    """A form as a school system puts it onto Kafka."""
    envelope = Envelope(id=id, type=type, source=source, time=NOW, key=id)
    text = given if isinstance(given, bytes) else body(given)
    sealed = sign_and_seal(text, signer, OURS, record if record is not None else f"{source} {id}")
    headers: Any = envelope.headers()
    return Record(REFERRAL_SUBMISSIONS.name, 0, offset, id.encode(), sealed, headers)


Offices = Callable[..., Awaitable[Office]]


@pytest.fixture
def office(database: Callable[..., Awaitable[Any]]) -> Offices:
    """Makes a service over a fresh database; settings may be given."""

    async def make(**given: Any) -> Office:
        service = build(settings(**given))
        running = Running(service, await database(service.migrations))
        assert isinstance(running.clock, SteppedClock)
        return Office(running)

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where `it` keeps evidence."""
    return tmp_path / "evidence"


@pytest.fixture
async def it(office: Offices, folder: Path) -> Office:
    """The service with that folder for evidence."""
    return await office(evidence_store=folder.as_uri(), evidence_mb=1, keyrings=RINGS)


async def apply(running: Running, *events: Event) -> None:
    """Applies facts of others as the consumer would, in one transaction."""
    async with running.pool.acquire() as conn, conn.transaction():
        items = [Item(event, Meta()) for event in events]
        await running.work.run(conn, items)
    for item in items:
        if item.error:
            raise item.error
