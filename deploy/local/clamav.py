"""A virus scanner (ClamAV's clamd) for the demo and the tests, as one process of this machine.

It knows a single signature, that of the EICAR test file, which is harmless: nothing is downloaded. Whoever runs the
services for real runs a clamd of their own, with signatures that are kept up to date.
"""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from deploy.local.debian import found, installed, may_install
from deploy.local.errors import StackError
from deploy.local.ports import HOST, free_ports, on_free_ports
from deploy.local.process import ServerProcess
from deploy.local.supervisor import Supervisor

NONE_HERE = (
    "No ClamAV here, so files that are uploaded stay quarantined: install the package clamav-daemon, "
    "or name a clamd by CLAMD=host:port."
)
_NOT_STARTED = "ClamAV did not start, so files that are uploaded stay quarantined. Its log says why: {log}"
_NAMES = ("clamd",)
#: MD5, size and name of the EICAR test file, as `sigtool --md5` writes them.
_SIGNATURE = "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-Signature\n"


class Clamd(ServerProcess):
    """A clamd on a port of the loopback address."""

    def __init__(self, program: str, port: int, supervisor: Supervisor, folder: Path) -> None:
        """Describe it; its files go to ``folder``."""
        super().__init__("clamd", supervisor, folder)
        self._program, self._port = program, port

    @property
    def address(self) -> str:
        """Where it listens, ``host:port``."""
        return f"{HOST}:{self._port}"

    def command(self) -> Sequence[str]:
        """The command, after its files are written."""
        signatures = self.folder / "signatures"
        signatures.mkdir(parents=True, exist_ok=True)
        (signatures / "test.hdb").write_text(_SIGNATURE, encoding="ascii")
        config = self.folder / "clamd.conf"
        config.write_text(
            f"Foreground yes\nTCPSocket {self._port}\nTCPAddr {HOST}\nDatabaseDirectory {signatures}\n"
            f"TemporaryDirectory {self.folder}\nStreamMaxLength 40M\nMaxThreads 4\nSelfCheck 0\n",
            encoding="utf-8",
        )
        return [self._program, f"--config-file={config}"]

    def is_ready(self) -> bool:
        """Whether it answers PING."""
        try:
            with socket.create_connection((HOST, self._port), timeout=1) as asking:
                asking.sendall(b"nPING\n")
                return asking.recv(16) == b"PONG\n"
        except OSError:
            return False


def program() -> str | None:
    """The path of clamd: this machine's, else of Debian's package where we may install it, else None."""
    say = "Installing ClamAV from Debian's packages, to scan files that are uploaded …"
    return found(_NAMES) or installed("clamav-daemon", _NAMES, say)


@contextmanager
def start_clamd(folder: Path) -> Iterator[str]:
    """The address of the clamd that the variable CLAMD names, else of one with its files in ``folder``.

    It is stopped at the end. Raises FileNotFoundError with one sentence where there is none and none can be
    installed, StackError where it does not start.
    """
    if given := os.environ.get("CLAMD"):
        yield given
        return
    where = program()
    if where is None:
        raise FileNotFoundError(NONE_HERE)
    folder.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor(folder, temporary=False)

    def start(ports: list[int]) -> Clamd:
        server = Clamd(where, ports[0], supervisor, folder)
        server.start()
        return server

    try:
        yield on_free_ports(1, start).address
    finally:
        supervisor.close()


@contextmanager
def clamd_beside(folder: Path, say: Callable[[str], None]) -> Iterator[str]:
    """The address of a clamd that is found, or installed, and started while the caller goes on.

    Until it is up, uploads wait. "" where there is none and we may not install one; ``say`` is then given the
    one sentence that tells so, as where the start fails later. It is stopped at the end.
    """
    if given := os.environ.get("CLAMD"):
        yield given
        return
    if not (found(_NAMES) or may_install()):
        say(NONE_HERE)
        yield ""
        return
    folder.mkdir(parents=True, exist_ok=True)
    supervisor, port, over = Supervisor(folder, temporary=False), free_ports(1)[0], Event()

    def start() -> None:
        complaint = _started_at(port, supervisor, folder)
        if complaint and not over.is_set():
            say(complaint)

    # Nobody waits for this thread: what it may be about is a package that takes minutes to come.
    Thread(target=start, daemon=True).start()
    try:
        yield f"{HOST}:{port}"
    finally:
        over.set()
        supervisor.close()


def _started_at(port: int, supervisor: Supervisor, folder: Path) -> str | None:
    """What went wrong, in one sentence, or None."""
    where = program()
    if where is None:
        return NONE_HERE
    server = Clamd(where, port, supervisor, folder)
    try:
        server.start()
    except StackError:
        return _NOT_STARTED.format(log=server.log)
    return None
