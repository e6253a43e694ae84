"""Topics that are read are looked after: one that is gone is named, one that was made anew ends the reading."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast
from uuid import UUID

import asyncpg
import pytest
from aiokafka.errors import TopicAuthorizationFailedError

from chassis.brokers import Brokers
from chassis.log_watch import LogWatch
from schemas.topics import PANELS, REFERRALS

FIRST, SECOND = UUID(int=1), UUID(int=2)
HEARD = {f"town.{topic.name}" for topic in (REFERRALS, PANELS)}
BOTH = dict.fromkeys(HEARD, FIRST)


Answer = dict[str, UUID] | Exception


class Kafka:
    """Answers one question after the other, or fails to."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)

    async def logs(self, _: object) -> dict[str, UUID]:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if not self._answers:
            await asyncio.Event().wait()  # nobody asks any more
        return answer

    async def stop(self) -> None:
        """There is nothing to give up."""


class Heard:
    """Stands in for the database: both topics were first read as this log."""

    async def fetch(self, _: str) -> list[dict[str, object]]:
        return [{"topic": topic.name, "id": FIRST} for topic in (REFERRALS, PANELS)]


Watched = Callable[..., Awaitable[LogWatch]]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr("chassis.log_watch.LOOK_SECONDS", 0.0)

    async def watch(*answers: Answer) -> LogWatch:
        """As it is when Kafka has given these answers."""
        monkeypatch.setattr("chassis.log_watch.Ends", lambda _: Kafka(*answers, BOTH))
        made = LogWatch(cast(asyncpg.Pool, Heard()), Brokers.in_clear(["nowhere:9092"]), "town.", HEARD)
        looking = asyncio.create_task(made.run())
        await asyncio.wait([looking], timeout=0.2)
        looking.cancel()
        return made

    return watch


async def test_a_topic_that_kafka_does_not_have_is_named_until_it_is_there_again(watched: Watched) -> None:
    without = {"town.panels.v1": FIRST}
    assert (await watched(BOTH, without)).why == "Kafka has no town.referrals.v1"
    assert (await watched(without, BOTH)).why is None


async def test_without_an_answer_the_last_one_stands(watched: Watched) -> None:
    assert (await watched({}, TimeoutError())).why == "Kafka has no town.panels.v1, town.referrals.v1"
    assert (await watched(BOTH, TimeoutError(), BOTH)).fatal is None


async def test_a_right_that_is_missing_is_said_and_no_topic_called_gone(watched: Watched) -> None:
    refused = TopicAuthorizationFailedError()
    why = (await watched({}, refused)).why
    assert why is not None
    assert why.startswith("no records come: Kafka refuses us the right to a topic")
    assert (await watched(refused, BOTH)).why is None


async def test_a_topic_that_was_made_anew_ends_the_reading(watched: Watched) -> None:
    anew = BOTH | {"town.panels.v1": SECOND}
    assert "town.panels.v1 is not the log that was read" in str((await watched(BOTH, anew)).fatal)
