"""A program that has imported one service and forks itself: each fork runs the service, as a process of its own.

    python -m tests.support.fork_server referrals

It reads requests from its standard input, a line each, and answers each with a line: see `tests.support.forked`. It
ends when its input does. It has imported that service alone, so that a fork knows no more than the service does.
"""

import gc
import importlib
import json
import os
import runpy
import sys
from typing import Any


def _templates() -> None:
    importlib.import_module("services.notifications.templates").shipped()


#: What a service reads from its own folder each time it starts, and checks: its forks have it read.
_READ = {"services.notifications": _templates}


def main(module: str) -> None:
    """Forks as often as it is asked to; returns in each fork, once that is what it was asked to be."""
    importlib.import_module(f"{module}.__main__")
    del sys.modules[f"{module}.__main__"]  # the fork runs it as a program
    if module in _READ:
        _READ[module]()
    gc.freeze()  # what was imported is shared by all of them, for as long as nobody looks through it
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        if "ended" in asked:
            answer = _status(asked["ended"])
        elif answer := os.fork():
            pass
        else:
            _become(**asked)
            return
        print(json.dumps(answer), flush=True)
    raise SystemExit


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
    _, service = sys.argv
    main(service)
    runpy.run_module(service, run_name="__main__", alter_sys=True)
