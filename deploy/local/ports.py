"""Free ports on the loopback address, and another try when a port was lost on the way."""

import random
import socket
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from deploy.local.errors import PortTakenError, StackError

HOST = "127.0.0.1"

#: Below the ranges from which Linux and macOS serve outgoing connections. A stopped server keeps its port
#: for the restart; inside those ranges any client could be given it meanwhile, and a client that keeps trying
#: to reach a dead port there may even connect to itself.
_RANGE = range(20_000, 32_000)
_ATTEMPTS = 5

Started = TypeVar("Started")


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nothing on the loopback address uses at this moment.

    Raises StackError where almost every port is in use.
    """
    free: list[int] = []
    for port in random.sample(_RANGE, k=2_000):
        if _is_free(port):
            free.append(port)
        if len(free) == count:
            return free
    raise StackError(
        f"Hardly a port between {_RANGE.start} and {_RANGE.stop} is free: stop some servers first."
    )


def on_free_ports(count: int, start: Callable[[list[int]], Started]) -> Started:
    """Call `start` with free ports, and again with others when it raises PortTakenError.

    Nothing can reserve a port for another process, so the only safe way is to try. The last PortTakenError
    passes through.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return start(free_ports(count))
        except PortTakenError:
            continue
    return start(free_ports(count))


def accepts(address: str) -> bool:
    """Say whether a TCP connection to `address` ("host:port") is accepted within a second."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except (OSError, ValueError):
        return False
    return True


def _is_free(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
