"""Where a stack's Kafka and PostgreSQL come from on this machine."""

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from deploy.local.archive import archive_path, make_archive
from deploy.local.docker import check_engine, start_docker_kafka, start_docker_postgres
from deploy.local.errors import StackError
from deploy.local.given import KAFKA_VARIABLE, POSTGRES_VARIABLE, given_kafka, given_postgres
from deploy.local.jars import kafka_version, resolve_jars
from deploy.local.java import find_java
from deploy.local.kafka import KafkaSoftware, Listener, start_brokers
from deploy.local.postgres import find_binaries, start_database
from deploy.local.servers import Kafka, Postgres
from deploy.local.supervisor import Supervisor

KafkaSource = Callable[[], Kafka]
PostgresSource = Callable[[], Postgres]


def choose_sources(
    brokers: int,
    folder: Path | None,
    ending: ExitStack,
    listeners: Sequence[Listener] = (),
    *,
    durable: bool = True,
) -> tuple[KafkaSource, PostgresSource]:
    """Return what finds or starts each server; what must end with the stack is left to `ending`.

    Raises StackError where a server can be had in none of the ways.
    """
    addresses, dsn = os.environ.get(KAFKA_VARIABLE), os.environ.get(POSTGRES_VARIABLE)
    kafka: KafkaSource | None = partial(given_kafka, addresses, brokers) if addresses else None
    postgres: PostgresSource | None = partial(given_postgres, dsn) if dsn else None
    if kafka and postgres:
        return kafka, postgres
    if _wants_docker(needs_kafka=kafka is None, needs_postgres=postgres is None):
        return kafka or partial(start_docker_kafka, brokers), postgres or start_docker_postgres
    home, supervisor = _supervised(folder, ending)
    # The jars now, in the main thread: Ctrl-C then ends a long download at once.
    if kafka is None:
        software = KafkaSoftware(find_java(), resolve_jars(), archive_path())
        kafka = partial(_local_kafka, brokers, software, supervisor, home, listeners, durable)
    return (
        kafka,
        postgres or partial(_local_postgres, supervisor, home, durable),
    )


def _supervised(folder: Path | None, ending: ExitStack) -> tuple[Path, Supervisor]:
    home = folder.absolute() if folder else Path(tempfile.mkdtemp(prefix="fingerpost-"))
    home.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor(home, temporary=folder is None)
    ending.callback(supervisor.close)
    return home, supervisor


def _local_kafka(
    brokers: int,
    software: KafkaSoftware,
    supervisor: Supervisor,
    home: Path,
    listeners: Sequence[Listener],
    durable: bool,
) -> Kafka:
    running = start_brokers(brokers, software, supervisor, home, listeners)
    if not durable:
        make_archive(software, supervisor, home / "archive")
    return Kafka([broker.address for broker in running], kafka_version(software.jars), running)


def _local_postgres(supervisor: Supervisor, home: Path, durable: bool) -> Postgres:
    database = start_database(find_binaries(), supervisor, home, durable=durable)
    return Postgres(database.dsn, database)


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
