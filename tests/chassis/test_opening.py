"""The door of a service opens when it is known that its database was not set back to a backup."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from chassis import serving


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was opened, in place of a real web server."""
    doors: list[str] = []

    async def run_web(running: Any, role: str) -> None:
        doors.append(role)

    monkeypatch.setattr(serving, "run_web", run_web)
    return doors


def a_service() -> Any:
    return SimpleNamespace(looked=asyncio.Event(), stopping=asyncio.Event())


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
