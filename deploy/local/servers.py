"""What a stack holds, however it was obtained: a Kafka and a PostgreSQL."""

from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.local.kafka import Broker
from deploy.local.postgres import Database


def _nothing() -> None:
    """Close what is not ours to close."""


@dataclass(frozen=True)
class Kafka:
    """A cluster. `brokers` is empty where the processes are not ours."""

    bootstrap: list[str]
    version: str
    brokers: list[Broker] = field(default_factory=list)
    close: Callable[[], object] = _nothing


@dataclass(frozen=True)
class Postgres:
    """A server. `database` is None where the process is not ours."""

    dsn: str
    database: Database | None = None
    close: Callable[[], object] = _nothing
