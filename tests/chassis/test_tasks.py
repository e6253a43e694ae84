"""What a worker does beside relaying and hearing facts: where some of it fails, all else goes on."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from chassis import tasks
from chassis.parts import Parts
from chassis.runner import Unavailable
from chassis.storage import StateUnreadable


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again at once."""

    async def pause(_: asyncio.Event, seconds: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(tasks, "pause", pause)


def a_worker(*at_start: Any) -> Any:
    return SimpleNamespace(
        stopping=asyncio.Event(), parts=Parts(), service=SimpleNamespace(at_start=at_start)
    )


class Failing:
    """A task that fails so and so, one time after the other, and is well then."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.tries = list(errors), 0

    async def __call__(self, running: Any) -> None:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        running.stopping.set()


@pytest.mark.parametrize("error", [ConnectionError(), Unavailable()], ids=lambda error: type(error).__name__)
async def test_a_task_that_an_outage_interrupts_goes_on_after_it_and_blames_nothing(error: Exception) -> None:
    running, task = a_worker(), Failing(error)
    await asyncio.wait_for(tasks.patiently(running, task), 5)
    assert (task.tries, running.parts.why("tasks")) == (2, None)


@pytest.mark.parametrize(
    "error", [StateUnreadable("counter", "a"), KeyError(), ExceptionGroup("lanes", [ValueError()])], ids=repr
)
async def test_a_task_that_breaks_is_told_of_and_tried_again_and_ends_nobody_else(error: Exception) -> None:
    running, task = a_worker(), Failing(error)
    await asyncio.wait_for(tasks.patiently(running, task), 5)
    assert task.tries == 2
    assert "task_failed" in running.parts.why("tasks")


async def test_what_cannot_be_done_at_the_start_is_done_as_soon_as_it_can_be_and_keeps_nothing_waiting() -> (
    None
):
    first, second = Failing(KeyError(), ConnectionError()), Failing()
    running = a_worker(first, second)
    async with asyncio.timeout(5), asyncio.TaskGroup() as parts:
        await tasks.begin(running, parts)
        assert (first.tries, second.tries) == (1, 1)
        running.stopping.clear()  # which the second one has set
    assert (first.tries, second.tries) == (3, 1)
