"""Where a stack's Kafka and PostgreSQL come from on this machine."""

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from deploy.local.docker import check_engine, start_docker_kafka, start_docker_postgres
from deploy.local.errors import StackError
from deploy.local.given import KAFKA_VARIABLE, POSTGRES_VARIABLE, given_kafka, given_postgres
from deploy.local.jars import kafka_version, resolve_jars
from deploy.local.java import find_java
from deploy.local.kafka import KafkaSoftware, start_brokers
from deploy.local.postgres import find_binaries, start_database
from deploy.local.servers import Kafka, Postgres
from deploy.local.supervise import Supervisor

KafkaSource = Callable[[], Kafka]
PostgresSource = Callable[[], Postgres]


class LocalServers:
    """Starts servers as local processes, all under one supervisor."""

    def __init__(self, folder: Path | None) -> None:
        """Prepare the folder of their data, a temporary one if none is named."""
        self._home = folder.absolute() if folder else Path(tempfile.mkdtemp(prefix="fingerpost-"))
        self._home.mkdir(parents=True, exist_ok=True)
        self._supervisor = Supervisor(self._home, temporary=folder is None)
        self.close = self._supervisor.close

    def kafka(self, brokers: int, software: KafkaSoftware) -> Kafka:
        """Start a cluster of Kafka brokers."""
        running = start_brokers(brokers, software, self._supervisor, self._home)
        return Kafka([broker.address for broker in running], kafka_version(software.jars), running)

    def postgres(self) -> Postgres:
        """Start PostgreSQL."""
        database = start_database(find_binaries(), self._supervisor, self._home)
        return Postgres(database.dsn, database)


def choose_sources(
    brokers: int, folder: Path | None, ending: ExitStack
) -> tuple[KafkaSource, PostgresSource]:
    """Return what finds or starts each server; what must end with the stack is left to `ending`.

    Raises StackError where a server can be had in none of the ways.
    """
    addresses, dsn = os.environ.get(KAFKA_VARIABLE), os.environ.get(POSTGRES_VARIABLE)
    if addresses and dsn:
        return partial(given_kafka, addresses, brokers), partial(given_postgres, dsn)
    if _wants_docker(needs_kafka=not addresses, needs_postgres=not dsn):
        kafka: KafkaSource = partial(start_docker_kafka, brokers)
        postgres: PostgresSource = start_docker_postgres
    else:
        local = LocalServers(folder)
        ending.callback(local.close)
        # The jars first and in this thread: Ctrl-C then ends a long download at once.
        software = None if addresses else KafkaSoftware(find_java(), resolve_jars())
        kafka, postgres = partial(local.kafka, brokers, software), local.postgres
    return (
        partial(given_kafka, addresses, brokers) if addresses else kafka,
        partial(given_postgres, dsn) if dsn else postgres,
    )


def _wants_docker(*, needs_kafka: bool, needs_postgres: bool) -> bool:
    """Say whether to use Docker. Raises StackError, with all that is missing, where nothing can be used."""
    wish = os.environ.get("STACK", "local")
    if wish not in ("local", "docker"):
        raise StackError(f"STACK is {wish!r}: set it to 'local' or 'docker', or unset it.")
    if wish == "docker":
        check_engine()
        return True
    missing = _missing([find_java] * needs_kafka + [find_binaries] * needs_postgres)
    if not missing:
        return False
    try:
        check_engine()
    except StackError:
        ways = f"start a Docker engine, or name running servers in {KAFKA_VARIABLE} and {POSTGRES_VARIABLE}."
        raise StackError(
            "\n".join(["The local stack lacks something:", *missing, f"Install it, or {ways}"])
        ) from None
    return True


def _missing(needed: list[Callable[[], Path]]) -> list[str]:
    lacks = []
    for find in needed:
        try:
            find()
        except StackError as error:
            lacks.append(f"- {error}")
    return lacks
