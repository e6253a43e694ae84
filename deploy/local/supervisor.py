"""Start servers so that none outlives the program that started them: the parent's side of supervise.py."""

import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from deploy.local.errors import StackError

_SCRIPT = Path(__file__).with_name("supervise.py")

#: How long servers may take to stop in order. Data about to be thrown away need not be written out first.
_GRACE_KEPT, _GRACE_TEMPORARY = 20.0, 2.0


class Supervisor:
    """Starts servers inside a supervised process group, and has them ended."""

    #: How one is started. Tests have a quicker way for services.
    popen: Callable[..., Any] = staticmethod(subprocess.Popen)

    def __init__(self, folder: Path, *, temporary: bool) -> None:
        """Start the supervisor of servers whose data are in `folder`, removed at the end if `temporary`."""
        grace = _GRACE_TEMPORARY if temporary else _GRACE_KEPT
        script = [sys.executable, "-P", str(_SCRIPT), str(os.getpid()), str(grace)]
        # A group of its own: Ctrl-C in the terminal then reaches the parent only, which stops all in order.
        self._child = subprocess.Popen(
            script + [str(folder)] * temporary,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
            cwd="/",
        )
        self._lock = Lock()
        self._closed = False

    def spawn(
        self, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None, user: str | None = None
    ) -> subprocess.Popen[bytes]:
        """Start `command` in the group, as `user` if one is named, its output appended to `log`.

        `env` is added to the environment. Raises StackError where the stack is closed, OSError where the
        command cannot be run.
        """
        with self._lock, log.open("ab") as output:
            if self._closed or self._child.poll() is not None:
                raise StackError("The stack is closed: start another one.")
            process: subprocess.Popen[bytes] = self.popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=self._child.pid,
                cwd=log.parent,
                env={**os.environ, **(env or {})},
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
            )
            return process

    def run(
        self, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None, user: str | None = None
    ) -> None:
        """Run `command` to its end, otherwise as `spawn` does.

        Raises StackError with the log where it fails.
        """
        if self.spawn(command, log, env, user).wait():
            raise StackError(f"{Path(command[0]).name} failed:\n{log.read_text(errors='replace')}")

    def close(self) -> None:
        """Let the supervisor end every server, and wait until it has. Safe to call twice."""
        with self._lock:
            self._closed = True
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.wait()
