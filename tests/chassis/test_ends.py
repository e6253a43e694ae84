"""Asking Kafka where its partitions end, also after it was away."""

import asyncio
from typing import Any, cast

import pytest
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from chassis.connections import Connection
from chassis.ends import Ends
from deploy.local import Stack
from tests.support.proxy import Proxy, Wire

FIRST = TopicPartition("a", 0)


class Client:
    """Answers, or says nothing; knows whether it was started and stopped."""

    def __init__(self, silent: bool = False) -> None:
        self.silent, self.started, self.stopped = silent, 0, 0

    async def start(self) -> None:
        self.started += 1
        if self.silent:
            await asyncio.Event().wait()

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 7)

    async def stop(self) -> None:
        self.stopped += 1


def asking(*clients: Client) -> Ends:
    """Asks by these clients, one after the other."""
    left = iter(clients)
    return Ends(lambda: cast(AIOKafkaConsumer, next(left)), seconds=0.05)


async def test_one_client_is_asked_as_long_as_it_answers() -> None:
    client = Client()
    ends = asking(client)
    assert [await ends.of([FIRST]) for _ in range(2)] == [{FIRST: 7}] * 2
    assert (client.started, client.stopped) == (1, 0)


async def test_a_client_that_falls_silent_is_given_up_and_another_one_asked() -> None:
    silent, other = Client(silent=True), Client()
    ends = asking(silent, other)
    with pytest.raises(TimeoutError):
        await ends.of([FIRST])
    assert silent.stopped == 1
    assert await ends.of([FIRST]) == {FIRST: 7}


async def test_whoever_asks_beside_another_has_no_client_of_their_own() -> None:
    client = Client()
    ends = asking(client)
    await asyncio.gather(ends.of([FIRST]), ends.of([FIRST]))
    assert client.started == 1


def test_a_connection_that_broke_this_very_moment_says_so_to_whoever_writes_to_it(stack: Stack) -> None:
    host, _, port = stack.bootstrap[0].rpartition(":")
    with Proxy() as proxy:
        uvloop.run(_written_to_when_broken(proxy.wire((host, int(port)))))


async def _written_to_when_broken(wire: Wire) -> None:
    connection: Any = Connection(*wire.address)
    await connection.connect()
    connection._read_task.cancel()  # it has not noticed yet
    wire.cut()
    await asyncio.sleep(0.2)
    assert connection.connected()
    with pytest.raises(KafkaConnectionError):
        await connection.send(MetadataRequest([]))
