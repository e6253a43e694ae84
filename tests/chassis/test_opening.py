"""The door of a service opens when it is known that its database was not set back to a backup."""

import asyncio
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError

from chassis import guard, serving
from chassis.guard import DatabaseSetBack, check_not_set_back
from chassis.parts import Parts


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was opened, in place of a real web server."""
    doors: list[str] = []

    async def run_web(running: Any, role: str) -> None:
        doors.append(role)

    monkeypatch.setattr(serving, "run_web", run_web)
    return doors


def a_service() -> Any:
    return SimpleNamespace(
        looked=asyncio.Event(),
        stopping=asyncio.Event(),
        parts=Parts(),
        source="/council/referrals",
        pool=None,
        brokers=None,
        service=SimpleNamespace(repositories=[], says=[], name="referrals"),
        settings=SimpleNamespace(topic_prefix="", source="/council"),
    )


async def test_the_door_is_shut_until_somebody_has_looked(opened: list[str]) -> None:
    running = a_service()
    door = asyncio.create_task(serving.open_door(running, "all"))
    await asyncio.sleep(0.05)
    assert opened == []
    running.looked.set()
    await door
    assert opened == ["all"]


async def test_a_service_that_refuses_its_old_database_never_opens(opened: list[str]) -> None:
    running = a_service()
    running.stopping.set()
    await serving.open_door(running, "web")
    assert opened == []


async def test_where_kafka_is_silent_the_door_opens_after_a_while(
    opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LOOK_SECONDS", 0.05)
    await serving.open_door(a_service(), "web")
    assert opened == ["web"]


@pytest.mark.parametrize(
    ("hiccup", "blamed"),
    [(asyncpg.TooManyConnectionsError("full"), False), (KafkaConnectionError("away"), True)],
    ids=["the database's", "Kafka's"],
)
async def test_a_hiccup_leaves_the_door_shut_until_it_is_known_and_kafka_is_blamed_for_its_own_only(
    hiccup: Exception, blamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([hiccup, DatabaseSetBack("older than its topics")])

    async def check(*_: Any) -> None:
        raise next(answers)

    monkeypatch.setattr(serving, "check_running", check)
    running = a_service()
    with pytest.raises(DatabaseSetBack):
        await serving._check_database(running)
    assert not running.looked.is_set()
    assert (running.parts.why("kafka") is not None) == blamed


async def test_a_kafka_that_falls_silent_is_told_from_a_database_that_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Silent:
        def __init__(self, *_: Any) -> None:
            pass

        async def __aenter__(self) -> "Silent":
            raise TimeoutError

        async def __aexit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(guard, "TopicReader", Silent)
    running = a_service()
    with pytest.raises(KafkaConnectionError):
        await check_not_set_back(running.pool, [], running.brokers, [], "")
