"""Kafka and PostgreSQL in Docker containers, through testcontainers.

Used when STACK=docker, or where a wheel for local processes is missing. Written from the documentation of
testcontainers and of the images: it has not been run by its authors, who had no Docker engine.
"""

import secrets
from collections.abc import Callable
from typing import Any

from deploy.local.errors import StackError
from deploy.local.jars import KAFKA_VERSION
from deploy.local.ports import HOST, free_ports
from deploy.local.servers import Kafka, Postgres

KAFKA_IMAGE = f"apache/kafka:{KAFKA_VERSION}"
POSTGRES_IMAGE = "postgres:18"

_KAFKA_ENVIRONMENT = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_UNCLEAN_LEADER_ELECTION_ENABLE": "false",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "5",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
}


def check_engine() -> None:
    """Raise StackError where no Docker engine answers."""
    from testcontainers.core.docker_client import DockerClient

    _with_engine(DockerClient)


def start_docker_kafka(brokers: int) -> Kafka:
    """Start one broker in a container.

    Raises StackError where there is no Docker engine, or more than one broker is wanted.
    """
    if brokers != 1:
        raise StackError("Docker gives one broker here. For three use local processes, or FINGERPOST_KAFKA.")
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    [port] = free_ports(
        1
    )  # chosen here: the broker tells clients its own address, so must know it at the start
    container = _with_engine(DockerContainer, KAFKA_IMAGE)
    container.with_bind_ports(9092, port)
    for name, value in _KAFKA_ENVIRONMENT.items():
        container.with_env(name, value)
    container.with_env("KAFKA_ADVERTISED_LISTENERS", f"PLAINTEXT://{HOST}:{port}")
    container.waiting_for(LogMessageWaitStrategy("Kafka Server started"))
    _with_engine(container.start)
    return Kafka([f"{HOST}:{port}"], KAFKA_VERSION, close=container.stop)


def start_docker_postgres() -> Postgres:
    """Start PostgreSQL in a container. Raises StackError where there is no Docker engine."""
    from testcontainers.community.postgres import PostgresContainer

    password = secrets.token_urlsafe(24)
    container = _with_engine(
        PostgresContainer,
        POSTGRES_IMAGE,
        username="postgres",
        password=password,
        dbname="postgres",
        driver=None,
    )
    _with_engine(container.start)
    return Postgres(container.get_connection_url(), close=container.stop)


def _with_engine(step: Callable[..., Any], *arguments: str, **options: str | None) -> Any:
    from docker.errors import DockerException

    try:
        return step(*arguments, **options)
    except DockerException as error:
        raise StackError(
            f"The stack is to run in Docker, but the Docker engine did not do its part: {error}\n"
            "Start the engine, or unset STACK to use local processes."
        ) from error
