"""Several processes of one service at one address, for a machine whose processors one alone cannot use.

A small parent starts them, hands on what it is told, and ends with them: when one ends, whatever the reason, the others
are stopped in order, and whoever watches the parent starts all anew. They are forked while there is no thread, event
loop or connection yet, and so share what was loaded by then. When the parent is gone they stop by themselves.

Each has a socket of its own at the address (SO_REUSEPORT) and listens when its door opens: the system shares the
connections out among those that listen. They share nothing else: what a process keeps in memory must be right with
processes on other machines as well.
"""

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

_STOPS = (signal.SIGTERM, signal.SIGINT)


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


def in_several(count: int, host: str, port: int, work: Callable[[Place], int]) -> int:
    """Runs ``work`` in so many processes until all have ended; answers the worst of the statuses that they ended with.

    SIGTERM and SIGINT are handed on. Raises OSError where the address cannot be had.
    """
    with _places(count, host, port) as (places, held):
        # What is loaded stays for good; marking it later would copy it into each of them.
        gc.collect()
        gc.freeze()
        fork = multiprocessing.get_context("fork")
        children = [fork.Process(target=_child, args=(work, place, places, held)) for place in places]
        _start(children)
        for place in places:  # or connections to one that has died would wait for nobody
            place.door.close()
            place.asked.close()
        wait([child.sentinel for child in children])
        _stop(children)
        for child in children:
            child.join()
    return max(_status(child) for child in children)


@contextmanager
def _places(count: int, host: str, port: int) -> Iterator[tuple[list[Place], int]]:
    """So many places, and the end of the pipe that the parent alone holds."""
    _refuse_taken(host, port)
    with tempfile.TemporaryDirectory(prefix="fingerpost-") as folder:
        everybody = {number: str(Path(folder) / f"{number}.sock") for number in range(count)}
        ends, held = os.pipe()
        places: list[Place] = []
        try:
            for number, path in everybody.items():
                door = _bound(host, places[0].door.getsockname()[1] if places else port)
                places.append(Place(number, door, _listening(path), everybody, ends))
            yield places, held
        finally:
            for place in places:
                place.door.close()
                place.asked.close()
            os.close(ends)
            os.close(held)


def _refuse_taken(host: str, port: int) -> None:
    """A shared address would be shared with another service as well, and nobody would notice."""
    with _socket(host) as alone:
        alone.bind((host, port))
        alone.listen()


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
    asked = socket.socket(socket.AF_UNIX)
    asked.bind(path)
    asked.listen()
    return asked


def _start(children: Sequence[BaseProcess]) -> None:
    """Starts them; a signal that comes meanwhile is handed on to all."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    for child in children:
        child.start()
    for sign in _STOPS:
        signal.signal(sign, lambda *_: _stop(children))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)


def _child(work: Callable[[Place], int], own: Place, places: Sequence[Place], held: int) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    os.close(held)
    for other in places:
        if other is not own:
            other.door.close()
            other.asked.close()
    sys.exit(work(own))


def _stop(children: Sequence[BaseProcess]) -> None:
    for child in children:
        child.terminate()


def _status(child: BaseProcess) -> int:
    """As a shell tells it: 128 and the signal's number for one that a signal ended."""
    code = child.exitcode or 0
    return code if code >= 0 else 128 - code
