"""From one outbox through a real Kafka into another service's inbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any, cast

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis import fetched, relay
from chassis.consumer import Consumer
from chassis.guard import DatabaseSetBack, check_not_set_back
from chassis.outbox import Draft, Meta, Outbox
from chassis.publisher import Publisher
from chassis.relay import Relay
from schemas.envelope import Envelope
from schemas.topics import REFERRALS
from tests.chassis import counters
from tests.chassis.counters import withdrawn
from tests.chassis.roads import Road, running
from tests.support.odd import send_raw


async def test_what_was_said_arrives_once_and_in_order(road: Road) -> None:
    keys = [f"k{n}" for n in range(40)]
    async with running(road.relay(), road.consumer()):
        await road.say(keys, range(1, 11))
        await road.until(dict.fromkeys(keys, 10))
    assert await road.receiver.fetchval("SELECT count(*) FROM dead_letter") == 0
    assert await road.sender.fetchval("SELECT count(*) FROM outbox") == 0
    assert await road.sender.fetchval("SELECT count(*) FROM outbox_sent") == 400


async def test_when_all_is_read_the_consumer_is_at_rest_with_no_lag(road: Road) -> None:
    consumer = road.consumer()
    async with running(road.relay(), consumer):
        await road.say(["a", "b"], range(1, 4))
        await road.until({"a": 3, "b": 3})
        for _ in range(100):
            if not await consumer.behind():
                break
            await asyncio.sleep(0.05)
        assert not await consumer.behind()
        assert consumer.lag() == 0
        assert consumer.trouble() is None
        assert consumer.ready() is None


async def test_an_outside_client_reads_cloudevents_from_the_topic(road: Road) -> None:
    async with running(road.relay()):
        await road.say(["a"], range(1, 2))
        reader = AIOKafkaConsumer(
            road.prefix + REFERRALS.name,
            bootstrap_servers=road.stack.bootstrap,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        await reader.start()
        try:
            record = await asyncio.wait_for(reader.getone(), 20)
        finally:
            await reader.stop()
    envelope = Envelope.read(record.key, record.headers)
    assert (envelope.type, envelope.key, envelope.version) == ("referral.withdrawn.v1", "a", 1)
    assert withdrawn("a").model_validate_json(record.value) == withdrawn("a")


@pytest.mark.parametrize("header", [b"\xff\xfe", None], ids=["not text", "nothing at all"])
async def test_a_record_with_an_unreadable_header_is_parked_and_its_neighbours_are_applied(
    road: Road, header: bytes | None
) -> None:
    async with running(road.relay()):
        await road.say(["a", "b", "c"], range(1, 4))
        await road.until_published()
    producer = AIOKafkaProducer(bootstrap_servers=road.stack.bootstrap)
    await producer.start()
    try:
        for partition in range(12):
            bad = [("ce_specversion", b"1.0"), ("x", header)]
            await producer.send_and_wait(
                road.prefix + REFERRALS.name, b"{}", partition=partition, headers=bad
            )
    finally:
        await producer.stop()
    async with running(road.relay(), road.consumer()):
        await road.say(["a", "b", "c"], range(4, 6))
        await road.until({"a": 5, "b": 5, "c": 5})
    assert await road.receiver.fetchval("SELECT count(*) FROM dead_letter") == 12


async def test_a_record_with_a_header_whose_name_is_no_text_is_parked_and_its_neighbours_are_applied(
    road: Road,
) -> None:
    async with running(road.relay()):
        await road.say(["a", "b", "c"], range(1, 4))
        await road.until_published()
    producer = AIOKafkaProducer(bootstrap_servers=road.stack.bootstrap)
    await producer.start()
    try:
        topic, odd = road.prefix + REFERRALS.name, [(b"\xff\xfe", b"x")]
        for partition in range(12):
            await send_raw(producer, topic, partition, b"somebody", b"{}", odd)
    finally:
        await producer.stop()
    async with running(road.relay(), road.consumer()):
        await road.say(["a", "b", "c"], range(4, 6))
        await road.until({"a": 5, "b": 5, "c": 5})
    letters = await road.receiver.fetch("SELECT key, reason, payload FROM dead_letter")
    assert [tuple(letter) for letter in letters] == [
        ("somebody", "the name of a header cannot be read", b"{}")
    ] * 12


async def test_what_a_failed_fetch_had_taken_of_other_partitions_is_read_again(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"k{n}" for n in range(40)]
    async with running(road.relay()):
        await road.say(keys, range(1, 4))
        await road.until_published()
    batches = count(1)
    # The fifth batch arrives damaged; those of four partitions were taken in the same call.
    monkeypatch.setattr(fetched._Batch, "validate_crc", lambda _: next(batches) != 5, raising=False)
    async with running(road.consumer()):
        await road.until(dict.fromkeys(keys, 3))
    assert next(batches) > 5
    assert await road.receiver.fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_what_was_fetched_before_partitions_were_assigned_anew_is_read_again(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first batch comes while they change hands; the second was on its way and comes when they have."""
    handle, batches = Consumer._handle, count(1)

    async def handled_late(self: Consumer, message: Any) -> None:
        number, consumer = next(batches), self._subscriber.consumer
        assert consumer is not None
        if number == 2:
            await self.seek(consumer.assignment())
        with monkeypatch.context() as meanwhile:
            if number == 1:  # it has no partitions just now, and none to go back in
                self._sought.clear()
                meanwhile.setattr(consumer, "assignment", frozenset)
            await handle(self, message)

    monkeypatch.setattr(Consumer, "_handle", handled_late)
    async with running(road.relay()):
        await road.say(["k1", "k2"], range(1, 21))
        await road.until_published()
    async with running(road.consumer(batch=3)):
        await road.until({"k1": 20, "k2": 20})
    assert await road.receiver.fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_a_second_worker_joining_and_leaving_loses_and_doubles_nothing(road: Road) -> None:
    keys = [f"k{n}" for n in range(24)]
    expected = 0
    async with running(road.relay(), road.consumer()):
        for round_ in range(3):
            async with running(road.consumer()):
                await road.say(keys, range(expected + 1, expected + 6))
                expected += 5
                await asyncio.sleep(0.5 + round_)
            await road.say(keys, range(expected + 1, expected + 6))
            expected += 5
        await road.until(dict.fromkeys(keys, expected), 60)
    assert await road.receiver.fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_only_one_of_two_relays_publishes_and_the_other_takes_over(road: Road) -> None:
    async with running(road.consumer()):
        async with running(road.relay()), running(road.relay()):
            await road.say(["a"], range(1, 6))
            await road.until({"a": 5})
        async with running(road.relay()):
            await road.say(["a"], range(6, 8))
            await road.until({"a": 7})


class ForgetsToUnlock:
    """A pool on whose connections no lock can be given back, the first time."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool, self.refused = pool, False

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        async with self._pool.acquire() as conn:
            self._conn = conn
            yield self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conn, name)

    async def execute(self, query: str, *values: Any) -> Any:
        if "unlock" in query and not self.refused:
            self.refused = True
            raise TimeoutError
        return await self._conn.execute(query, *values)


async def test_a_relay_that_cannot_give_its_lock_back_does_not_keep_it_for_ever(road: Road) -> None:
    forgets = ForgetsToUnlock(road.sender)
    relay = Relay(
        cast(asyncpg.Pool, forgets),
        road.brokers,
        name="referrals",
        prefix=road.prefix,
    )
    async with running(relay):
        await road.say(["a"], range(1, 3))
        await road.until_published()
    assert forgets.refused
    ours = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    locks = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND {ours}"
    for _ in range(400):
        if not await road.sender.fetchval(locks):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the lock is still held")


async def test_a_relay_leaves_its_connection_as_it_found_it(road: Road) -> None:
    name = await road.sender.fetchval("SELECT current_database()")
    await road.sender.execute(f"ALTER DATABASE {name} SET idle_session_timeout = '1h'")
    await road.sender.expire_connections()
    async with running(road.relay()):
        await road.say(["a"], range(1, 3))
        await road.until_published()
    settings = (
        "SELECT current_setting('idle_session_timeout'), current_setting('enable_seqscan') FROM pg_sleep(0.2)"
    )
    everywhere = await asyncio.gather(*(road.sender.fetchrow(settings) for _ in range(8)))
    assert [tuple(row or ()) for row in everywhere] == [("1h", "on")] * 8


class Asked(Relay):
    """A relay that publishes nothing, and says how its statements would be carried out."""

    plans: list[str]

    async def _relay_batches(self, conn: Any, _: Any, stopping: asyncio.Event) -> None:
        following = await conn.fetch(f"EXPLAIN {relay._NEXT}", 0, 500)
        moving = await conn.fetch(f"EXPLAIN {relay._MARK}", 0, list(range(500)))
        self.plans = ["\n".join(row[0] for row in plan) for plan in (following, moving)]
        stopping.set()


async def test_a_relay_finds_its_rows_by_the_index_however_empty_the_outbox_was(road: Road) -> None:
    """What has passed leaves pages behind until the next vacuum: walking through them took longer with every row."""
    await road.sender.execute("VACUUM (ANALYZE) outbox")
    asked = Asked(road.sender, road.brokers, name="referrals", prefix=road.prefix)
    await asyncio.wait_for(asked.run(asyncio.Event()), 30)
    for plan in asked.plans:
        assert "outbox_pkey" in plan
        assert "Seq Scan on outbox" not in plan


async def test_a_fact_that_is_committed_while_later_ones_are_published_is_published_too(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its place in the outbox is before theirs: whoever marks all up to the last one read loses it."""
    publish = Publisher.publish
    async with road.sender.acquire() as slow:
        late = slow.transaction()
        await late.start()
        await Outbox("/919/referrals", counters.Open()).append(slow, [Draft(withdrawn("slow"), 1, Meta("c"))])
        await road.say(["quick"], range(1, 2))

        async def meanwhile(self: Publisher, rows: Any) -> None:
            await publish(self, rows)
            if [row["key"] for row in rows] == ["quick"]:
                await late.commit()

        monkeypatch.setattr(Publisher, "publish", meanwhile)
        async with running(road.consumer(), road.relay()):
            await road.until({"quick": 1, "slow": 1})


class Frozen(Relay):
    """A relay whose process stopped, with its sessions open, as soon as it led."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.leads = asyncio.Event()

    async def _relay_batches(self, *arguments: Any) -> None:
        self.leads.set()
        await asyncio.sleep(3600)


async def test_a_relay_that_is_frozen_gives_way_to_another(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.relay.FROZEN_SECONDS", 1)
    frozen = Frozen(road.sender, road.brokers, name="referrals", prefix=road.prefix)
    task = asyncio.create_task(frozen.run(asyncio.Event()))
    await asyncio.wait_for(frozen.leads.wait(), 20)
    async with running(road.relay()):
        await road.say(["a"], range(1, 3))
        await road.until_published()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_was_sent_is_kept_by_the_day_of_the_databases_clock(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Ahead":
            return cls(2100, 1, 1, tzinfo=tz)

    monkeypatch.setattr("chassis.relay.datetime", Ahead)
    async with running(road.relay()):
        await road.say(["a"], range(1, 3))
        await road.until_published()
    assert await road.sender.fetchval("SELECT count(*) FROM outbox_sent") == 2


async def test_positions_of_the_database_count_and_not_those_of_kafka(road: Road) -> None:
    async with running(road.relay(), road.consumer()):
        await road.say(["a", "b"], range(1, 6))
        await road.until({"a": 5, "b": 5})
    # The database is set back to an older backup; Kafka's own positions are ahead of it now.
    await road.receiver.execute("TRUNCATE counter, inbox, partition_position, outbox")
    async with running(road.consumer()):
        await road.until({"a": 5, "b": 5})
    assert await road.receiver.fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_a_producer_whose_database_was_set_back_is_told_and_refused(road: Road) -> None:
    repository = [counters.TABLE_OF_COUNTERS]
    async with running(road.relay()):
        await road.say(["a"], range(1, 4))
        await road.until_published()
    await road.sender.execute(counters.TABLE)
    state = "INSERT INTO counter VALUES ('a', 3, $1, '{}')"
    await road.sender.execute(state, 3)
    check = (road.sender, repository, road.brokers, [REFERRALS], road.prefix)
    await check_not_set_back(*check)
    await _somebody_else_says(road, "b")
    await check_not_set_back(*check, source="/919/referrals")
    await road.sender.execute("UPDATE counter SET said = 2")
    with pytest.raises(DatabaseSetBack, match="restore a newer backup"):
        await check_not_set_back(*check, source="/919/referrals")


async def _somebody_else_says(road: Road, key: str) -> None:
    """A stranger writes onto our log, where it is parked: no reason to refuse to write."""
    envelope = Envelope("not-even-an-id", "odd.v1", "/somebody/else", datetime.now(UTC), key, version=9)
    async with AIOKafkaProducer(bootstrap_servers=road.stack.bootstrap) as producer:
        topic = road.prefix + REFERRALS.name
        await producer.send_and_wait(topic, b"{}", key=key.encode(), headers=envelope.headers())


async def test_a_day_of_what_was_sent_is_left_alone_until_it_goes_as_a_whole(road: Road) -> None:
    async with running(road.relay()):
        await road.say(["a"], range(1, 2))
        await road.until_published()
    days = await road.sender.fetch(
        "SELECT c.reloptions FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'outbox_sent'::regclass"
    )
    assert [day["reloptions"] for day in days] == [["autovacuum_enabled=false"]] * 2
