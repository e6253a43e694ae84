"""The service as a process of its own on a real Kafka, with the other two and their databases absent.

It is killed at each of its failpoints; the mail server's own list says what really went out.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from email import message_from_bytes, policy
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest
from aiokafka import AIOKafkaProducer
from aiosmtpd.smtp import Envelope as Mail

from chassis.sealing import KeyRings, RingKey
from deploy.local import Stack
from deploy.local.services import Town, start_services
from schemas.envelope import Envelope, Event
from services.notifications.domain.preference import Preference
from tests.notifications.builders import accepted, destination, details, listed, opened, received, routed
from tests.notifications.test_digest import reopened
from tests.notifications.test_smtp import a_server

pytestmark = pytest.mark.slow


class Sink:
    """A mail server's handler that keeps the ids of what it accepted."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.bodies: list[str] = []
        self.hang = asyncio.Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Mail) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.ids.append(mail["X-Fingerpost-Message"])
        body = mail.get_body(("plain",))
        assert body is not None
        self.bodies.append(body.get_content())
        return "250 OK"


@pytest.fixture(scope="module")
async def alone(stack: Stack) -> AsyncIterator[tuple[Town, Sink]]:
    prefix, sink = f"a{uuid4().hex[:8]}.", Sink()
    env = {"notifications": {"NOTIFICATIONS_LEASE_SECONDS": "9", "NOTIFICATIONS_SMTP_SECONDS": "1"}}
    async with a_server(sink) as port:
        services = start_services(
            stack, smtp=("127.0.0.1", port), prefix=prefix, names=["notifications"], env=env
        )
        town = await asyncio.to_thread(services.__enter__)
        try:
            yield town, sink
        finally:
            await asyncio.to_thread(services.__exit__, None, None, None)


async def publish(town: Town, *events: Event, versions: dict[str, int] | None = None) -> None:
    """Puts facts on their topics as their owners would."""
    rings = {name: [RingKey(**key) for key in ring] for name, ring in town.credentials.rings.items()}
    seals, seen = KeyRings(rings), versions if versions is not None else {}
    producer = AIOKafkaProducer(bootstrap_servers=town.stack.bootstrap)
    await producer.start()
    try:
        for event in events:
            stream = f"{event.topic.name}/{event.key}"
            seen[stream] = seen.get(stream, 0) + 1
            value = event.model_dump_json().encode()
            envelope = Envelope(
                id=str(uuid4()), type=type(event).type, source="/919/others", time=received().received_at,
                key=event.key, version=seen[stream],
            )  # fmt: skip
            sealed = seals.seal(event.topic.name, value) if event.topic.sealed else value
            await producer.send_and_wait(
                town.topic(event.topic.name), sealed, key=event.key.encode(), headers=envelope.headers()
            )
    finally:
        await producer.stop()


async def phases(town: Town, case: str) -> list[tuple[str, str, str | None]]:
    """(id under which it went out, phase, why) of the messages of one test's families."""
    conn = await asyncpg.connect(town.notifications.admin_dsn)
    try:
        rows = await conn.fetch(
            "SELECT coalesce(carried_by, id), phase, why FROM message WHERE referral_id LIKE $1 ORDER BY seq",
            f"{case}-%",
        )
        return [tuple(row) for row in rows]
    finally:
        await conn.close()


async def until(true: Callable[[], Any], seconds: float = 40) -> None:
    end = monotonic() + seconds
    while not await true():
        assert monotonic() < end, "this did not come true in time"
        await asyncio.sleep(0.1)


def a_family(case: str, n: int) -> list[Event]:
    """The facts by which one family is told of one thing."""
    referral, person = f"{case}-{n}", f"p-{case}-{n}"
    return [
        received(referral_id=referral, tell=(person,)),
        routed(referral_id=referral),
        details(person),
    ]


async def a_reader_of_digests(town: Town, case: str, n: int) -> list[Event]:
    """The facts by which a family that wants small steps together is told of two of them, and then of one thing."""
    referral, person = f"{case}-{n}", f"p-{case}-{n}"
    conn = await asyncpg.connect(town.notifications.admin_dsn)
    try:
        state = Preference(person_id=person, digest=True, number=1).model_dump_json()
        await conn.execute(
            "INSERT INTO preference (id, version, said, state) VALUES ($1, 1, 1, $2)", person, state
        )
    finally:
        await conn.close()
    told, routing, known = a_family(case, n)
    small = accepted(referral_id=referral), reopened(referral_id=referral)
    return [told, *small, routing, known]


async def test_it_tells_families_with_everybody_else_away(alone: tuple[Town, Sink]) -> None:
    town, sink = alone
    early = listed(case_id="c-early", referral_id="alone-0")
    await publish(town, early, destination(), opened(case_id="c-late", referral_id="alone-1"))
    await publish(town, *[event for n in range(20) for event in a_family("alone", n)])

    async def all_sent() -> bool:
        return [phase for _, phase, _ in await phases(town, "alone")] == ["sent"] * 21

    await until(all_sent)
    assert len(sink.ids) == len(set(sink.ids)) == 21
    link = sink.bodies[-1].split("/f/")[1].split()[0]
    async with httpx2.AsyncClient() as browser:
        page = await browser.get(f"{town.notifications.url}/f/{link}")
    assert page.status_code == 200
    assert "What has happened so far" in page.text
    log = town.notifications.log_path.read_text()
    assert link not in log
    assert "families.example" not in log


@pytest.mark.parametrize("point", ["after-claim", "after-provider-yes", "after-commit", "mid-batch"])
async def test_killed_at_any_point_it_sends_nothing_twice_and_forgets_nothing(
    alone: tuple[Town, Sink], point: str, tmp_path: Path
) -> None:
    town, sink = alone
    service, reached = town.notifications, tmp_path / "reached"
    await asyncio.to_thread(service.stop)
    readers = [event for n in range(30, 40) for event in await a_reader_of_digests(town, point, n)]
    await publish(town, *[event for n in range(30) for event in a_family(point, n)], *readers)
    env = {"FINGERPOST_FAILPOINT": point, "FINGERPOST_FAILPOINT_REACHED": str(reached)}
    await asyncio.to_thread(service.start, False, env=env)

    async def dead() -> bool:
        return reached.exists() and not service.running

    await until(dead)
    await asyncio.to_thread(service.start)

    async def settled() -> bool:
        found = await phases(town, point)
        return len(found) == 30 + 10 * 3 and {phase for _, phase, _ in found} <= {"sent", "held"}

    await until(settled)
    found = await phases(town, point)
    held = {id for id, phase, _ in found if phase == "held"}
    accepted = [id for id in sink.ids if id in {id for id, _, _ in found}]
    assert len(accepted) == len(set(accepted)), "the mail server was given something twice"
    assert {why for _, phase, why in found if phase == "held"} <= {"uncertain"}
    assert {id for id, phase, _ in found if phase == "sent"} <= set(accepted)
    assert set(accepted) | held == {id for id, _, _ in found}, "sent, or held for a person"
    assert len({id for id, _, _ in found}) == 30 + 10 * 2, "two small steps go in one message"
    assert bool(held) == (point in ("after-claim", "after-provider-yes"))
