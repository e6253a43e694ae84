"""A process beside the service answers while it is wanted, and never outlives whoever wanted it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from chassis.beside import NICE, Beside, OutOfMemory, Unanswered
from tests.support import answers
from tests.support.soon import soon

MODULE = answers.__name__
ROOT = Path(__file__).parents[2]
Make = Callable[..., Beside]


@pytest.fixture
async def beside() -> AsyncIterator[Make]:
    """Makes one; all of them end with the test."""
    stopping = asyncio.Event()
    yield lambda module=MODULE, **given: Beside(module, {"greeting": "Hello"}, stopping, **given)
    stopping.set()
    await asyncio.sleep(0)


def gone(pid: int | None) -> bool:
    """Whether a process ends within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.02)
                continue
        return True
    return False


async def begun(one: Beside) -> int:
    """The process, once there is one."""

    async def pid() -> int | None:
        return one.pid

    return await soon(pid)


async def test_it_answers_one_question_after_the_other_with_what_it_was_told_first(beside: Make) -> None:
    one = beside()
    assert one.pid is None  # nobody has asked yet
    both = await asyncio.gather(one.ask({"name": "Robin"}, 10), one.ask({"name": "Kim"}, 10))
    assert list(both) == ["Hello, Robin", "Hello, Kim"]
    first = one.pid
    assert await one.ask({"name": "Sam"}, 10) == "Hello, Sam"
    assert one.pid == first


async def test_it_works_at_the_lowest_priority_where_nobody_waits(beside: Make) -> None:
    one, other = beside(nice=NICE), beside()
    await asyncio.gather(one.ask({"name": "Robin"}, 10), other.ask({"name": "Kim"}, 10))
    assert psutil.Process(one.pid).nice() == NICE
    assert psutil.Process(other.pid).nice() == psutil.Process().nice()


async def test_it_ends_when_nobody_has_asked_for_a_while_and_begins_anew(beside: Make) -> None:
    one = beside(idle=0.05)
    await one.ask({"name": "Robin"}, 10)
    assert await asyncio.to_thread(gone, one.pid)
    assert await one.ask({"name": "Kim"}, 10) == "Hello, Kim"


async def test_what_it_cannot_do_is_told_by_the_class_and_place_of_the_error_alone_and_it_goes_on(
    beside: Make,
) -> None:
    one = beside()
    with pytest.raises(Unanswered, match=r"^ValueError$") as failed:
        await one.ask({"raise": "the name of a child"}, 10)
    assert failed.value.there is not None
    assert failed.value.there["frames"][-1].startswith("tests/support/answers.py:")
    assert "child" not in str(failed.value.there)
    assert await one.ask({"name": "Kim"}, 10) == "Hello, Kim"


async def test_an_answer_that_cannot_be_written_down_is_no_silence(beside: Make) -> None:
    one = beside()
    with pytest.raises(Unanswered, match=r"^TypeError$"):
        await one.ask({"unsayable": True}, 10)
    assert await one.ask({"name": "Kim"}, 10) == "Hello, Kim"


async def test_one_that_cannot_begin_says_why(beside: Make) -> None:
    with pytest.raises(Unanswered, match="ModuleNotFoundError"):
        await beside("tests.support.no_such_module").ask({"name": "Robin"}, 10)


async def test_one_that_is_killed_while_it_works_is_begun_anew(beside: Make) -> None:
    one = beside()
    asked = asyncio.create_task(one.ask({"sleep": 60}, 60))
    os.kill(await begun(one), signal.SIGKILL)
    with pytest.raises(Unanswered, match="it ended by SIGKILL"):
        await asked
    assert await one.ask({"name": "Kim"}, 10) == "Hello, Kim"


async def test_one_that_hangs_is_ended(beside: Make) -> None:
    one = beside()
    await one.ask({"name": "Robin"}, 10)
    frozen = one.pid
    assert frozen is not None
    os.kill(frozen, signal.SIGSTOP)
    with pytest.raises(Unanswered, match="no answer"):
        await one.ask({"name": "Kim"}, 0.2)
    assert await asyncio.to_thread(gone, frozen)


async def test_what_needs_more_memory_than_it_may_use_fails_by_itself_and_the_next_question_is_answered(
    beside: Make,
) -> None:
    one = beside(memory=200_000_000)
    assert await one.ask({"bytes": 50_000_000}, 10) == 50_000_000
    first = one.pid
    with pytest.raises(OutOfMemory, match="more memory than it may use"):
        await one.ask({"bytes": 200_000_000}, 10)
    assert await asyncio.to_thread(gone, first)  # it gives back what it had
    assert await one.ask({"name": "Kim"}, 10) == "Hello, Kim"


async def test_one_that_has_too_little_memory_to_begin_with_says_so() -> None:
    stopping = asyncio.Event()
    one = Beside(MODULE, {"greeting": "Hello", "holds": 200_000_000}, stopping, memory=200_000_000)
    with pytest.raises(OutOfMemory):
        await one.ask({"name": "Robin"}, 10)
    stopping.set()
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("asked", "why"), [({"abort": True}, "it ended by SIGABRT"), ({"exit": 1}, "it ended with status 1")]
)
@pytest.mark.parametrize(
    "says",
    [
        "memory allocation of 1792 bytes failed",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "OpenBLAS error: Memory allocation still failed after 10 retries, giving up.",
    ],
)
async def test_a_library_that_ends_the_process_for_want_of_memory_is_told_from_any_other_end(
    beside: Make, asked: dict[str, Any], why: str, says: str
) -> None:
    one = beside(memory=200_000_000)
    with pytest.raises(OutOfMemory):
        await one.ask({"says": says, **asked}, 10)
    with pytest.raises(Unanswered, match=f"^{why}$") as ended:
        await one.ask({"says": "the name of a child", **asked}, 10)
    assert not isinstance(ended.value, OutOfMemory)


async def test_one_that_says_much_waits_for_no_reader(beside: Make) -> None:
    assert await beside().ask({"says": "x" * 500_000, "name": "Kim"}, 10) == "Hello, Kim"


async def test_where_whoever_asked_goes_away_the_next_one_gets_an_answer_of_their_own(beside: Make) -> None:
    one = beside()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(one.ask({"sleep": 60}, 60), 0.5)
    assert await one.ask({"name": "Kim"}, 10) == "Hello, Kim"


async def test_when_the_service_stops_it_ends_at_once_and_is_asked_no_more() -> None:
    stopping = asyncio.Event()
    one = Beside(MODULE, {"greeting": "Hello"}, stopping)
    asked = asyncio.create_task(one.ask({"sleep": 60}, 60))
    pid = await begun(one)
    stopping.set()
    with pytest.raises(Unanswered):
        await asked
    assert await asyncio.to_thread(gone, pid)
    with pytest.raises(Unanswered, match="stops"):
        await one.ask({"name": "Kim"}, 10)


async def test_one_that_begins_just_when_the_service_stops_ends_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopping, begin = asyncio.Event(), asyncio.create_subprocess_exec
    one = Beside(MODULE, {"greeting": "Hello"}, stopping)
    await one.ask({"name": "Robin"}, 10)
    one.end()

    async def slowly(*command: Any, **given: Any) -> Any:
        stopping.set()
        await asyncio.sleep(0.05)
        return await begin(*command, **given)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slowly)
    with pytest.raises(Unanswered, match="it ended"):
        await one.ask({"sleep": 60}, 2)


async def test_it_hears_no_secret_of_the_service(beside: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANELS_KEYRINGS", "secret")
    assert await beside(hidden="PANELS_").ask({"variable": "PANELS_KEYRINGS"}, 10) is None


async def test_ctrl_c_in_a_terminal_is_left_to_the_service(beside: Make) -> None:
    one = beside()
    await one.ask({"name": "Robin"}, 10)
    assert one.pid is not None
    os.kill(one.pid, signal.SIGINT)
    os.kill(one.pid, signal.SIGHUP)
    assert await one.ask({"name": "Kim"}, 10) == "Hello, Kim"


_PARENT = f"""
import asyncio
from chassis.beside import Beside
async def main():
    one = Beside({MODULE!r}, {{"greeting": "Hello"}}, asyncio.Event())
    await one.ask({{"name": "Robin"}}, 10)
    busy = asyncio.create_task(one.ask({{"busy": True}}, 60))
    await asyncio.sleep(0.2)
    print(one.pid, flush=True)
    await busy
asyncio.run(main())
"""


def test_kill_9_of_the_service_leaves_nothing_behind_even_while_it_works() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, cwd=ROOT) as service:
        assert service.stdout is not None
        pid = int(service.stdout.readline())
        assert psutil.pid_exists(pid)
        service.kill()
    assert gone(pid)
