"""A Kafka and a PostgreSQL whose addresses are given in the environment."""

from aiokafka.errors import KafkaError

from deploy.local.asking import describe_cluster
from deploy.local.databases import ask_version
from deploy.local.errors import StackError
from deploy.local.ports import accepts
from deploy.local.servers import Kafka, Postgres

KAFKA_VARIABLE = "FINGERPOST_KAFKA"
POSTGRES_VARIABLE = "FINGERPOST_POSTGRES"


def given_kafka(addresses: str, brokers: int) -> Kafka:
    """Return the cluster at `addresses` ("host:port,host:port").

    Raises StackError where no broker answers there, or the cluster has fewer brokers than wanted.
    """
    bootstrap = [address.strip() for address in addresses.split(",") if address.strip()]
    try:
        if not any(map(accepts, bootstrap)):
            raise KafkaError("connection refused or not an address (host:port)")
        found = len(describe_cluster(bootstrap).brokers)
    except KafkaError as error:
        raise StackError(
            f"{KAFKA_VARIABLE} is {addresses!r}, but no Kafka broker answers there: {error}. Correct it, or"
            " unset it to have a Kafka started here."
        ) from error
    if found < brokers:
        raise StackError(
            f"The cluster in {KAFKA_VARIABLE} has {found} broker(s), {brokers} are wanted. Unset it to have"
            " them started here."
        )
    return Kafka(bootstrap, version="not stated by the cluster in " + KAFKA_VARIABLE)


def given_postgres(dsn: str) -> Postgres:
    """Return the server at `dsn`. Raises StackError where it does not answer."""
    try:
        ask_version(dsn)
    except StackError as error:
        raise StackError(
            f"{POSTGRES_VARIABLE} is set, but {error}. Correct it, or unset it to have a PostgreSQL started"
            " here."
        ) from error
    return Postgres(dsn)
