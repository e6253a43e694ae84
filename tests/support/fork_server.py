"""A program that has imported one service and forks itself: each fork runs the service, as a process of its own.

    python -m tests.support.fork_server services.referrals 3

It answers whoever connects to the socket that it was given as its file 3: see `tests.support.forked`. It ends once all
of them have gone. It has imported that service alone, so that a fork knows no more than the service does.
"""

import fcntl
import gc
import importlib
import os
import runpy
import sys
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from socket import SHUT_RDWR, socket
from typing import Any

from tests.support import lazy_routes


def _templates() -> None:
    importlib.import_module("services.notifications.templates").shipped()


#: What a service reads from its own folder each time it starts, and checks: its forks have it read.
_READ = {"services.notifications": _templates}
#: What services import only once they start, and then each time.
_LATER = (
    "anyio._backends._asyncio",
    "govuk_frontend_jinja",
    "holidays.countries",
    "pydantic.v1",
    "uvicorn.lifespan.off",
    "uvicorn.protocols.websockets.auto",
)


def main(module: str, door: socket) -> None:
    """Forks as often as it is asked to; returns in each fork, once that is what it was asked to be."""
    _prepare(module)
    callers: list[Connection] = []
    for asked, caller in _requests(door, callers):
        if "ended" in asked:
            answer = _status(asked["ended"])
        elif not (answer := os.fork()):
            break
        with suppress(OSError):  # whoever asked may have been killed
            caller.send(answer)
    else:
        raise SystemExit
    door.close()
    for each in callers:
        each.close()
    _become(**asked)


def _prepare(module: str) -> None:
    """What is the same for each of its forks."""
    lazy_routes.use()
    importlib.import_module(f"{module}.__main__")
    del sys.modules[f"{module}.__main__"]  # the fork runs it as a program
    for later in _LATER:
        importlib.import_module(later)
    if module in _READ:
        _READ[module]()
    gc.freeze()  # what was imported is shared by all of them, for as long as nobody looks through it


def _requests(door: socket, callers: list[Connection]) -> Iterator[tuple[dict[str, Any], Connection]]:
    """What is asked and by whom, until the last of ``callers`` has gone; the first one is at the door already."""
    while True:
        for ready in wait([door, *callers]):
            if not isinstance(ready, Connection):
                callers.append(Connection(door.accept()[0].detach()))
                continue
            try:
                asked = ready.recv()
            except (EOFError, OSError):
                callers.remove(ready)
                ready.close()
                continue
            yield asked, ready
        if not callers and _has_closed(door):
            return


def _has_closed(door: socket) -> bool:
    """Closes ``door`` unless somebody is at it; whoever comes later begins a program anew.

    Callers come one at a time, under a lock, so that nobody comes between the look and the closing.
    """
    with suppress(FileNotFoundError), Path(door.getsockname()).with_suffix(".lock").open() as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if wait([door], 0):
            return False
        door.shutdown(SHUT_RDWR)
    return True  # where its folder has gone nobody comes


def _status(pid: int) -> int | None:
    """What a fork ended with (minus the signal that ended it), or None while it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _become(arguments: list[str], log: str, environment: dict[str, str], group: int) -> None:
    """What a process is from its start: its group, its folder, where it reads and writes, its surroundings."""
    os.setpgid(0, group)
    os.chdir(os.path.dirname(log))
    with open(os.devnull, "rb") as nothing, open(log, "ab") as output:
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments


if __name__ == "__main__":
    _, service, listening = sys.argv
    main(service, socket(fileno=int(listening)))
    runpy.run_module(service, run_name="__main__", alter_sys=True)
