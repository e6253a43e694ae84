"""The supervisor: a small program that ends the servers of a stack when the program that started them ends.

It leads a process group of its own, in which the servers are placed, and holds one end of a pipe from its
parent. When the pipe closes, because the stack was closed or because the parent died in whatever way (kill -9
included), it ends the group, removes temporary data, and exits. A clean stop and a crash take the same path.

Run as a script by supervisor.py: it imports nothing of this project.
"""

import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil


def main(parent: int, grace: float, temporary: Path | None) -> None:
    """Wait for the process `parent` to close the pipe or die, then end the group and remove `temporary`.

    Servers get `grace` seconds to stop in order.
    """
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    # A fork of the parent may hold the pipe open beyond the parent's death: so look at the parent too.
    while os.getppid() == parent and not select.select([sys.stdin], [], [], 1.0)[0]:
        pass
    _end_servers(grace)
    if temporary:
        _remove(temporary)


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
            # Of a program with threads the first may have ended, which looks like all of it.
            if ours and (process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1):
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
    main(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
