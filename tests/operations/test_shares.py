"""A topic of any size is looked through in the same memory."""

import tracemalloc
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from chassis.operations import rotation, shares
from chassis.operations.shares import ALL, Share, in_shares, not_too_many
from chassis.reading import Dated, TopicReader
from chassis.records import Record
from schemas.topics import PERSONAL_DETAILS

PARTITION = TopicPartition(PERSONAL_DETAILS.name, 0)
KEYS, LONG, SMALL = 2_000, 2_000, 1_000_000  # keys, bytes of each value, bytes of memory


class Endless:
    """Stands in for a reader of a topic that nobody could hold: each record is made when it is read."""

    def __init__(self, value: bytes) -> None:
        self._value = value

    async def beginnings(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {PARTITION: 0}

    async def ends(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {PARTITION: 2 * KEYS}

    async def read(self, starts: Any, ends: Any) -> AsyncIterator[list[Dated]]:
        for offset in range(starts[PARTITION], ends[PARTITION]):
            key, value = f"{offset % KEYS:036}".encode(), self._value + b"x" * LONG
            yield [Dated(Record(PARTITION.topic, 0, offset, key, value, []), datetime.now(UTC))]


def reader(value: bytes) -> TopicReader:
    return cast(TopicReader, Endless(value))


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What a value begins with that k1 sealed; and memory for a quarter of the keys."""
    monkeypatch.setattr(shares, "MOST_KEYS", KEYS // 4)
    return urlsafe_b64encode(b'{"kid": "k1"}') + b"."


async def test_records_are_counted_in_a_memory_that_does_not_grow_with_them(sealed: bytes) -> None:
    found = rotation.Count("k2")
    tracemalloc.start()
    await in_shares(lambda share: rotation._counted(reader(sealed), PARTITION, found, share))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.latest, found.replaced) == (Counter(k1=KEYS), Counter(k1=KEYS))
    assert most < SMALL < KEYS * LONG


async def test_what_waits_for_another_key_is_held_by_its_place_alone(sealed: bytes) -> None:
    seen: list[str] = []

    async def look(share: Share) -> None:
        one = rotation._Partition(cast(Any, None), reader(sealed), PERSONAL_DETAILS, PARTITION, "k2", share)
        seen.extend(await one.waiting())

    tracemalloc.start()
    await in_shares(look)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sorted(seen) == [f"{n:036}" for n in range(KEYS)]
    assert most < SMALL < KEYS * LONG


@given(st.sets(st.binary(max_size=8), max_size=60))
async def test_shares_hold_each_key_once_however_often_they_are_halved(keys: set[bytes]) -> None:
    held: list[bytes] = []

    async def take(share: Share) -> None:
        mine = [key for key in keys if share.holds(key)]
        if len(mine) > 3:
            raise shares.TooManyKeys
        held.extend(mine)

    await in_shares(take)
    assert sorted(held) == sorted(keys)
    assert all(ALL.holds(key) for key in keys)


def test_a_share_that_is_too_large_is_refused() -> None:
    not_too_many(shares.MOST_KEYS)
    with pytest.raises(shares.TooManyKeys):
        not_too_many(shares.MOST_KEYS + 1)
