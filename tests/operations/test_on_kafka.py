"""Recovery and rotation in small: the smallest service, on a real Kafka."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest
from fastapi import APIRouter
from pydantic_settings import SettingsConfigDict

from chassis.decision import Decision
from chassis.learning import Answered, Learning, Restoring
from chassis.operations import shares
from chassis.operations.erased_again import erase_again
from chassis.operations.rebuild import CannotRebuild, Rebuild
from chassis.operations.recovery import CannotRecover, recover
from chassis.operations.restoring import in_turn
from chassis.operations.rotation import CannotRotate, _Partition, count, rotate
from chassis.outbox import Draft, Meta, Outbox
from chassis.persons import FindScope, Holding, Personal
from chassis.reading import TopicReader
from chassis.service import Running, Service
from chassis.settings import ServiceSettings
from chassis.storage import Connection
from deploy.local import Stack
from schemas.envelope import Event
from schemas.erasure_v1 import PersonErased
from schemas.personal_v1 import PersonDetails
from schemas.referrals_v1 import ReferralWithdrawn
from schemas.topics import PERSONAL_DETAILS, REFERRALS
from tests.chassis import counters
from tests.chassis.counters import COUNTER, NOW, Counter, withdrawn
from tests.operations.test_lost_end import Logs

pytestmark = pytest.mark.slow

OLD, NEW = (
    {"kid": kid, "k": urlsafe_b64encode(kid.encode() * 16).decode().rstrip("=")} for kid in ("k1", "k2")
)


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="OPERATIONS_TEST_")


def described(counter: Counter | None, details: PersonDetails) -> Decision[Counter]:
    return Decision(counter or Counter())


def counted(counter: Counter | None, fact: ReferralWithdrawn) -> Decision[Counter]:
    return Decision(Counter(n=(counter.n if counter else 0) + 1))


class Small:
    """A service that says what it is told to say, with its relay under the test's hand."""

    def __init__(self, stack: Stack, prefix: str, dsn: str, pool: asyncpg.Pool) -> None:
        self._stack, self._prefix, self._dsn, self.pool = stack, prefix, dsn, pool

    def running(self, *keys: dict[str, str]) -> Running:
        own = Restoring()
        own.on(ReferralWithdrawn, COUNTER, counted)
        settings = Settings(
            profile="test",
            database=self._dsn,
            kafka=",".join(self._stack.bootstrap),
            topic_prefix=self._prefix,
            keyrings=json.dumps({PERSONAL_DETAILS.name: keys or (OLD,)}),
        )
        service = Service(
            name="small",
            settings=settings,
            handlers=counters.handlers(),
            repositories=[counters.TABLE_OF_COUNTERS],
            hears=[],
            says=[REFERRALS, PERSONAL_DETAILS],
            migrations=Path(),
            router=lambda _: APIRouter(),
            learning=Learning(restoring=own),
        )
        return Running(service, self.pool)

    async def write(
        self, running: Running, events: Sequence[Event], version: int, source: str | None = None
    ) -> None:
        """Into the outbox, as a rule would."""
        async with self.pool.acquire() as conn, conn.transaction():
            drafts = [Draft(event, version, Meta("c")) for event in events]
            await Outbox(source or running.source, running.seals).append(conn, drafts)

    async def publish(self, running: Running) -> None:
        """Everything in the outbox, with a relay of its own."""
        async with relaying(running):
            await self.published()

    async def published(self) -> None:
        """Waits until a relay has published everything."""
        for _ in range(600):
            if not await self.pool.fetchval("SELECT count(*) FROM outbox"):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("nothing was published")


@asynccontextmanager
async def relaying(running: Running) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    task = asyncio.create_task(running.relay.run(stopping))
    try:
        yield
    finally:
        stopping.set()
        await asyncio.wait_for(task, 30)


@pytest.fixture
async def small(
    stack: Stack, database: Callable[..., Awaitable[asyncpg.Pool]], new_topics: Callable[..., Awaitable[str]]
) -> Small:
    pool = await database(extra=[counters.TABLE])
    prefix = await new_topics(REFERRALS, PERSONAL_DETAILS)
    return Small(stack, prefix, "postgresql://unused@127.0.0.1/unused", pool)


def person(id: str, given_name: str = "Robin") -> PersonDetails:
    return PersonDetails(
        person_id=id, relation="mother", given_name=given_name, family_name="Example", may_be_told=True
    )


async def test_lost_facts_are_put_back_once_with_their_versions(small: Small) -> None:
    running = small.running()
    for version in (1, 2, 3):
        await small.write(running, [withdrawn("a"), withdrawn("b")], version)
    await small.publish(running)
    await small.pool.execute(
        "INSERT INTO counter VALUES ('a', 5, 2, '{\"n\": 2}', 2)"
    )  # as the backup has it
    first, again = await recover(running, NOW), await recover(running, NOW)
    assert (first.facts, again.facts) == (4, 0)
    assert first.left is None
    rows = await small.pool.fetch("SELECT id, version, said, n FROM counter ORDER BY id")
    assert [tuple(row) for row in rows] == [("a", 6, 3, 3), ("b", 3, 3, 3)]


async def test_what_the_restored_outbox_holds_and_was_published_already_is_not_published_again(
    small: Small,
) -> None:
    running = small.running()
    await small.write(running, [withdrawn("a")], 1)
    rows = await small.pool.fetch("SELECT event_id, topic, key, version, headers, payload FROM outbox")
    await small.publish(running)
    for row in rows:  # the backup was made before they were published
        await small.pool.execute(
            "INSERT INTO outbox (shard, event_id, topic, key, version, headers, payload) "
            "VALUES (0, $1, $2, $3, $4, $5, $6)",
            *row.values(),
        )
    done = await recover(running, NOW)
    assert await small.pool.fetchval("SELECT count(*) FROM outbox") == 0
    assert done.forked == []


async def test_a_restored_database_that_was_written_to_before_its_recovery_is_found_out(small: Small) -> None:
    running = small.running()
    await small.write(running, [withdrawn("a")], 1)
    await small.publish(running)
    await small.write(running, [withdrawn("a")], 1)  # another fact under the same version
    assert (await recover(running, NOW)).forked == [(REFERRALS.name, "a")]


async def test_what_was_an_erased_persons_is_not_put_back_and_is_not_missed(small: Small) -> None:
    running = small.running()
    await small.write(running, [withdrawn("a"), withdrawn("b")], 1)
    await small.publish(running)
    await small.pool.execute("INSERT INTO erased (id, erasure_id) VALUES ('a', 'e')")
    done = await recover(running, NOW)
    assert (done.facts, done.left) == (1, None)
    assert await small.pool.fetchval("SELECT array_agg(id) FROM counter") == ["b"]


async def test_the_versions_of_what_is_put_back_from_a_compacted_topic_go_on_where_they_were(
    small: Small,
) -> None:
    running = small.running()
    running.service.learning.restoring.on(PersonDetails, COUNTER, described)
    await small.write(running, [person("p")], 5)  # those before it were compacted away
    await small.publish(running)
    await recover(running, NOW)
    assert await small.pool.fetchval("SELECT version FROM counter") == 5


async def test_facts_are_read_before_the_states_that_build_upon_them(small: Small) -> None:
    running = small.running()
    await small.write(running, [person("p"), withdrawn("a")], 1)
    await small.publish(running)
    async with TopicReader(running.brokers, running.settings.topic_prefix) as reader:
        read = [records[0].record.topic async for records in in_turn(reader, [PERSONAL_DETAILS, REFERRALS])]
    assert read == [REFERRALS.name, PERSONAL_DETAILS.name]


async def test_whom_a_restored_database_still_holds_is_erased_again_once_alone_and_in_silence(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds = Holding("counter", "what was counted", "t.id = ANY($1)", topic=PERSONAL_DETAILS.name)
    service = replace(small.running().service, personal=Personal(cast(FindScope, None), (holds,)))
    running = Running(service, small.pool)
    fact = PersonErased(
        erasure_id="e", person_ids=("p",), referral_ids=("a",), ground="unlawful", erased_at=NOW
    )
    await small.write(running, [fact], 1)
    await small.publish(running)
    await small.pool.execute("INSERT INTO counter VALUES ('p', 5, 2, '{}', 2)")
    erase = running.eraser.erase

    async def erases_alone(conn: Connection, *what: Any, tell: bool) -> None:
        with pytest.raises(asyncpg.LockNotAvailableError):
            async with small.pool.acquire() as other, other.transaction():
                await other.execute("LOCK TABLE erased IN ACCESS SHARE MODE NOWAIT")
        await erase(conn, *what, tell=tell)

    monkeypatch.setattr(running.eraser, "erase", erases_alone)
    async with TopicReader(running.brokers, running.settings.topic_prefix) as reader:
        assert [await erase_again(running, reader) for _ in range(2)] == [1, 0]
    assert await small.pool.fetchval("SELECT array_agg(id ORDER BY id) FROM erased") == ["a", "p"]
    assert await small.pool.fetchval("SELECT count(*) FROM counter") == 0
    assert await small.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_outsiders_records_that_were_answered_are_known_to_a_restored_database_but_of_the_erased(
    small: Small,
) -> None:
    def was_of(fact: ReferralWithdrawn) -> Answered:
        return Answered("/school-systems/mis", f"of {fact.referral_id}", fact.referral_id)

    running = small.running()
    running.service.learning.restoring.answered(ReferralWithdrawn, was_of)
    await small.write(running, [withdrawn("a"), withdrawn("gone")], 1)
    await small.publish(running)
    await small.pool.execute("INSERT INTO erased (id, erasure_id) VALUES ('gone', 'e')")
    for _ in range(2):
        await recover(running, NOW)
    assert await small.pool.fetchval("SELECT array_agg(key) FROM once") == ["of a"]


async def test_a_state_that_a_later_one_has_replaced_is_parked_no_more_after_a_rebuild(small: Small) -> None:
    await small.pool.execute(
        "INSERT INTO dead_letter (topic, partition, record_at, key, version, headers, reason, fingerprint) "
        "SELECT $1, 0, v, key, v, '[]', 'a', 'a' FROM (VALUES ('replaced', 1), ('the last', 3)) AS l(key, v)",
        PERSONAL_DETAILS.name,
    )
    await small.pool.execute(
        "INSERT INTO inbox_latest (topic, key, version, event_id) "
        "SELECT $1, key, 2, gen_random_uuid() FROM (VALUES ('replaced'), ('the last')) AS l(key)",
        PERSONAL_DETAILS.name,
    )
    await Rebuild(small.running()).follow(NOW)
    assert await small.pool.fetchval("SELECT array_agg(key) FROM dead_letter") == ["the last"]


async def test_nothing_is_rebuilt_from_a_log_whose_beginning_is_gone(small: Small) -> None:
    running = Running(replace(small.running().service, hears=[REFERRALS]), small.pool)
    with pytest.raises(CannotRebuild, match="begins at 5: restore the topic"):
        await Rebuild(running).hear(cast(TopicReader, Logs()), NOW)


async def test_what_a_stranger_wrote_onto_our_own_log_is_no_fact_of_ours(small: Small) -> None:
    running = small.running()
    await small.write(running, [withdrawn("a")], 1)
    await small.publish(running)
    await small.write(running, [withdrawn("a")], 5, source="/somebody/else")
    await small.publish(running)
    for version in (2, 3):
        await small.write(running, [withdrawn("a")], version)
    await small.publish(running)
    done = await recover(running, NOW)
    assert (done.facts, done.left) == (3, None)
    assert [tuple(row) for row in await small.pool.fetch("SELECT said, n FROM counter")] == [(3, 3)]


async def test_a_recovery_broken_off_before_doubts_are_held_leaves_the_database_behind(small: Small) -> None:
    async def broken_off(conn: Connection, lost_at: datetime) -> None:
        raise OSError("the database went away")

    running = small.running()
    await small.write(running, [withdrawn("a")], 1)
    await small.publish(running)
    learning = replace(running.service.learning, in_doubt=broken_off)
    with pytest.raises(OSError, match="went away"):
        await recover(Running(replace(running.service, learning=learning), small.pool), NOW)
    assert await small.pool.fetchval("SELECT count(*) FROM counter") == 0, "the guard sees that it is behind"


async def test_while_a_worker_runs_nothing_is_recovered(small: Small) -> None:
    running = small.running()
    async with relaying(running):
        await small.write(running, [withdrawn("a")], 1)
        await small.published()
        with pytest.raises(CannotRecover, match="stop it first"):
            await recover(small.running(), NOW)


@pytest.mark.parametrize("held_at_once", [shares.MOST_KEYS, 1])
async def test_a_key_is_changed_and_the_facts_stay_the_same(
    small: Small, monkeypatch: pytest.MonkeyPatch, held_at_once: int
) -> None:
    monkeypatch.setattr(shares, "MOST_KEYS", held_at_once)
    old = small.running(OLD)
    people = [person(f"p{n}") for n in range(30)]
    await small.write(old, people, 1)
    await small.write(old, people[:10], 2)
    await small.publish(old)
    before = await count(old, PERSONAL_DETAILS)
    assert (dict(before.latest), dict(before.replaced), before.left) == ({"k1": 30}, {"k1": 10}, 0)

    new = small.running(NEW, OLD)
    async with relaying(new):
        assert await rotate(new, PERSONAL_DETAILS, 1000, lambda done, found: None) == 30
        assert await rotate(new, PERSONAL_DETAILS, 1000, lambda done, found: None) == 0
    after = await count(new, PERSONAL_DETAILS)
    assert (dict(after.latest), dict(after.replaced), after.left) == ({"k2": 30}, {"k1": 40}, 0)
    sent = "SELECT DISTINCT key, version, event_id FROM outbox_sent"
    assert len(await small.pool.fetch(sent)) == 40, "no version was given another id"


async def test_what_changes_while_its_key_is_changed_is_not_set_back(small: Small) -> None:
    old, new = small.running(OLD), small.running(NEW, OLD)
    await small.write(old, [person("p")], 1)
    await small.publish(old)
    async with TopicReader(new.brokers, new.settings.topic_prefix) as reader:
        one = await partition_of("p", new, reader)
        await small.write(old, [person("p", "Rowan")], 2)
        assert await one.again(["p"]) == 0, "a newer state of it is about to be published"
        await small.publish(old)
        assert await one.again(["p"]) == 1
    waiting = await small.pool.fetchrow("SELECT version, payload FROM outbox")
    assert waiting is not None
    assert waiting["version"] == 2
    assert b"Rowan" in new.seals.open(PERSONAL_DETAILS.name, waiting["payload"])


async def test_nobody_changes_a_person_while_their_latest_record_is_looked_for_to_change_its_key(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = small.running(OLD), small.running(NEW, OLD)
    await small.write(old, [person("p")], 1)
    await small.publish(old)
    await small.pool.execute("INSERT INTO counter VALUES ('p', 1, 0, '{}', 1)")
    async with TopicReader(new.brokers, new.settings.topic_prefix) as reader:
        one = await partition_of("p", new, reader)
        looks = one._catch_up

        async def looks_alone() -> None:
            with pytest.raises(asyncpg.LockNotAvailableError):
                await small.pool.execute("SELECT FROM counter WHERE id = 'p' FOR UPDATE NOWAIT")
            await looks()

        monkeypatch.setattr(one, "_catch_up", looks_alone)
        assert await one.again(["p"]) == 1


async def partition_of(id: str, running: Running, reader: TopicReader) -> _Partition:
    """Where this person's details stand, sealed by the old key."""
    for partition in await reader.partitions([PERSONAL_DETAILS]):
        one = _Partition(running, reader, PERSONAL_DETAILS, partition, "k2")
        if await one.waiting() == [id]:
            return one
    raise AssertionError("they stand nowhere")


async def test_only_a_sealed_compacted_topic_with_a_ring_can_be_rotated(small: Small) -> None:
    running = small.running()
    with pytest.raises(CannotRotate, match="not a sealed, compacted topic"):
        await rotate(running, REFERRALS, 100, lambda done, found: None)
    reader = Running(replace(running.service, says=[REFERRALS], hears=[PERSONAL_DETAILS]), small.pool)
    with pytest.raises(CannotRotate, match="rotate its key there"):
        await rotate(reader, PERSONAL_DETAILS, 100, lambda done, found: None)
