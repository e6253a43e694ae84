"""Several processes of one service at one address, for a machine whose processors one alone cannot use.

A small parent starts them, hands on what it is told, and ends with them: when one ends, whatever the reason, the others
are stopped in order, and whoever watches the parent starts all anew. They are forked while there is no thread, event
loop or connection yet, and so share what was loaded by then. When the parent is gone they stop by themselves. One
that was told to stop and hangs is killed in the end; where the parent is gone, a thread of its own ends it.

Each has a socket of its own at the address (SO_REUSEPORT) and listens when its door opens: the system shares the
connections out among those that listen. They share nothing else: what a process keeps in memory must be right with
processes on other machines as well.
"""

import errno
import gc
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
#: No system's sockets have longer paths.
_LONGEST_PATH = 103
_TOO_LONG = "the folder that TMPDIR names has too long a path for sockets: name a short one, such as /tmp"


def stops() -> list[signal.Signals]:
    """What ends this process in order. A terminal that is closed says SIGHUP, unless nohup has it ignored."""
    return [
        sign for sign in _STOPS if sign is not signal.SIGHUP or signal.getsignal(sign) is not signal.SIG_IGN
    ]


@dataclass(frozen=True, slots=True)
class Place:
    """What one of several processes is given: its sockets, and how it finds the others."""

    number: int
    #: Bound to the shared address, and not listening yet.
    door: socket.socket
    #: Where the others ask for its metrics; listening.
    asked: socket.socket
    #: Where each is asked, by number.
    everybody: Mapping[int, str]
    #: The end of a pipe that closes when the parent is gone.
    parent: int


def in_several(count: int, host: str, port: int, work: Callable[[Place], int], seconds: float) -> int:
    """Runs ``work`` in so many processes until all have ended; answers the worst of the statuses that they ended with.

    SIGTERM, SIGINT and SIGHUP are handed on. What has not ended so many ``seconds`` after it was told is killed. Raises
    OSError where the address cannot be had; its ``strerror`` is for the operator.
    """
    with _places(count, host, port) as (places, alone):
        # What is loaded stays for good; marking it later would copy it into each of them.
        gc.collect()
        gc.freeze()
        fork = multiprocessing.get_context("fork")
        children = [
            fork.Process(target=_child, args=(work, place, places, alone, seconds)) for place in places
        ]
        told = _start(children)
        for place in places:  # or connections to one that has died would wait for nobody
            place.door.close()
            place.asked.close()
        wait([told, *(child.sentinel for child in children)])
        _end(children, seconds)
        told.close()
    return max(_status(child) for child in children)


@contextmanager
def _places(count: int, host: str, port: int) -> Iterator[tuple[list[Place], tuple[int, int]]]:
    """So many places, and what the parent alone holds: the end of their pipe, and the address."""
    with tempfile.TemporaryDirectory(prefix="fingerpost-") as folder:
        everybody = {number: str(Path(folder) / f"{number}.sock") for number in range(count)}
        taken = _taken(host, port)
        ends, held = os.pipe()
        places: list[Place] = []
        try:
            for number, path in everybody.items():
                door = _bound(host, places[0].door.getsockname()[1] if places else port)
                places.append(Place(number, door, _listening(path), everybody, ends))
            yield places, (held, taken)
        finally:
            for place in places:
                place.door.close()
                place.asked.close()
            for each in (ends, held, taken):
                os.close(each)


def _taken(host: str, port: int) -> int:
    """Takes the address for this service alone, as long as what it answers is open.

    It would be shared with another one as well, and nobody would notice. The system tells by who listens, and ours do
    not yet: so a name stands for the address, which goes with this process, and is no file (Linux).
    """
    with socket.socket(socket.AF_UNIX) as named:
        if port and sys.platform == "linux":
            named.bind(f"\0fingerpost {host} {port}")
        with _socket(host) as probe:
            probe.bind((host, port))
            probe.listen()
        return named.detach()


def _bound(host: str, port: int) -> socket.socket:
    door = _socket(host)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    door.bind((host, port))
    return door


def _socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def _listening(path: str) -> socket.socket:
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, _TOO_LONG)
    asked = socket.socket(socket.AF_UNIX)
    asked.bind(path)
    asked.listen()
    return asked


def _start(children: Sequence[BaseProcess]) -> socket.socket:
    """Starts them, and hands signals on; what it answers can be read once one came."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    for child in children:
        child.start()
    told, tells = socket.socketpair()  # the children do not have it, or it would never close

    def hand_on(*_: object) -> None:
        _stop(children)
        tells.close()

    for sign in stops():
        signal.signal(sign, hand_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    return told


def _child(
    work: Callable[[Place], int], own: Place, places: Sequence[Place], alone: tuple[int, int], seconds: float
) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    for each in alone:
        os.close(each)
    Thread(target=_end_without, args=(own.parent, seconds), daemon=True).start()
    for other in places:
        if other is not own:
            other.door.close()
            other.asked.close()
    sys.exit(work(own))


def _end_without(parent: int, seconds: float) -> None:
    """Ends this process so many seconds after the parent has gone, whatever its loop is doing."""
    os.read(parent, 1)
    sleep(seconds)
    os._exit(1)


def _stop(children: Sequence[BaseProcess]) -> None:
    for child in children:
        child.terminate()


def _end(children: Sequence[BaseProcess], seconds: float) -> None:
    _stop(children)
    until = monotonic() + seconds
    for child in children:
        child.join(max(0.0, until - monotonic()))
        if child.is_alive():
            child.kill()
            child.join()


def _status(child: BaseProcess) -> int:
    """As a shell tells it: 128 and the signal's number for one that a signal ended."""
    code = child.exitcode or 0
    return code if code >= 0 else 128 - code
