"""The two doors through which schools send: the HTTP API, and sealed events on Kafka."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

import httpx2
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.sealing import sign_and_seal
from deploy.demo.arrivals import Arrival, system_of
from deploy.demo.defects import Fault
from deploy.demo.ledger import Ledger
from deploy.local.services import Town
from schemas.envelope import Envelope
from schemas.submissions_v1 import SUBMISSION_TYPE
from schemas.topics import REFERRAL_SUBMISSIONS, SUBMISSION_ANSWERS
from services.referrals.domain.register.places import Register

_TRIES = 5
_ANSWER_SECONDS = 60.0


class NoAnswer(Exception):
    """A form was sent and not answered; the text says which."""


@dataclass
class Doors:
    """Sends forms, and writes what they are answered into the ledger.

    ``sent_at`` is the real time (monotonic) at which each form was sent for the first time.
    """

    town: Town
    client: httpx2.AsyncClient
    register: Register
    ledger: Ledger
    producer: Any
    sent_at: dict[str, float] = field(default_factory=dict)
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    sent_again: int = 0

    async def send(self, arrivals: Sequence[Arrival], now: datetime) -> None:
        """Send these forms at the same time and wait for every answer. Raises NoAnswer."""
        await asyncio.gather(*(self._send(arrival, now) for arrival in arrivals))

    async def _send(self, arrival: Arrival, now: datetime) -> None:
        by = self._by_event if arrival.way == "event" else self._by_http
        self.sent_at[arrival.id] = monotonic()
        await by(arrival, now)
        if arrival.sent_twice:
            self.sent_again += 1
            await by(arrival, now)

    async def _by_http(self, arrival: Arrival, now: datetime) -> None:
        answer = await self._posted(arrival)
        if answer.status_code == 202:
            self.ledger.answered(arrival, answer.json()["reference"], ())
            return
        problem = answer.json()
        named = [(fault["field"], fault["code"]) for fault in problem.get("errors", ())]
        self.ledger.answered(arrival, None, named or [("", problem["code"])])

    async def _posted(self, arrival: Arrival) -> httpx2.Response:
        """The answer; asked again, with the same key, where the service was away for a moment."""
        headers = {**self.town.headers(caller(arrival)), "Idempotency-Key": arrival.id}
        headers["Content-Type"] = "application/json"
        for pause in range(_TRIES):
            with suppress(httpx2.TransportError):
                answer = await self.client.post(
                    f"{self.town.referrals.url}/api/referrals", content=arrival.body, headers=headers
                )
                if answer.status_code < 500:
                    return answer
            await asyncio.sleep(0.2 * 2**pause)
        raise NoAnswer(f"{arrival.id} was sent {_TRIES} times over HTTP and not answered")

    async def _by_event(self, arrival: Arrival, now: datetime) -> None:
        source = system_of(arrival.urn, self.register)
        envelope = Envelope(
            arrival.id, SUBMISSION_TYPE, source, now, key=arrival.id, content_type="application/jose"
        )
        value = sign_and_seal(
            arrival.body, self.town.senders[source], self.town.recipient, f"{source} {arrival.id}"
        )
        topic = self.town.topic(REFERRAL_SUBMISSIONS.name)
        known = len(self.answers[arrival.id])
        await self.producer.send_and_wait(topic, value, key=arrival.id.encode(), headers=envelope.headers())
        if not known:
            await self._answer_of(arrival)

    async def _answer_of(self, arrival: Arrival) -> None:
        end = monotonic() + _ANSWER_SECONDS
        while not self.answers[arrival.id]:
            if monotonic() > end:
                raise NoAnswer(f"{arrival.id} was sent as an event and not answered")
            await asyncio.sleep(0.01)
        self._note(arrival, self.answers[arrival.id][0])

    def _note(self, arrival: Arrival, said: dict[str, Any]) -> None:
        faults: list[Fault] = [(fault["field"], fault["code"]) for fault in said.get("faults", ())]
        self.ledger.answered(arrival, said.get("reference"), faults)

    def check_answers(self) -> None:
        """Write into the ledger each event that was answered more than once."""
        self.ledger.taken_twice += [id for id, said in self.answers.items() if len(said) > 1]


def caller(arrival: Arrival) -> str:
    """Whose token the form comes with: the school's own, or where the school is unknown the portal's."""
    if arrival.way == "statutory":
        return "co-ordinator"
    return "school" if ("urn", "urn-unknown") in arrival.faults else f"school:{arrival.urn}"


@asynccontextmanager
async def open_doors(
    town: Town, client: httpx2.AsyncClient, register: Register, ledger: Ledger
) -> AsyncIterator[Doors]:
    """Doors to a town's services; the answers on Kafka are read from the beginning, as an outsider would."""
    producer = AIOKafkaProducer(
        bootstrap_servers=town.stack.bootstrap, acks="all", enable_idempotence=True, linger_ms=2
    )
    consumer = AIOKafkaConsumer(
        town.topic(SUBMISSION_ANSWERS.name),
        bootstrap_servers=town.stack.bootstrap,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
    )
    await producer.start()
    await consumer.start()
    doors = Doors(town, client, register, ledger, producer)
    reading = asyncio.create_task(_read(consumer, doors))
    try:
        yield doors
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        await consumer.stop()
        await producer.stop()


async def _read(consumer: Any, doors: Doors) -> None:
    async for record in consumer:
        said = json.loads(record.value)
        doors.answers[said["submission_id"]].append(said)
