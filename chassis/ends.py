"""Where the partitions end, and of which log they are, asked by a client of its own.

On a consumer's own a question waits behind its long poll.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.log_ids import ids_of

T = TypeVar("T")
_STOP_SECONDS = 2.0


class Ends:
    """Asks Kafka, by one client for as long as that answers."""

    def __init__(self, make: Callable[[], AIOKafkaConsumer], seconds: float = 5.0) -> None:
        """``make`` makes a client that was not started; ``seconds`` is how long Kafka may take to answer."""
        self._make, self._seconds = make, seconds
        self._client: AIOKafkaConsumer | None = None
        self._one_at_a_time = asyncio.Lock()

    async def of(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record of each. Raises KafkaError and TimeoutError."""
        return await self._asked(lambda client: client.end_offsets(list(partitions)))

    async def logs(self, topics: Collection[str]) -> dict[str, UUID]:
        """Which log each of these names stands for, of those that Kafka has. Raises KafkaError and TimeoutError."""
        return await self._asked(lambda client: ids_of(client, topics))

    async def _asked(self, question: Callable[[Any], Awaitable[T]]) -> T:
        """After a failure the next question has a client of its own: one that fell silent may stay so."""
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(self._seconds):
                    return await question(await self._started())
            except BaseException:
                await self.stop()
                raise

    async def _started(self) -> AIOKafkaConsumer:
        if self._client is None:
            self._client = self._make()
            await self._client.start()
        return self._client

    async def stop(self) -> None:
        """Gives the client up, if there is one."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                await asyncio.wait_for(client.stop(), _STOP_SECONDS)
