"""A record as it comes from Kafka, and how a service may read those of outsiders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schemas.envelope import Envelope


class BadRecord(Exception):
    """A record that nobody can read. Its text goes to the dead letters: it must not hold a value."""


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record; ``topic`` is without the installation's prefix."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]

    @classmethod
    def of(cls, topic: str, raw: Any) -> "Record":
        """The record of ``topic`` that aiokafka calls ``raw``."""
        return cls(topic, raw.partition, raw.offset, raw.key, raw.value, raw.headers)


class Outside(Protocol):
    """A message of an outsider: ``body`` is the plain text by which a repeat is told from another one."""

    @property
    def body(self) -> bytes: ...


#: Makes a message of an outsider's record. Raises BadRecord.
Decoder = Callable[[Envelope, bytes], Outside]
