"""Partitions as they change hands."""

from typing import Protocol

from aiokafka import ConsumerRebalanceListener, TopicPartition


class Member(Protocol):
    """Whoever reads partitions."""

    async def release(self) -> None:
        """Before partitions go to another member."""

    async def seek(self, partitions: set[TopicPartition]) -> None:
        """After partitions were given to it."""


class Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells a member of each change."""

    def __init__(self, member: Member) -> None:
        self._member = member

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        await self._member.release()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        await self._member.seek(assigned)
