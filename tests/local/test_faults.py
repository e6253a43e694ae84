"""Servers can be stopped, killed and paused on purpose, and come back with their data."""

import asyncpg
import pytest

from deploy.kafka import apply_topics
from deploy.local import Stack
from tests.local.helpers import a_topic, ask, receive, send


@pytest.mark.parametrize("fault", ["kill", "stop"])
async def test_postgres_comes_back_with_what_was_committed(own_stack: Stack, fault: str) -> None:
    dsn = own_stack.create_database(fault, owner=fault, password=fault)
    session = await asyncpg.connect(dsn)
    await session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    getattr(own_stack.database, fault)()
    assert not own_stack.database.running
    with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        await session.fetchval("SELECT answer FROM kept")
    own_stack.database.start()
    assert await ask(dsn, "SELECT answer FROM kept") == 42


@pytest.mark.parametrize("fault", ["kill", "stop"])
async def test_the_only_broker_comes_back_with_what_was_acknowledged(own_stack: Stack, fault: str) -> None:
    topic, [broker] = f"{fault}.v1", own_stack.brokers
    await apply_topics(own_stack.bootstrap, topics=[a_topic(topic)])
    await send(own_stack.bootstrap, topic, [b"acknowledged"])
    getattr(broker, fault)()
    assert not broker.running
    broker.start()
    assert await receive(own_stack.bootstrap, topic, 1) == [b"acknowledged"]


def test_a_paused_broker_does_not_answer_until_it_is_resumed(own_stack: Stack) -> None:
    [broker] = own_stack.brokers
    broker.pause()
    assert broker.running
    assert not broker.is_ready()
    broker.resume()
    broker.wait_until_ready()


def test_a_paused_broker_can_be_stopped(own_stack: Stack) -> None:
    [broker] = own_stack.brokers
    broker.pause()
    broker.stop()
    assert not broker.running
    broker.start()
