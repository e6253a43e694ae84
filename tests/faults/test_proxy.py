"""The weather on a wire: what a client and a server notice of each kind."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import pytest

from tests.support.proxy import Address, Proxy, Wire

SOON = 10.0


class Echo(socketserver.BaseRequestHandler):
    """Says back what it hears, and writes it down."""

    def handle(self) -> None:
        with suppress(OSError):
            while data := self.request.recv(1024):
                self.server.heard.append(data)  # type: ignore[attr-defined]
                self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    """An echo on a free port."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.heard: list[bytes] = []


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    with Proxy() as proxy:
        yield proxy.wire(server.server_address)  # type: ignore[arg-type]


def connected(address: Address, seconds: float = SOON) -> socket.socket:
    """A connection whose answers are waited for no longer than this."""
    return socket.create_connection(address, timeout=seconds)


def says(client: socket.socket, text: bytes) -> bytes:
    """What the server answers."""
    client.sendall(text)
    return client.recv(1024)


def test_in_good_weather_a_wire_is_not_noticed(wire: Wire) -> None:
    with connected(wire.address) as client:
        assert says(client, b"one") == b"one"
        assert says(client, b"two") == b"two"
    assert not wire.felt


def test_a_wire_that_is_cut_resets_who_is_connected_and_who_comes(wire: Wire) -> None:
    with connected(wire.address) as client:
        says(client, b"one")
        wire.cut()
        with pytest.raises(ConnectionResetError):
            client.recv(1024)
    with pytest.raises(ConnectionResetError), connected(wire.address) as other:  # even while it connects
        other.recv(1024)
    assert wire.felt == {"cut": 1, "refused": 1}


def test_a_wire_that_is_healed_lets_new_connections_through(wire: Wire) -> None:
    wire.cut()
    wire.heal()
    with connected(wire.address) as client:
        assert says(client, b"again") == b"again"


def test_a_silent_wire_keeps_connections_and_delivers_once_healed(wire: Wire, server: Server) -> None:
    with connected(wire.address, 0.3) as client:
        says(client, b"one")
        wire.silence()
        with pytest.raises(TimeoutError):
            says(client, b"two")
        assert server.heard == [b"one"]
        wire.heal()
        client.settimeout(SOON)
        assert client.recv(1024) == b"two"
    assert wire.felt["to-server held"] == 1


def test_a_wire_that_is_silent_towards_the_client_still_carries_its_words(wire: Wire, server: Server) -> None:
    with connected(wire.address, 0.3) as client:
        says(client, b"one")
        wire.silence("to-client")
        with pytest.raises(TimeoutError):
            says(client, b"two")
        assert server.heard == [b"one", b"two"]
        wire.heal()
        client.settimeout(SOON)
        assert client.recv(1024) == b"two"
    assert wire.felt == {"to-client held": 1}


def test_what_a_client_sent_before_it_gave_up_still_arrives_after_a_partition(
    wire: Wire, server: Server
) -> None:
    with connected(wire.address) as client:
        says(client, b"one")
        wire.silence("to-server")
        client.sendall(b"late")
    wire.heal()
    end = time.monotonic() + SOON
    while b"late" not in server.heard and time.monotonic() < end:
        time.sleep(0.01)
    assert server.heard == [b"one", b"late"]


def test_who_connects_over_a_silent_wire_hears_nothing_until_it_is_healed(wire: Wire) -> None:
    wire.silence()
    with connected(wire.address, 0.3) as client:
        with pytest.raises(TimeoutError):
            says(client, b"one")
        wire.heal()
        client.settimeout(SOON)
        assert client.recv(1024) == b"one"


def test_a_wire_that_loses_an_answer_resets_its_connection_when_the_server_has_heard(
    wire: Wire, server: Server
) -> None:
    wire.lose(1.0, Random(1))
    with connected(wire.address) as client, pytest.raises(ConnectionResetError):
        says(client, b"one")
    assert (server.heard, wire.felt["lost"]) == ([b"one"], 1)
    wire.heal()
    with connected(wire.address) as client:
        assert says(client, b"two") == b"two"


def test_a_slow_wire_takes_its_time(wire: Wire) -> None:
    wire.slow(0.2, 1_000_000)
    began = time.monotonic()
    with connected(wire.address) as client:
        assert says(client, b"one") == b"one"
    assert time.monotonic() - began > 0.4
    assert wire.felt == {"delayed": 2}
