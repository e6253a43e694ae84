"""Where a consumer goes on, while the database, or a broker that has just begun to lead, does not say so yet."""

from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from aiokafka import TopicPartition

from chassis.places import RecordsMissing, places_of
from schemas.topics import REFERRALS

PARTITION = TopicPartition(REFERRALS.name, 0)


class Log:
    """Stands in for Kafka: where its logs begin, and where they end as it says the first, second, … time."""

    id = UUID(int=1)

    def __init__(self, begin: int, *ends: int) -> None:
        self._begin, self._ends = begin, list(ends)

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self._begin)

    async def log_ids(self, topics: set[str]) -> dict[str, UUID]:
        return dict.fromkeys(topics, self.id)

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self._ends.pop(0) if len(self._ends) > 1 else self._ends[0])


class Read:
    """Stands in for the database: of this log the topic was read up to here; it is away as often as it is told."""

    def __init__(self, next_offset: int, away: int = 0, of: UUID | None = None) -> None:
        self._next, self._away, self.log = next_offset, away, of

    async def fetch(self, statement: str) -> list[dict[str, Any]]:
        if self._away:
            self._away -= 1
            raise ConnectionRefusedError
        if "heard_log" in statement:
            return [{"topic": REFERRALS.name, "id": self.log}] if self.log else []
        return [{"topic": REFERRALS.name, "partition": 0, "next_offset": self._next}]

    async def execute(self, _: str, __: list[str], ids: list[UUID]) -> None:
        self.log = self.log or ids[0]


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async def passes(_: float) -> None:
        return None

    monkeypatch.setattr("chassis.places.asyncio.sleep", passes)


async def place(read: Read, log: Log) -> int:
    return (await places_of(cast(asyncpg.Pool, read), log, {PARTITION: REFERRALS}))[PARTITION]


async def test_a_broker_that_has_just_begun_to_lead_may_say_at_first_that_the_log_ends_too_early() -> None:
    assert await place(Read(7), Log(0, 5, 5, 7)) == 7


async def test_a_log_that_goes_on_ending_before_what_was_read_of_it_has_lost_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chassis.places.LATE_SECONDS", 0.0)
    with pytest.raises(RecordsMissing, match="ends at 5, but 7 is next"):
        await place(Read(7), Log(0, 5))


async def test_a_log_that_was_made_anew_is_not_gone_on_with_however_long_it_has_become() -> None:
    with pytest.raises(RecordsMissing, match="deleted and made anew"):
        await place(Read(7, of=UUID(int=2)), Log(0, 9))


async def test_which_log_is_read_is_remembered_when_it_is_first_read() -> None:
    read = Read(0)
    await place(read, Log(0, 9))
    assert read.log == Log.id
    assert await place(read, Log(0, 9)) == 0


async def test_a_database_that_is_away_is_waited_for_and_nothing_is_read_from_anywhere_else() -> None:
    assert await place(Read(7, away=3), Log(0, 9)) == 7


async def test_facts_that_are_gone_unread_stop_the_reader() -> None:
    with pytest.raises(RecordsMissing, match="begins at 8, but 7 is next"):
        await place(Read(7), Log(8, 9))
