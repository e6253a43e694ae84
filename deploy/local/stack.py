"""A Kafka and a PostgreSQL together, found or started: see `start_stack`."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from deploy.local import databases
from deploy.local.errors import StackError
from deploy.local.given import KAFKA_VARIABLE, POSTGRES_VARIABLE
from deploy.local.kafka import Broker, Listener
from deploy.local.postgres import Database
from deploy.local.servers import Kafka, Postgres
from deploy.local.sources import choose_sources

_NOT_OURS = "This {} is not a local process, so it cannot be stopped, killed or paused: unset {} and STACK."


class Stack:
    """A running Kafka and PostgreSQL. Close it, or use it in a `with` statement.

    Its methods block for a moment; in a coroutine call them through `asyncio.to_thread`.
    """

    def __init__(self, kafka: Kafka, postgres: Postgres, close: Callable[[], object]) -> None:
        """Join the two; `close` ends whatever was started for them. Programs call `start_stack` instead."""
        self._kafka = kafka
        self._postgres = postgres
        self._close = close

    @property
    def postgres_version(self) -> str:
        """The version that the PostgreSQL server states."""
        return databases.ask_version(self.postgres)

    @property
    def bootstrap(self) -> list[str]:
        """The addresses of the brokers, each "host:port"."""
        return self._kafka.bootstrap

    @property
    def kafka_version(self) -> str:
        """The version as Kafka's jars or image state it; a given cluster does not say its own."""
        return self._kafka.version

    @property
    def postgres(self) -> str:
        """The administrator's DSN."""
        return self._postgres.dsn

    @property
    def brokers(self) -> list[Broker]:
        """The brokers as processes, to stop, kill or pause. Raises StackError where they are not local."""
        if not self._kafka.brokers:
            raise StackError(_NOT_OURS.format("Kafka", KAFKA_VARIABLE))
        return self._kafka.brokers

    @property
    def database(self) -> Database:
        """The PostgreSQL server as a process. Raises StackError where it is not local."""
        if self._postgres.database is None:
            raise StackError(_NOT_OURS.format("PostgreSQL", POSTGRES_VARIABLE))
        return self._postgres.database

    def create_database(self, name: str, owner: str, password: str) -> str:
        """Make the role `owner` and the database `name` that only it may open; return the owner's DSN.

        May be called again: the data stay, the password is set anew. Raises StackError where the database
        belongs to another role.
        """
        return databases.create_database(self.postgres, name, owner, password)

    def close(self) -> None:
        """Stop what was started for this stack, and remove its data unless a folder was named for them."""
        self._close()

    def __enter__(self) -> Self:
        """Return the stack itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the stack."""
        self.close()


def start_stack(
    brokers: Literal[1, 3] = 1,
    folder: Path | None = None,
    listeners: Sequence[Listener] = (),
    *,
    durable: bool = True,
) -> Stack:
    """Return a running Kafka and PostgreSQL, each found in this order:

    1. at the address in the environment (FINGERPOST_KAFKA, FINGERPOST_POSTGRES);
    2. as local processes, from Python packages and Kafka's own jars;
    3. in Docker, when STACK=docker or where local processes are not possible on this machine.

    `brokers` is the size of the Kafka cluster; three replicate every topic and survive the loss of one.
    `listeners` are further ways in to brokers that are local processes. Where it need not be `durable`, a local
    PostgreSQL does not wait for the disk: what is committed may be lost if the machine fails, not if a process does.
    Who starts such a stack starts many: Kafka's archive is made beside it (`deploy.local.archive`), and used by all.

    Local data are in `folder` and kept for the next time; without a folder they are temporary. The servers end with
    the stack, and also with this process, however it ends. Raises StackError, which says what to do.
    """
    with ExitStack() as ending:
        # Entered first, so left last: the servers' end lets a start that is still under way fail.
        both = ending.enter_context(ThreadPoolExecutor(2))
        start_kafka, start_postgres = choose_sources(brokers, folder, ending, listeners, durable=durable)
        starting = both.submit(start_kafka), both.submit(start_postgres)
        for started in as_completed(starting):
            started.result()  # who fails ends the other's start too
        kafka, postgres = starting[0].result(), starting[1].result()
        ending.callback(kafka.close)
        ending.callback(postgres.close)
        return Stack(kafka, postgres, ending.pop_all().close)
