"""When a batch that was fetched is applied, and when it is left in Kafka: a consumer without a Kafka is handed it."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faststream.exceptions import AckMessage

from chassis.backlog import FULL, Held
from chassis.brokers import Brokers
from chassis.consumer import Consumer
from schemas.topics import REFERRALS


class Inbox:
    """Takes its time over each batch: until ``go``."""

    def __init__(self) -> None:
        self.applied, self.begun, self.go = list[int](), asyncio.Event(), asyncio.Event()

    async def apply(self, records: Any) -> None:
        self.begun.set()
        await self.go.wait()
        self.applied += [record.offset for record in records]


class Fetched:
    """Stands in for Kafka's client; ``stale`` as in CarefulConsumer."""

    def __init__(self) -> None:
        self.stale, self.went_back = False, 0

    def go_back(self) -> None:
        self.went_back += 1


class Member:
    """A consumer whose partitions were given to it, with what it reads from and what applies it."""

    def __init__(self, full: str | None = None) -> None:
        self.inbox, self.fetched = Inbox(), Fetched()
        nobody: Any = None
        inbox: Any = self.inbox
        brokers = Brokers.in_clear(["127.0.0.1:1"])
        self.consumer = Consumer(nobody, inbox, brokers, [REFERRALS], group="nobody", full=lambda: full)
        self.subscriber = self.consumer._subscriber
        vars(self.consumer)["_subscriber"] = SimpleNamespace(consumer=self.fetched)
        self.consumer._sought.set()

    async def hand(self, offset: int) -> None:
        raw = SimpleNamespace(
            topic=REFERRALS.name, partition=0, offset=offset, key=b"k", value=b"{}", headers=[]
        )
        message: Any = SimpleNamespace(raw_message=[raw], committed=None)
        await self.consumer._handle(message)


async def test_before_the_database_has_said_where_to_begin_nothing_that_was_fetched_is_applied() -> None:
    member = Member()
    member.inbox.go.set()
    member.consumer._sought.clear()
    with pytest.raises(AckMessage):
        await member.hand(7)
    assert (member.inbox.applied, member.fetched.went_back) == ([], 1)


def test_what_is_fetched_at_once_and_waits_in_memory_has_its_bounds() -> None:
    """Without them it is 50 MB of each broker, as Kafka's client has it."""
    asked = Member().subscriber._connection_args
    assert (asked["fetch_max_bytes"], asked["max_partition_fetch_bytes"]) == (8 * 2**20, 2**20)


async def test_without_room_for_what_it_leads_to_a_batch_stays_in_kafka() -> None:
    member = Member(full=FULL)
    member.inbox.go.set()
    with pytest.raises(Held, match="more events wait"):
        await member.hand(7)
    assert member.inbox.applied == []
    assert member.consumer._idle.is_set()


async def test_before_partitions_go_to_another_what_is_under_way_ends_and_nothing_new_begins() -> None:
    member = Member()
    under_way = asyncio.create_task(member.hand(7))
    await member.inbox.begun.wait()
    releasing = asyncio.create_task(member.consumer.release())
    await asyncio.sleep(0.05)
    assert not releasing.done()
    with pytest.raises(AckMessage):
        await asyncio.wait_for(member.hand(8), 5)
    member.inbox.go.set()
    await asyncio.gather(under_way, releasing)
    assert member.inbox.applied == [7]
