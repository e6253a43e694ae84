"""The smallest service there can be, to try the chassis with: it counts what it hears of each referral."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
from pydantic import BaseModel

from chassis.clock import SystemClock
from chassis.decision import Changes, Decision, Due, Kind, Refused, World
from chassis.handlers import Handlers
from chassis.inbox import Inbox
from chassis.outbox import Outbox
from chassis.records import Record
from chassis.runner import Runner
from chassis.storage import Column, JsonTable
from chassis.work import Work
from schemas.envelope import Envelope, Event
from schemas.notifications_v1 import MessageSent
from schemas.referrals_v1 import ReferralWithdrawn

TABLE = """
CREATE TABLE counter (id text PRIMARY KEY, version int NOT NULL, said int NOT NULL, state json NOT NULL, n int)
"""


class Counter(BaseModel):
    n: int = 0
    heard: tuple[str, ...] = ()


class Count(BaseModel):
    """A command: count once more, or be refused."""

    id: str
    refuse: bool = False
    crash: bool = False


class CountAll(BaseModel):
    ids: tuple[str, ...]


COUNTER = Kind("counter", Counter)
TABLE_OF_COUNTERS = JsonTable(COUNTER, "counter", {"n": Column("int", lambda counter: counter.n)})
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def said(id: str) -> MessageSent:
    return MessageSent(
        message_id=id, referral_id="r", person_id="p", fact="f", channel="email", sent_at=datetime.now(UTC)
    )


def on_withdrawn(counter: Counter | None, event: ReferralWithdrawn, now: datetime) -> Decision[Counter]:
    counter = counter or Counter()
    if event.referral_id.startswith("refused"):
        raise Refused("no", "never")
    if event.referral_id.startswith("crash"):
        raise ValueError("a bug")
    if event.referral_id == "too much for this process":
        raise MemoryError
    heard = (*counter.heard, event.reason)
    return Decision(Counter(n=counter.n + 1, heard=heard), (said(event.referral_id),))


def on_count(counter: Counter | None, command: Count, now: datetime) -> Decision[Counter]:
    if command.refuse:
        raise Refused("no", "never")
    if command.crash:
        raise ValueError("a bug")
    n = (counter.n if counter else 0) + 1
    return Decision(Counter(n=n), (said(command.id),), (Due("remind", command.id, now),), answer={"n": n})


def on_count_all(world: World, command: CountAll, now: datetime) -> Changes:
    counters = {id: world.get(COUNTER, id) or Counter() for id in command.ids}
    return Changes({COUNTER.at(id): Decision(Counter(n=one.n + 1)) for id, one in counters.items()})


def on_remind(counter: Counter | None, due: Due, now: datetime) -> Decision[Counter]:
    assert counter is not None
    if due.id == "too much for this process":
        raise MemoryError
    return Decision(Counter(n=counter.n + 100), (said(due.id),))


def touched(event: ReferralWithdrawn) -> str:
    if event.referral_id == "untouchable":
        raise ValueError("a bug")
    return event.referral_id


def handlers() -> Handlers:
    table = Handlers()
    table.on(ReferralWithdrawn, COUNTER, touched, on_withdrawn)
    table.on(Count, COUNTER, lambda command: command.id, on_count)
    table.on_many(CountAll, lambda command: [COUNTER.at(id) for id in command.ids], on_count_all)
    table.when_due("remind", COUNTER, on_remind)
    return table


class Open:
    """Seals that hide nothing: these tests send no persons."""

    def seal(self, topic: str, payload: bytes) -> bytes:
        return payload

    def open(self, topic: str, payload: bytes) -> bytes:
        return payload


def work(table: Handlers | None = None) -> Work:
    return Work(table or handlers(), [TABLE_OF_COUNTERS], Outbox("/919/test", Open()), SystemClock())


def runner(pool: asyncpg.Pool) -> Runner:
    return Runner(pool, work(), lambda: None)


def inbox(pool: asyncpg.Pool, **kwargs: Any) -> Inbox:
    return Inbox(pool, work(), Open(), kwargs.get("decoders", {}), kwargs.get("said", lambda: None))


def withdrawn(id: str, reason: Any = "moved-away") -> ReferralWithdrawn:
    return ReferralWithdrawn(referral_id=id, reason=reason, withdrawn_at=NOW)


def record(event: Event, version: int | None, offset: int, *, event_id: str, partition: int = 0) -> Record:
    """The record that ``event`` makes on its topic."""
    envelope = Envelope(event_id, type(event).type, "/919/referrals", NOW, event.key, version)
    return Record(
        event.topic.name,
        partition,
        offset,
        event.key.encode(),
        event.model_dump_json().encode(),
        [(name, value) for name, value in envelope.headers()],
    )
