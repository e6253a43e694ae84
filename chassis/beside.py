"""Work for a process of its own beside the service: what takes a processor for seconds, or much memory for a while.

The service asks, a line of JSON each way, one question after the other. The process begins with the first of them and
ends soon after the last, so that its memory is not held for good. It lives by its standard input: that closes when the
service ends, however that ends, and with it goes the process at once, whatever it is doing. It may be given no more
than so much memory: what needs more fails by itself, before the whole container is ended for it.

``python -m chassis.beside MODULE NICE MEMORY`` is the process. The module has ``answering(told)``, an async context
manager of the function that answers; ``told`` is what the service said first. Of an error only its class and place
come back: a text may hold what somebody wrote.
"""

import asyncio
import json
import os
import resource
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

from chassis.redaction import describe

Answering = Callable[[Any], AbstractAsyncContextManager[Callable[[Any], Awaitable[Any]]]]

#: Seconds without a question after which the process ends. It begins anew within a second or two.
IDLE = 15.0
#: The lowest priority there is, for work that nobody waits for: it takes what the service, Kafka and PostgreSQL leave
#: of the processors. On a machine that is full that may be next to nothing.
NICE = 19
_CODE = str(Path(__file__).parents[1])
#: What is among the last words of a process that a library ended because it got no memory: those in Rust, in C++,
#: Python itself, OpenBLAS. What Python raises is an answer.
_WITHOUT_MEMORY = (b"memory alloc", b"bad_alloc", b"memoryerror", b"too many memory regions")
#: So many of its last bytes are looked at.
_LAST = 4096
#: What the process answers where its memory did not suffice.
_FULL = {"full": True}


class Unanswered(Exception):
    """The process could not answer: it failed, ended, or took too long. The text says which, without any value.

    ``there`` is what a log line may say of an error in the process: see `chassis.redaction.describe`.
    """

    def __init__(self, why: str, there: Mapping[str, Any] | None = None) -> None:
        super().__init__(why)
        self.there = there


class OutOfMemory(Unanswered):
    """What it was asked needs more memory than it may use: the same question would end the same way."""

    def __init__(self) -> None:
        super().__init__("it would need more memory than it may use")


class Beside:
    """The process as its service has it: started when it is asked something, and ended when nobody asks any more."""

    def __init__(
        self,
        module: str,
        told: Mapping[str, Any],
        stopping: asyncio.Event,
        *,
        nice: int = 0,
        memory: int = 0,
        hidden: str = "",
        idle: float = IDLE,
    ) -> None:
        """``told`` goes to it first. Variables that begin with ``hidden`` (the service's settings) do not.

        ``nice``: by how much its priority is lower than the service's. ``memory``: how many bytes it may use, as many
        as there are where it is nought.
        """
        self._module, self._told, self._stopping = module, dict(told), stopping
        self._nice, self._memory, self._hidden, self._idle = nice, memory, hidden, idle
        self._one = asyncio.Lock()
        self._process: Process | None = None
        self._last: asyncio.Task[bytes] | None = None
        self._ends: asyncio.TimerHandle | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process's id while there is one."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def ask(self, asked: Mapping[str, Any], seconds: float) -> Any:
        """Its answer, once those before have theirs. Raises Unanswered, at the latest after so many seconds of work;
        of it OutOfMemory, where its memory does not suffice.

        Where the caller goes away the process is ended: nobody waits for what it is doing.
        """
        async with self._one:
            if self._stopping.is_set():
                raise Unanswered("the service stops")
            if self._ends is not None:
                self._ends.cancel()
            try:
                async with asyncio.timeout(seconds):
                    line = await self._answer(await self._begun(), asked)
            except TimeoutError:
                self.end()
                raise Unanswered(f"no answer within {seconds:.0f} seconds") from None
            except BaseException:
                self.end()  # its answer would be taken for that to the next question
                raise
            self._ends = asyncio.get_running_loop().call_later(self._idle, self.end)
        answer = json.loads(line)
        if answer == _FULL:
            self.end()  # the next one begins with all the memory that there is
            raise OutOfMemory
        if "failed" in answer:
            raise Unanswered(answer["failed"], answer["there"])
        return answer["done"]

    def end(self) -> None:
        """Ends the process, whatever it is doing. It holds nothing that is not done again."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()

    async def _begun(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "chassis.beside", self._module,
                str(self._nice), str(self._memory), stdin=PIPE, stdout=PIPE, stderr=PIPE,
                env=self._surroundings(),
            )  # fmt: skip
            self._last = asyncio.create_task(_last_words(self._process))
            _say(self._process, self._told)
        # It is done where the service was told to stop while this one began.
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._end_with_the_service())
        return self._process

    async def _end_with_the_service(self) -> None:
        await self._stopping.wait()
        self.end()

    def _surroundings(self) -> dict[str, str]:
        told = {k: v for k, v in os.environ.items() if not (self._hidden and k.startswith(self._hidden))}
        code = os.pathsep.join(filter(None, (_CODE, told.get("PYTHONPATH"))))
        return {**told, "PYTHONPATH": code, "OPENBLAS_NUM_THREADS": "1"}  # it does one thing at a time

    async def _answer(self, process: Process, asked: Mapping[str, Any]) -> bytes:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            _say(process, asked)
            await process.stdin.drain()
            line = await process.stdout.readline()
        except ConnectionError:
            line = b""
        if not line.endswith(b"\n"):
            raise await self._ended(process)
        return line

    async def _ended(self, process: Process) -> Unanswered:
        """Why there is no answer. What Python and its libraries say may hold anything, and is told nobody."""
        status = await process.wait()
        last = (await self._last).lower() if self._last is not None else b""
        if any(each in last for each in _WITHOUT_MEMORY):
            return OutOfMemory()
        return Unanswered(
            f"it ended with status {status}" if status >= 0 else f"it ended by {signal.Signals(-status).name}"
        )


async def _last_words(process: Process) -> bytes:
    """The end of what it says until it ends; read all the while, or it would wait for a reader."""
    assert process.stderr is not None
    last = b""
    while said := await process.stderr.read(_LAST):
        last = (last + said)[-_LAST:]
    return last


def _say(process: Process, what: Mapping[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(_line(what))


def main(module: str, nice: int, memory: int) -> None:
    """The process itself, until its standard input closes."""
    # Ctrl-C or a closed terminal is for the service, with which it ends.
    for sign in (signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    os.nice(nice)
    if memory:
        with suppress(OSError, ValueError):  # no such limit on this system, or a stricter one
            # What it may write to: at least as much as it really uses.
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    # Where memory runs out it goes before the service does (Linux), unless all of a container goes at once.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    # What a library prints is no answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    asyncio.run(_answers(module, answers))


async def _answers(module: str, answers: Any) -> None:
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[bytes] = asyncio.Queue()
    Thread(target=_listen, args=(loop, lines), daemon=True).start()

    def say(line: bytes) -> None:
        answers.write(line)
        answers.flush()

    told = json.loads(await lines.get())
    try:
        answering: Answering = import_module(module).answering
        async with answering(told) as answer:
            while True:
                say(await _answered(answer, json.loads(await lines.get())))
    except Exception as error:  # it cannot begin: whoever asks hears why, and the next one has another begun
        await lines.get()
        say(_failed(error))


async def _answered(answer: Callable[[Any], Awaitable[Any]], asked: Any) -> bytes:
    try:
        return _line({"done": await answer(asked)})  # made here: it may be what there is no memory for
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> bytes:
    if isinstance(error, MemoryError):
        return _line(_FULL)  # no more than that: there is next to no memory left to say it with
    return _line({"failed": type(error).__name__, "there": describe(error)})


def _line(what: Mapping[str, Any]) -> bytes:
    return json.dumps(what).encode() + b"\n"


def _listen(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[bytes]) -> None:
    for line in sys.stdin.buffer:
        loop.call_soon_threadsafe(lines.put_nowait, line)
    os._exit(0)  # the service is gone, and so is whoever wanted what is being worked out


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
