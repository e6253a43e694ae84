"""One server process: started, stopped in order, killed, paused."""

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from deploy.local.errors import PortTakenError, StackError
from deploy.local.supervisor import Supervisor

_START_SECONDS = 90.0
_STOP_SECONDS = 30.0


class ServerProcess(ABC):
    """A server of this stack, with the faults that tests cause on purpose.

    The methods wait until what they ask for has happened. They raise StackError with the end of the server's
    log where it does not.
    """

    #: The signal after which the server stops in order, without waiting for its clients.
    stop_signal = signal.SIGTERM

    def __init__(self, name: str, supervisor: Supervisor, folder: Path, user: str | None = None) -> None:
        """Describe the server: `name` for messages, `folder` for its files. Nothing runs yet."""
        self.name = name
        self.folder = folder
        self.log = folder / "server.log"
        self._supervisor = supervisor
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @abstractmethod
    def command(self) -> Sequence[str]:
        """Return the command that runs the server in the foreground."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Say whether this very server answers its clients."""

    def environment(self) -> Mapping[str, str]:
        """Return what the server needs in its environment beyond the parent's."""
        return {}

    @property
    def running(self) -> bool:
        """Whether the process exists, paused or not."""
        return self._process is not None and self._process.poll() is None

    def start(self, wait: bool = True) -> None:
        """Start the server if it does not run, and wait until it answers its clients.

        With wait=False return at once: a cluster's brokers become ready only together.
        """
        if not self.running:
            self._log_start = self.log.stat().st_size if self.log.exists() else 0
            self._process = self._supervisor.spawn(self.command(), self.log, self.environment(), self._user)
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until the server answers its clients.

        Raises PortTakenError where another program has its port, StackError where it ended or took too long.
        """
        deadline = time.monotonic() + _START_SECONDS
        while not (self.is_ready() and self.running):
            if not self.running:
                raise self._failure("ended while it was starting")
            if time.monotonic() > deadline:
                raise self._failure(f"was not ready after {_START_SECONDS:.0f} seconds")
            time.sleep(0.05)

    @property
    def user(self) -> str | None:
        """The user of this machine that runs it, where that is another than this program's."""
        return self._user

    @property
    def exit_status(self) -> int | None:
        """What the process ended with (minus the signal that ended it), or None while it runs."""
        return self._process.poll() if self._process else None

    def ask_to_stop(self, by: signal.Signals | None = None) -> None:
        """Send the signal after which the server stops in order, or another one, and do not wait for that."""
        if self._process is not None and self.running:
            self._process.send_signal(by or self.stop_signal)

    def stop(self) -> None:
        """Stop the server in order, as an operator would. Nothing happens when it does not run."""
        if self._process is None or not self.running:
            return
        self.resume()
        self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the server and its children at once (SIGKILL), as a crash would."""
        tree = self._signal_tree(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        psutil.wait_procs(tree, timeout=_STOP_SECONDS)

    def pause(self) -> None:
        """Freeze the server and its children (SIGSTOP): connections stay open, nothing answers."""
        self._signal_tree(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on (SIGCONT). A broker that was away long first has to join its cluster again."""
        self._signal_tree(signal.SIGCONT)

    @property
    def paused(self) -> bool:
        """Whether the process is frozen."""
        return any(process.status() == psutil.STATUS_STOPPED for process in self._tree()[:1])

    def cpu_seconds(self) -> float:
        """Processor time used so far by the server and its children, those that have ended too."""
        used = 0.0
        for process in self._tree():
            with suppress(psutil.NoSuchProcess):
                used += sum(process.cpu_times()[:4])  # user, system, and the same of ended children
        return used

    def memory_bytes(self) -> int:
        """Resident memory of the server and its children, now."""
        return _resident(self._tree())

    def memory_beside_bytes(self) -> int:
        """Resident memory of its children alone, now: 0 where it has none."""
        return _resident(self._tree()[1:])

    @property
    def pid(self) -> int:
        """The process's id. Raises StackError where it does not run."""
        if self._process is None or not self.running:
            raise StackError(f"{self.name} does not run: start it first.")
        return self._process.pid

    def _signal_tree(self, wanted: signal.Signals) -> list[psutil.Process]:
        """Send the signal to the server and its children; return them."""
        tree = self._tree()
        for process in tree:
            with suppress(psutil.NoSuchProcess):  # children come and go
                process.send_signal(wanted)
        return tree

    def _tree(self) -> list[psutil.Process]:
        if self._process is None or not self.running:
            return []
        server = psutil.Process(self._process.pid)
        return [server, *server.children(recursive=True)]

    def _failure(self, what: str) -> StackError:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").splitlines()
        error = PortTakenError if any("Address already in use" in line for line in lines) else StackError
        return error("\n  ".join([f"{self.name} {what}. The end of its log:", *lines[-15:]]))


def _resident(processes: Iterable[psutil.Process]) -> int:
    held = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # children come and go
            held += process.memory_info().rss
    return held
