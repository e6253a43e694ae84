"""Services that need not import everything at each start: forks of a program that has done so (`fork_server`).

To import a service takes a second and a half of a processor's time, and the tests start services by the hundred. What a
fork does from there on is what ``python -m services.<name>`` does. From a fresh interpreter they start in the demo,
the bench, ``make test-faults``, and where it is tried that each stands alone.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from deploy.local.supervisor import Supervisor

_ROOT = Path(__file__).parents[2]
_POLL_SECONDS = 0.01


def use() -> None:
    """From now on this process starts services so."""
    Supervisor.popen = staticmethod(started)


class ForkServer:
    """The program that has imported ``module``. It ends with this process, however that ends."""

    def __init__(self, module: str) -> None:
        """Starts it; its first answer comes once it has imported."""
        command = [sys.executable, "-m", "tests.support.fork_server", module]
        self._lock = Lock()
        self._program = subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0
        )

    def ask(self, **asked: Any) -> Any:
        """Its answer."""
        told, answers = self._program.stdin, self._program.stdout
        assert told is not None
        assert answers is not None
        with self._lock:
            told.write(json.dumps(asked) + "\n")
            told.flush()
            return json.loads(answers.readline())


class Fork:
    """A fork, as `subprocess.Popen` shows the processes that it starts."""

    def __init__(self, server: ForkServer, pid: int) -> None:
        self.pid, self._server = pid, server
        self._status: int | None = None
        self._lock = Lock()

    def poll(self) -> int | None:
        """What it ended with (minus the signal that ended it), or None while it runs."""
        with self._lock:
            if self._status is None:
                self._status = self._server.ask(ended=self.pid)
            return self._status

    def wait(self, timeout: float | None = None) -> int:
        """The same once it has ended. Raises TimeoutExpired after so many seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(_POLL_SECONDS)
        return status

    def send_signal(self, wanted: signal.Signals) -> None:
        """Nothing happens where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, wanted)


@cache
def _server_of(module: str) -> ForkServer:
    return ForkServer(module)


def started(command: Sequence[str], **given: Any) -> subprocess.Popen[bytes] | Fork:
    """What `subprocess.Popen` does; where ``command`` is one of a service's, by a fork."""
    if command[:2] != [sys.executable, "-m"] or not command[2].startswith("services."):
        return subprocess.Popen(command, **given)
    server = _server_of(command[2])
    pid = server.ask(
        arguments=command[3:],
        log=given["stdout"].name,
        environment=given["env"],
        group=given["process_group"],
    )
    return Fork(server, pid)
