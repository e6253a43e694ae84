"""Which log a topic is: what a broker says, what it refuses to say, and one that says nothing."""

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from aiokafka.client import ConnectionGroup
from aiokafka.errors import RequestTimedOutError, TopicAuthorizationFailedError

from chassis.log_ids import ids_of

ID, NONE = UUID(int=7), UUID(int=0)
THERE, UNKNOWN, NO_RIGHT = (0, "there", ID), (3, "gone", NONE), (29, "hidden", NONE)


class Connection:
    """Knows whether it was given up."""

    closed = False

    def close(self, **_: Any) -> None:
        self.closed = True


class Client:
    """Stands in for Kafka's client: two brokers, which are asked in turn. One that answers None is silent."""

    def __init__(self, *answers: list[tuple[int, str, UUID]] | None) -> None:
        self._client, self._answers = self, answers
        self._conns = {(n, ConnectionGroup.DEFAULT): Connection() for n in range(len(answers))}
        self._asked = 0

    def get_random_node(self) -> int:
        self._asked += 1
        return self._asked - 1

    async def send(self, node: int, _: Any) -> Any:
        if (answer := self._answers[node]) is None:
            await asyncio.Event().wait()
        return SimpleNamespace(topics=answer)

    def given_up(self) -> list[bool]:
        return [connection.closed for connection in self._conns.values()]


async def test_a_topic_that_kafka_does_not_know_has_no_log() -> None:
    assert await ids_of(Client([THERE, UNKNOWN]), ["there", "gone"]) == {"there": ID}


async def test_a_topic_of_which_kafka_tells_us_nothing_is_not_taken_for_one_that_is_gone() -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await ids_of(Client([THERE, UNKNOWN, NO_RIGHT]), ["there", "gone", "hidden"])


async def test_a_broker_that_falls_silent_is_given_up_and_the_next_question_is_anothers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chassis.log_ids.ANSWER_SECONDS", 0.05)
    client = Client(None, [THERE])
    async with asyncio.timeout(5):
        with pytest.raises(RequestTimedOutError):
            await ids_of(client, ["there"])
        assert client.given_up() == [True, False]
        assert await ids_of(client, ["there"]) == {"there": ID}
