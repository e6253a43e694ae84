"""Kafka has lost the end of a log, or the whole of it: it is published again, read again, and nothing is missing."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic, sleep

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from chassis.operations.lost_end import publish_again, sent
from chassis.outbox import Draft, Meta, Outbox
from deploy.kafka.apply import apply_topics
from deploy.local.services import Town
from schemas.topics import PERSONAL_DETAILS, REFERRALS
from tests.chassis import counters
from tests.chassis.counters import withdrawn
from tests.faults.load import Load, Pace
from tests.faults.oracle import drain
from tests.operations.operator import ask
from tests.operations.test_rebuild import sql, verified
from tests.support.mail import MailSink

Databases = Callable[..., Awaitable[asyncpg.Pool]]
TOPIC = REFERRALS.name
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
    _lost(town, TOPIC)
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


def _lost(town: Town, topic: str) -> None:
    """The topic is gone with all that was in it, and made anew."""

    async def lose() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=town.stack.bootstrap)
        await admin.start()
        try:
            await admin.delete_topics([town.prefix + topic])
        finally:
            await admin.close()
        await asyncio.sleep(2)  # brokers let go of a topic after they have said so
        await apply_topics(town.stack.bootstrap, town.prefix)

    asyncio.run(lose())


def _notices(town: Town, name: str) -> None:
    """The service does not go on, and says what to do."""
    service = town.services[name]
    service.start(wait=False)
    ends_at = monotonic() + 60
    while service.running and monotonic() < ends_at:
        sleep(0.2)
    assert not service.running
    assert "have its writer `publish-again`" in service.log_path.read_text()
