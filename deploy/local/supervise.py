"""Keep the servers of a stack under one supervisor, so that none outlives the program that started them.

The supervisor is a small child process that leads a process group of its own, in which the servers are placed.
It holds one end of a pipe from the parent. When the pipe closes, because the stack was closed or because the
parent died in whatever way (kill -9 included), the supervisor ends the group, removes temporary data, and exits.
A clean stop and a crash therefore take the same path.

This file is both the parent's side (`Supervisor`) and the script that the child runs (`main`).
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

#: How long servers may take to stop cleanly. Data about to be thrown away need not be written out first.
_GRACE_KEPT, _GRACE_TEMPORARY = 15.0, 4.0


class Supervisor:
    """The parent's side: starts servers inside the supervised group."""

    def __init__(self, folder: Path, *, temporary: bool) -> None:
        """Start the supervisor of the servers whose data are in `folder`, removed at the end if `temporary`."""
        grace = _GRACE_TEMPORARY if temporary else _GRACE_KEPT
        script = [
            sys.executable,
            "-P",
            __file__,
            str(os.getpid()),
            str(grace),
            str(folder) if temporary else "",
        ]
        # A group of its own, so that Ctrl-C in the terminal reaches the parent only: it then stops in order.
        self._child = subprocess.Popen(
            script,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
            cwd="/",
        )

    def spawn(
        self, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None, user: str | None = None
    ) -> subprocess.Popen[bytes]:
        """Start `command` in the group, as `user` if one is named, its output appended to `log`.

        `env` is added to the environment. Raises OSError where the command cannot be run.
        """
        identity = {"user": user, "group": _group_of(user), "extra_groups": []} if user else {}
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=self._child.pid,
                cwd=log.parent,
                env={**os.environ, **(env or {})},
                **identity,  # type: ignore[call-overload]
            )

    def close(self) -> None:
        """Let the supervisor end every server, and wait until it has. Safe to call twice."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.wait()


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def main(parent: int, grace: float, temporary: str) -> None:
    """Wait for the parent to close the pipe or die, then end the group and remove the `temporary` folder."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    # A fork of the parent may hold the pipe open beyond the parent's death: so look at the parent too.
    while os.getppid() == parent and not select.select([sys.stdin], [], [], 1.0)[0]:
        pass
    _end_servers(grace)
    if temporary:
        _remove(Path(temporary))


def _end_servers(grace: float) -> None:
    # SIGTERM stops Kafka; PostgreSQL would then wait for its clients, and SIGINT tells it not to.
    for wanted in (signal.SIGCONT, signal.SIGTERM, signal.SIGINT):
        os.killpg(0, wanted)
    deadline = time.monotonic() + grace
    while any(_servers()) and time.monotonic() < deadline:
        time.sleep(0.05)
    for server in _servers():
        server.kill()


def _servers() -> Iterator[psutil.Process]:
    group = os.getpgrp()
    for process in psutil.process_iter():
        try:
            ours = os.getpgid(process.pid) == group and process.pid != os.getpid()
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue


def _remove(folder: Path) -> None:
    # PostgreSQL's own children notice the death of their parent a moment later, and may still write.
    for _ in range(50):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
