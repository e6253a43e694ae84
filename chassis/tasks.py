"""The tasks of a process beside relaying, hearing and answering: what fails in one of them ends nobody else."""

import asyncio
from collections.abc import Callable

from chassis import telemetry
from chassis.database import OUTAGES
from chassis.pause import pause
from chassis.runner import Unavailable
from chassis.service import Running, Task

log = telemetry.get_logger(__name__)

#: After an outage, and after what is no outage, a task is begun again so many seconds later.
AGAIN_SECONDS, FAILED_SECONDS = 1.0, 30.0
_AWAY: tuple[type[BaseException], ...] = (*OUTAGES, Unavailable)
_FAILS = "some of its own work fails, and is tried again every half minute: `task_failed` in the log names it"


async def patiently(running: Running, task: Task) -> None:
    """Runs ``task``, again after whatever ended it, until the service stops."""
    while not running.stopping.is_set():
        await pause(running.stopping, await _tried(running, task) or AGAIN_SECONDS)


async def begin(running: Running, parts: asyncio.TaskGroup) -> None:
    """Does what is done at the start. What fails is done by ``parts`` as soon as it can be: nothing waits for it."""
    for task in running.service.at_start:
        rest = await _tried(running, task)
        if rest is not None:
            parts.create_task(_later(running, task, rest))


async def _later(running: Running, task: Task, rest: float | None) -> None:
    while rest is not None and not running.stopping.is_set():
        await pause(running.stopping, rest)
        rest = await _tried(running, task)


async def _tried(running: Running, task: Task) -> float | None:
    """Runs ``task``; the seconds after which to try again, None where it came to its end.

    A bug in it, or a row that nobody can read, is told, and ends nobody else: facts are heard and published without it.
    """
    try:
        await task(running)
    except _AWAY as error:
        log.warning("task_interrupted", error=type(error).__name__)
        return AGAIN_SECONDS
    except Exception as error:
        return failed(running, task, error)
    return None


def failed(running: Running, task: Callable[..., object], error: Exception) -> float:
    """Tells of a task that failed by what is no outage; the seconds after which to try it again."""
    log.error("task_failed", task=_named(task), error=error)
    running.parts.stopped("tasks", _FAILS, lasts=3 * FAILED_SECONDS)
    return FAILED_SECONDS


def _named(task: Callable[..., object]) -> str:
    function = getattr(task, "func", task)  # of a partial
    return str(getattr(function, "__qualname__", type(function).__name__))
