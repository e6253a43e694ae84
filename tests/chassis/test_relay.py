"""In which order the relay publishes, that it does so alone, how long it gathers events, and how long it leads."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any, cast

import asyncpg
import pytest
from aiokafka.errors import InvalidTimestampError, NotEnoughReplicasError, TopicAuthorizationFailedError

from chassis.brokers import Brokers
from chassis.relay import BATCH, LEADS_SECONDS, LOCK_CLASS, Relay


class Outbox:
    """A connection behind which events always wait: so many for each batch, then the relay is told to stop."""

    def __init__(self, *batches: int) -> None:
        self.batches, self.stopping = list(batches), asyncio.Event()

    async def fetch(self, *_: Any) -> list[dict[str, int]]:
        found = self.batches.pop(0)
        if not self.batches:
            self.stopping.set()
        return [{"seq": n} for n in range(found)]

    async def execute(self, *_: Any) -> None:
        return None


class Kafka:
    """Takes so many seconds over each batch."""

    def __init__(self, *seconds: float) -> None:
        self.now, self._seconds = 0.0, iter(seconds)

    async def publish(self, _: Any) -> None:
        self.now += next(self._seconds)


class Troubled(Relay):
    """Meets these, one after the other; then it is told to stop. ``told`` is what it said of each."""

    def __init__(self, *met: BaseException) -> None:
        nothing: Any = None
        super().__init__(nothing, nothing, name="referrals")
        self._met, self.told = list(met), list[str | None]()

    async def _lead(self, stopping: asyncio.Event) -> None:
        self.told.append(self.trouble)
        if not self._met:
            stopping.set()
            return
        raise self._met.pop(0)


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the relay has rested, each time."""
    found: list[float] = []

    async def pause(_: asyncio.Event, seconds: float) -> None:
        found.append(round(seconds, 3))

    monkeypatch.setattr("chassis.relay.pause", pause)
    return found


async def relayed(outbox: Outbox, kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    pool: Any = None
    relay = Relay(pool, pool, name="referrals")
    monkeypatch.setattr("chassis.relay.monotonic", lambda: kafka.now)
    monkeypatch.setattr(relay, "_ensure_partitions", lambda _: asyncio.sleep(0))
    await relay._relay_batches(outbox, kafka, outbox.stopping)  # type: ignore[arg-type]


async def test_after_a_small_batch_the_relay_rests_as_long_as_that_took_but_not_for_long(
    rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    await relayed(Outbox(5, 5, 5), Kafka(0.001, 0.03, 3.0), monkeypatch)
    assert rests == [0.02, 0.03, 0.05]


async def test_after_a_full_batch_the_relay_goes_on_at_once(
    rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    await relayed(Outbox(BATCH, BATCH), Kafka(0.06, 0.06), monkeypatch)
    assert rests == []


async def test_after_a_day_the_relay_gives_way_so_that_kafka_never_forgets_whom_to_fence(
    rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = Outbox(5, 5, 5)
    await relayed(outbox, Kafka(LEADS_SECONDS / 2, LEADS_SECONDS / 2, 0.01), monkeypatch)
    assert len(rests) == 2
    assert outbox.batches == [5]


async def nothing() -> None:
    """Nothing happens meanwhile."""


class Noted:
    """A publisher that notes the rows that it is given, lets something happen, and has the relay stop."""

    def __init__(self, stopping: asyncio.Event, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self.rows, self._stopping, self._meanwhile = list[int](), stopping, meanwhile

    async def publish(self, rows: Any) -> None:
        self.rows += [row["seq"] for row in rows]
        await self._meanwhile()
        self._stopping.set()


async def waiting(pool: asyncpg.Pool, shard: int, *places: int) -> None:
    """Has these rows of a shard wait, written in this order."""
    await pool.execute(
        "INSERT INTO outbox (shard, seq, event_id, topic, key, version, headers, payload) "
        "OVERRIDING SYSTEM VALUE SELECT $1, n, gen_random_uuid(), 't', 'k' || n, 1, '[]', '' "
        "FROM unnest($2::bigint[]) AS n",
        shard,
        places,
    )


async def published(pool: asyncpg.Pool, meanwhile: Callable[[], Awaitable[None]] = nothing) -> list[int]:
    """The rows of the first shard that its relay publishes, however the database finds them."""
    stopping = asyncio.Event()
    relay, noted = Relay(pool, Brokers.in_clear(["nowhere:1"]), name="referrals"), Noted(stopping, meanwhile)
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off")
        await relay._relay_batches(conn, noted, stopping)  # type: ignore[arg-type]
    return noted.rows


async def test_the_relay_publishes_in_the_order_of_the_outbox_however_the_database_finds_its_rows(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool = await database()
    await waiting(pool, 0, 3, 1, 4, 2)
    assert await published(pool) == [1, 2, 3, 4]


async def test_what_comes_while_a_batch_is_published_is_not_taken_for_sent(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool = await database()
    await waiting(pool, 0, 1)
    assert await published(pool, lambda: waiting(pool, 0, 2)) == [1]
    assert [row["seq"] for row in await pool.fetch("SELECT seq FROM outbox")] == [2]


async def test_a_relay_leaves_the_rows_of_other_shards_to_their_own(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool = await database()
    await waiting(pool, 0, 2)
    await waiting(pool, 1, 1, 2)
    assert await published(pool) == [2]
    assert [tuple(row) for row in await pool.fetch("SELECT shard, seq FROM outbox ORDER BY seq")] == [
        (1, 1),
        (1, 2),
    ]


async def test_of_old_partitions_only_those_of_what_was_sent_go(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool = await database(
        extra=[
            "CREATE TABLE another (day date) PARTITION BY RANGE (day)",
            "CREATE TABLE another_of_old PARTITION OF another DEFAULT",
        ]
    )
    async with pool.acquire() as conn:
        await Relay(pool, Brokers.in_clear(["nowhere:1"]), name="referrals")._ensure_partitions(conn)
    assert await pool.fetchval("SELECT to_regclass('another_of_old')") is not None


async def test_what_was_sent_is_kept_for_fourteen_days_and_goes_by_whole_days(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool = await database()
    today = await pool.fetchval("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date")
    for back in (16, 15, 14, 1):
        day = today - timedelta(days=back)
        await pool.execute(
            f"CREATE TABLE {sent_on(day)} PARTITION OF outbox_sent "
            f"FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}')"
        )
    async with pool.acquire() as conn:
        await Relay(pool, Brokers.in_clear(["nowhere:1"]), name="referrals")._ensure_partitions(conn)
    left = await pool.fetch(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'outbox_sent'::regclass"
    )
    kept = [sent_on(today + timedelta(days=days)) for days in (-14, -1, 0, 1)]
    assert sorted(row[0] for row in left) == kept


def sent_on(day: date) -> str:
    return f"outbox_sent_{day:%Y%m%d}"


async def test_a_relay_publishes_nothing_and_shuts_nobody_out_while_another_leads(
    database: Callable[..., Awaitable[asyncpg.Pool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refused(Exception):
        """A second relay has begun to publish."""

    def begins(*_: object) -> None:
        raise Refused

    monkeypatch.setattr("chassis.relay.Publisher", begins)
    pool = await database()
    relay = Relay(pool, Brokers.in_clear(["nowhere:1"]), name="referrals")
    async with pool.acquire() as leader:
        await leader.execute("SELECT pg_advisory_lock($1, 0)", LOCK_CLASS)
        await relay._lead(asyncio.Event())
        await leader.execute("SELECT pg_advisory_unlock($1, 0)", LOCK_CLASS)
    with pytest.raises(Refused):
        await relay._lead(asyncio.Event())


async def test_the_relay_says_why_it_cannot_publish(rests: list[float]) -> None:
    relay = Troubled(
        TopicAuthorizationFailedError(), NotEnoughReplicasError(), InvalidTimestampError(), TimeoutError()
    )
    await relay.run(asyncio.Event())
    assert relay.told == [
        None,
        "Kafka refuses us the right to a topic, a group or a producer's name of ours (TopicAuthorizationFailedError)",
        "Kafka has too few brokers in step (NotEnoughReplicasError)",
        "the clock of this machine is too far ahead of Kafka's (InvalidTimestampError)",
        "Kafka or the database did not answer in time (TimeoutError)",
    ]


async def test_what_kept_it_from_publishing_is_over_once_it_has_published(
    rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox, nothing = Outbox(5), cast(Any, None)
    relay = Relay(nothing, nothing, name="referrals")
    relay.trouble = "Kafka has too few brokers in step"
    monkeypatch.setattr(relay, "_ensure_partitions", lambda _: asyncio.sleep(0))
    await relay._relay_batches(outbox, Kafka(0.01), outbox.stopping)  # type: ignore[arg-type]
    assert relay.trouble is None
