"""Kafka has lost the end of a log, or the whole of it: it is published again, read again, and nothing is missing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic, sleep
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import asyncpg
import pytest
from aiokafka import TopicPartition

from chassis.operations.lost_end import (
    CannotBeginAgain,
    CutOff,
    Found,
    Short,
    look,
    publish_again,
    read_again,
    sent,
)
from chassis.operations.lost_end_command import _begun, _published
from chassis.outbox import Draft, Meta, Outbox
from chassis.relay import LOCK_CLASS
from chassis.service import Running
from deploy.local.services import Town
from schemas.topics import PANELS, PERSONAL_DETAILS, REFERRALS, Topic
from tests.chassis import counters
from tests.chassis.counters import withdrawn
from tests.faults.load import Load, Pace
from tests.faults.oracle import drain
from tests.operations.operator import ask
from tests.operations.test_rebuild import sql, verified
from tests.support.mail import MailSink
from tests.support.topics import made_anew

Databases = Callable[..., Awaitable[asyncpg.Pool]]
TOPIC = REFERRALS.name
LOG = UUID(int=1)
_ORDER = "SELECT key, version FROM outbox ORDER BY seq"


class Writer:
    """A service's outbox, with a hand that publishes."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def write(self, key: str, *versions: int) -> None:
        """Into the outbox, as a rule would."""
        async with self.pool.acquire() as conn, conn.transaction():
            drafts = [Draft(withdrawn(key), version, Meta("c")) for version in versions]
            await Outbox("/919/referrals", counters.Open()).append(conn, drafts)

    async def publish(self, most: int = 100) -> None:
        """What the relay does to the first ``most`` rows once Kafka has acknowledged them."""
        await self.pool.execute(
            "WITH gone AS (DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox ORDER BY seq LIMIT $1) RETURNING *) "
            "INSERT INTO outbox_sent (shard, seq, event_id, topic, key, version, headers, payload, created_at) "
            "SELECT shard, seq, event_id, topic, key, version, headers, payload, created_at FROM gone",
            most,
        )

    async def again(self) -> list[tuple[str, int]]:
        """Has it published again; answers what then waits, in its order."""
        async with self.pool.acquire() as conn, conn.transaction():
            await publish_again(conn, [TOPIC])
        return [tuple(row) for row in await self.pool.fetch(_ORDER)]


@pytest.fixture
async def writer(database: Databases) -> Writer:
    pool = await database()
    await pool.execute("CREATE TABLE outbox_sent_all PARTITION OF outbox_sent DEFAULT")
    return Writer(pool)


async def test_what_waits_is_published_after_what_is_published_again(writer: Writer) -> None:
    await writer.write("a", 1, 2)
    await writer.publish()
    await writer.write("a", 3)
    assert await writer.again() == [("a", 1), ("a", 2), ("a", 3)]


async def test_a_fact_that_was_published_again_before_comes_once_and_in_its_place(writer: Writer) -> None:
    await writer.write("a", 1, 2, 3)
    await writer.publish()
    await writer.again()
    await writer.publish(most=1)  # then Kafka was lost once more
    assert await writer.again() == [("a", 1), ("a", 2), ("a", 3)]


async def test_a_fact_that_was_sealed_anew_is_published_as_it_was_sealed_last(writer: Writer) -> None:
    await writer.write("a", 1)
    await writer.publish()
    await writer.pool.execute(
        "INSERT INTO outbox (shard, event_id, topic, key, version, headers, payload) "
        "SELECT shard, event_id, topic, key, version, headers, 'sealed anew' FROM outbox_sent"
    )
    await writer.publish()
    assert await writer.again() == [("a", 1)]
    assert await writer.pool.fetchval("SELECT payload FROM outbox") == b"sealed anew"


async def test_facts_are_published_again_in_their_order_whatever_ids_they_have(writer: Writer) -> None:
    await writer.write("a", 1, 2, 3)
    await writer.publish()
    await writer.pool.execute(
        "UPDATE outbox_sent SET event_id = ('00000000-0000-0000-0000-00000000000' || (9 - version))::uuid"
    )
    assert await writer.again() == [("a", 1), ("a", 2), ("a", 3)]


@pytest.mark.parametrize(("without_beginning", "goes_on_at"), [(False, 3), (True, 5)])
async def test_what_was_deleted_before_it_was_read_is_given_up_only_by_whoever_says_so(
    writer: Writer, without_beginning: bool, goes_on_at: int
) -> None:
    place = TopicPartition(TOPIC, 0)
    await writer.pool.execute(
        "INSERT INTO partition_position (topic, partition, next_offset) VALUES ($1, 0, 3)", TOPIC
    )
    found = Found([TOPIC], {(TOPIC, 0): 5}, [], [CutOff(place, 3, 5)])
    async with writer.pool.acquire() as conn, conn.transaction():
        await read_again(conn, found, without_beginning=without_beginning)
    assert await writer.pool.fetchval("SELECT next_offset FROM partition_position") == goes_on_at


async def test_dead_letters_lose_their_place_where_the_place_was_lost_and_nowhere_else(
    writer: Writer,
) -> None:
    await writer.pool.execute(
        "INSERT INTO dead_letter (topic, partition, record_at, headers, reason, fingerprint) "
        "SELECT topic, 0, at, '[]', 'a', 'a' FROM unnest($1::text[]) AS t(topic), unnest('{4,5}'::int[]) AS a(at)",
        [TOPIC, PERSONAL_DETAILS.name],
    )
    short = [Short(TopicPartition(topic, 0), 7, 5) for topic in (TOPIC, PERSONAL_DETAILS.name)]
    async with writer.pool.acquire() as conn, conn.transaction():
        await read_again(conn, Found([TOPIC], {(TOPIC, 0): 0}, short))
    kept = await writer.pool.fetch("SELECT topic, record_at FROM dead_letter WHERE record_at > 0")
    assert sorted(map(tuple, kept)) == [(PERSONAL_DETAILS.name, 4), (PERSONAL_DETAILS.name, 5), (TOPIC, 4)]


class Logs:
    """Stands in for Kafka: three logs with one partition each, which begin at 5 and end at 9."""

    def __init__(self, *_: object) -> None:
        self._names = (TOPIC, PANELS.name, PERSONAL_DETAILS.name)

    async def __aenter__(self) -> "Logs":
        return self

    async def __aexit__(self, *_: object) -> None:
        """There is nothing to close."""

    def topic(self, partition: TopicPartition) -> str:
        return str(partition.topic)

    async def partitions(self, topics: Sequence[Topic]) -> list[TopicPartition]:
        return [TopicPartition(topic.name, 0) for topic in topics if topic.name in self._names]

    async def beginnings(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 5)

    async def logs(self, topics: Sequence[Topic]) -> dict[str, UUID]:
        return {topic.name: LOG for topic in topics}

    async def ends(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 9)


def a_service(pool: asyncpg.Pool) -> Running:
    """One that hears all three, and writes the first."""
    heard = [REFERRALS, PANELS, PERSONAL_DETAILS]
    service = SimpleNamespace(hears=heard, says=[REFERRALS])
    settings = SimpleNamespace(topic_prefix="")
    parts = SimpleNamespace(pool=pool, name="small", brokers=None, settings=settings, service=service)
    return cast(Running, parts)


async def test_while_a_worker_runs_nothing_is_published_or_read_again(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would go on from where it is, and write that down over what was set back."""
    monkeypatch.setattr("chassis.operations.lost_end.TopicReader", Logs)
    running, asked = a_service(writer.pool), ([TOPIC], "Ada", "the brokers lost their disks", False)
    async with writer.pool.acquire() as worker:
        await worker.execute("SELECT pg_advisory_lock($1, 0)", LOCK_CLASS)
        with pytest.raises(CannotBeginAgain, match="stop it first"):
            await _published(running, *asked)
        with pytest.raises(CannotBeginAgain, match="stop it first"):
            await _begun(running, *asked, False)
    await _begun(running, *asked, False)


@pytest.mark.parametrize(
    ("without_beginning", "topics"), [(False, [PANELS.name]), (True, [PANELS.name, TOPIC])]
)
async def test_logs_without_their_end_are_read_again_and_those_without_a_beginning_if_somebody_says_so(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, without_beginning: bool, topics: list[str]
) -> None:
    """Of the third, whose last states count, it is no loss that it begins later."""
    monkeypatch.setattr("chassis.operations.lost_end.TopicReader", Logs)
    await writer.pool.executemany(
        "INSERT INTO partition_position (topic, partition, next_offset) VALUES ($1, 0, $2)",
        [(TOPIC, 3), (PANELS.name, 10), (PERSONAL_DETAILS.name, 3)],
    )
    found = await look(a_service(writer.pool), without_beginning=without_beginning)
    assert found.topics == topics
    assert [each.partition.topic for each in found.short] == [PANELS.name]
    assert [each.partition.topic for each in found.cut_off] == [TOPIC]


async def test_a_log_that_was_made_anew_is_read_again_however_long_it_is_and_its_dead_letters_lose_their_places(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.operations.lost_end.TopicReader", Logs)
    await writer.pool.executemany(
        "INSERT INTO heard_log (topic, id) VALUES ($1, $2)", [(TOPIC, UUID(int=2)), (PANELS.name, LOG)]
    )
    await writer.pool.execute(
        "INSERT INTO dead_letter (topic, partition, record_at, headers, reason, fingerprint) "
        "SELECT topic, 0, 4, '[]', 'a', 'a' FROM unnest($1::text[]) AS t(topic)",
        [TOPIC, PANELS.name],
    )
    found = await look(a_service(writer.pool))
    assert (found.topics, found.anew) == ([TOPIC], [TOPIC])
    async with writer.pool.acquire() as conn, conn.transaction():
        await read_again(conn, found)
    assert [tuple(row) for row in await writer.pool.fetch("SELECT topic FROM heard_log")] == [(PANELS.name,)]
    kept = await writer.pool.fetch("SELECT topic FROM dead_letter WHERE record_at >= 0")
    assert [tuple(row) for row in kept] == [(PANELS.name,)]


async def test_facts_of_other_topics_stay_as_they_are(writer: Writer) -> None:
    await writer.write("a", 1)
    await writer.publish()
    async with writer.pool.acquire() as conn, conn.transaction():
        assert await sent(conn, [PERSONAL_DETAILS.name]) == []
        await publish_again(conn, [PERSONAL_DETAILS.name])
        assert [(each.topic, each.facts) for each in await sent(conn, [TOPIC])] == [(TOPIC, 1)]
    assert await writer.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_fact_that_is_being_written_is_waited_for_and_comes_last(writer: Writer) -> None:
    await writer.write("a", 1, 2)
    await writer.publish()
    async with writer.pool.acquire() as conn, conn.transaction():
        third = [Draft(withdrawn("a"), 3, Meta("c"))]
        await Outbox("/919/referrals", counters.Open()).append(conn, third)
        again = asyncio.create_task(writer.again())
        await asyncio.sleep(0.3)
        assert not again.done()
    assert await again == [("a", 1), ("a", 2), ("a", 3)]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_topic_made_anew_is_published_and_read_again_and_families_notice_nothing(
    town: Town, load: Load, sink: MailSink, empty_database: Callable[[], str]
) -> None:
    mails, hearers = len(sink.mails), ("panels", "notifications")
    again = ("publish-again", TOPIC, "--reason", "the brokers lost their disks")
    assert "stop it first" in ask(town, "referrals", *again, status=2)
    assert "does not write panels.v1" in ask(town, "referrals", "publish-again", "panels.v1", status=2)
    assert "nothing was changed" in ask(town, "referrals", *again, "--dry-run"), "which harms no worker"
    assert "nothing is to be read again" in ask(town, "panels", "read-again", "--dry-run")
    for service in town.services.values():
        service.stop()
    asyncio.run(made_anew(town.stack.bootstrap, town.prefix, TOPIC))
    _notices(town, "notifications")

    before = _waiting(town)
    assert f"{TOPIC}: " in ask(town, "referrals", *again, "--dry-run")
    assert _waiting(town) == before == 0
    assert "are published when the service starts" in ask(town, "referrals", *again)
    letter = _a_letter_of_the_lost_log(town)
    for name in hearers:
        assert f"would be read from the beginning: {TOPIC}" in ask(town, name, "read-again", "--dry-run")
        assert f"starts: {TOPIC}" in ask(town, name, "read-again", "--reason", "the brokers lost their disks")
    assert sql(town.notifications.dsn, _PLACE)[0]["record_at"] == -letter
    assert "because: the brokers" in ask(town, "notifications", "audit")

    for service in town.services.values():
        service.start()
    drain(town, 120)
    assert len(sink.mails) == mails
    load.run(Pace(2), lambda: True)
    drain(town, 120)
    assert len(sink.mails) == mails + 4
    for said in verified(town, {name: empty_database() for name in town.services}).values():
        assert "the rebuilt database holds what the live one has learnt" in said
    for service in town.services.values():
        assert sql(service.dsn, "SELECT id FROM dead_letter WHERE status = 'parked'") == []


_PLACE = "SELECT id, record_at FROM dead_letter WHERE note = 'of the lost log'"


def _waiting(town: Town) -> int:
    return int(sql(town.referrals.dsn, "SELECT count(*) AS n FROM outbox")[0]["n"])


def _a_letter_of_the_lost_log(town: Town) -> int:
    """One that was settled long ago, where another record will stand now; answers its id."""
    planted = (
        "INSERT INTO dead_letter (topic, partition, record_at, headers, reason, fingerprint, status, note) "
        "SELECT topic, partition, 0, '[]', 'a', 'a', 'discarded', 'of the lost log' FROM partition_position "
        f"WHERE topic = '{TOPIC}' AND next_offset > 0 LIMIT 1 RETURNING id"
    )
    return int(sql(town.notifications.dsn, planted)[0]["id"])


def _notices(town: Town, name: str) -> None:
    """The service does not go on, and says what to do."""
    service = town.services[name]
    service.start(wait=False)
    ends_at = monotonic() + 60
    while service.running and monotonic() < ends_at:
        sleep(0.2)
    assert not service.running
    assert "have its writer `publish-again`" in service.log_path.read_text()
