"""Which log the name of a topic stands for: one that was deleted and made anew has the same name, and another id.

aiokafka asks for what brokers know of topics in a version that holds no ids. Here it is asked in one that does, which
brokers answer since Kafka 3.1; what it looks like is laid down in Kafka's own MetadataRequest.json and
MetadataResponse.json.
"""

import asyncio
from collections.abc import Collection
from io import BytesIO
from typing import Any
from uuid import UUID

from aiokafka.client import ConnectionGroup
from aiokafka.conn import CloseReason
from aiokafka.errors import NoError, RequestTimedOutError, UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

#: A broker that is frozen, or whose machine is gone, may not cost a consumer its place in the group.
ANSWER_SECONDS = 5.0
_NAME = CompactString("utf-8")
_NODES = CompactArray(Int32)
_NO_ID = UUID(int=0)


class _Id(AbstractType[UUID]):  # type: ignore[misc]
    @classmethod
    def encode(cls, value: UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        return UUID(bytes=data.read(16))


_PARTITION = (
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", _NODES),
    ("isr", _NODES),
    ("offline", _NODES),
    ("tags", TaggedFields),
)
_TOPIC = (
    ("error_code", Int16),
    ("name", _NAME),
    ("id", _Id),
    ("is_internal", Boolean),
    ("partitions", CompactArray(*_PARTITION)),
    ("operations", Int32),
    ("tags", TaggedFields),
)


class _Answer(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node", Int32), ("host", _NAME), ("port", Int32), ("rack", _NAME), ("tags", TaggedFields)
            ),
        ),
        ("cluster", _NAME),
        ("controller", Int32),
        ("topics", CompactArray(*_TOPIC)),
        ("tags", TaggedFields),
    )


class _Asked(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 12
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        ("topics", CompactArray(("id", _Id), ("name", _NAME), ("tags", TaggedFields))),
        ("make_missing", Boolean),
        ("with_operations", Boolean),
        ("tags", TaggedFields),
    )


class _Question(Request[_Asked]):  # type: ignore[misc]
    API_KEY = 3

    def __init__(self, topics: Collection[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_Asked]) -> _Asked:
        return request_struct_class([(_NO_ID, name, {}) for name in self._topics], False, False, {})


async def ids_of(client: Any, topics: Collection[str]) -> dict[str, UUID]:
    """The id of each of these topics (by its whole name) that Kafka has; ``client`` is one of aiokafka's, started.

    Raises KafkaError: also where Kafka does not say whether it has one, since we have no right to know.
    """
    answer = await _answer(client._client, _Question(topics))
    found = [dict(zip(("error", "name", "id"), topic, strict=False)) for topic in answer.topics]
    for refused in (for_code(topic["error"]) for topic in found):
        if refused not in (NoError, UnknownTopicOrPartitionError):
            raise refused
    return {topic["name"]: topic["id"] for topic in found if not topic["error"]}


async def _answer(client: Any, question: _Question) -> Any:
    """Any broker's. One that falls silent is given up: aiokafka would go on asking it, as long as it is connected."""
    broker = client.get_random_node()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await client.send(broker, question)
    except TimeoutError:
        connection = client._conns.get((broker, ConnectionGroup.DEFAULT))
        if connection is not None:
            connection.close(reason=CloseReason.CONNECTION_TIMEOUT)
        raise RequestTimedOutError from None
