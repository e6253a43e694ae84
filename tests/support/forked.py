"""Services that need not import everything at each start: forks of a program that has done so (`fork_server`).

To import a service takes a second and a half of a processor's time, and the tests start services by the hundred. What a
fork does from there on is what ``python -m services.<name>`` does, but that each of its routes is worked out when it is
first asked for (`lazy_routes`). From a fresh interpreter they start in the demo, the bench, ``make test-faults``, and
where it is tried that each stands alone.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cached_property
from multiprocessing.connection import Client, Connection
from pathlib import Path
from socket import AF_UNIX, socket
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from deploy.local.supervisor import Supervisor

_ROOT = Path(__file__).parents[2]
_POLL_SECONDS = 0.01


def use(folder: Path | None) -> None:
    """From now on this process starts services so; those that name the same ``folder`` share what they fork."""
    Supervisor.popen = staticmethod(Forks(folder).started)


class ForkServer:
    """The program that has imported ``module``, one for all processes that name the same ``folder``.

    It ends once the last of these processes has ended, however that ends.
    """

    def __init__(self, module: str, folder: Path) -> None:
        """Starts it where nobody has; its first answer comes once it has imported."""
        door = folder / module.rpartition(".")[2]
        self._lock = Lock()
        with door.with_suffix(".lock").open("w") as one_at_a_time:
            fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
            try:
                self._program = Client(str(door), "AF_UNIX")
            except (FileNotFoundError, ConnectionRefusedError):
                self._program = self._begun(module, door)

    def _begun(self, module: str, door: Path) -> "Connection[Any, Any]":
        door.unlink(missing_ok=True)
        with socket(AF_UNIX) as listening:
            listening.bind(str(door))
            listening.listen()
            connected = Client(str(door), "AF_UNIX")  # before it begins: it ends where nobody is
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.fork_server", module, str(listening.fileno())],
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[listening.fileno()],
                process_group=0,
            )
        return connected

    def ask(self, **asked: Any) -> Any:
        """Its answer."""
        with self._lock:
            self._program.send(asked)
            return self._program.recv()

    def close(self) -> None:
        """This process needs it no more."""
        self._program.close()


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


class Forks:
    """How a process starts services: by programs in ``folder``, else by some of its own."""

    def __init__(self, folder: Path | None) -> None:
        """Nothing runs yet."""
        self._folder = folder
        self._servers: dict[str, ForkServer] = {}

    @cached_property
    def _own(self) -> "TemporaryDirectory[str]":
        return TemporaryDirectory(prefix="fingerpost-forks-")

    def started(self, command: Sequence[str], **given: Any) -> subprocess.Popen[bytes] | Fork:
        """What `subprocess.Popen` does; where ``command`` is one of a service's, by a fork."""
        if command[:2] != [sys.executable, "-m"] or not command[2].startswith("services."):
            return subprocess.Popen(command, **given)
        module = command[2]
        if module not in self._servers:
            self._servers[module] = ForkServer(module, self._folder or Path(self._own.name))
        server = self._servers[module]
        pid = server.ask(
            arguments=command[3:],
            log=given["stdout"].name,
            environment=given["env"],
            group=given["process_group"],
        )
        return Fork(server, pid)

    def close(self) -> None:
        """It starts no more; what it shared with nobody ends."""
        for server in self._servers.values():
            server.close()
