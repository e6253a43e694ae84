"""A TCP proxy with weather: between a service and what it needs, connections break, fall silent or slow down.

    with Proxy() as proxy:
        wire = proxy.wire(("127.0.0.1", 5432))
        ...                       # clients connect to wire.address
        wire.silence("to-server")
        wire.heal()

A silent wire holds what it was given and delivers it once healed, as TCP does after a partition: even what
a client sent that has given up meanwhile. The proxy lives in a thread with an event loop of its own.
"""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from threading import Thread
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from deploy.local.ports import HOST, free_ports

Way = Literal["to-server", "to-client"]
WAYS: tuple[Way, ...] = ("to-server", "to-client")
Address = tuple[str, int]
T = TypeVar("T")
_CHUNK = 65_536


class Wire:
    """All connections to one server that come in at one port. Its methods may be called from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, target: Address | None) -> None:
        """Made by `Proxy.wire`."""
        self.target = target
        self.address: Address = (HOST, 0)
        #: What the weather did to whom: "cut", "refused", "to-server held", "to-client held", "delayed", "lost".
        self.felt: Counter[str] = Counter()
        self._loop = loop
        self._open: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self._calm = {way: asyncio.Event() for way in WAYS}
        self._delay, self._rate = 0.0, float("inf")
        self._share_lost, self._dice = 0.0, Random(0)
        for event in self._calm.values():
            event.set()

    def cut(self) -> None:
        """Reset every connection, and every new one."""
        self._do(self._cut)

    def silence(self, *ways: Way) -> None:
        """Let nothing through any more, one way or (without ``ways``) both; connections stay open."""
        self._do(lambda: self._hush(ways or WAYS))

    def slow(self, delay: float, bytes_per_second: float) -> None:
        """Delay whatever passes, each way, by ``delay`` seconds, at no more than so many bytes a second."""
        self._do(lambda: self._set_pace(delay, bytes_per_second))

    def lose(self, share: float, dice: Random) -> None:
        """Reset a connection in the place of this share of what the server answers: what was asked is done."""
        self._do(lambda: self._set_lost(share, dice))

    def heal(self) -> None:
        """Good weather again: what was held is delivered, new connections are let through."""
        self._do(self._heal)

    def _do(self, change: Callable[[], None]) -> None:
        _wait(self._loop, _called(change))

    def _cut(self) -> None:
        self._is_cut = True
        self.felt["cut"] += len(self._open) // 2
        for writer in list(self._open):
            _reset(writer)

    def _hush(self, ways: tuple[Way, ...]) -> None:
        for way in ways:
            self._calm[way].clear()

    def _set_pace(self, delay: float, rate: float) -> None:
        self._delay, self._rate = delay, rate

    def _set_lost(self, share: float, dice: Random) -> None:
        self._share_lost, self._dice = share, dice

    def _heal(self) -> None:
        self._is_cut = False
        self._set_lost(0.0, self._dice)
        self._set_pace(0.0, float("inf"))
        for event in self._calm.values():
            event.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client for as long as it and the server stay."""
        with suppress(OSError):
            await self._through("to-server", 0)
            far_reader, far_writer = await self._server(writer)
            both = {writer, far_writer}
            self._open |= both
            try:
                await self._exchange((reader, writer), (far_reader, far_writer))
            finally:
                self._open -= both
                far_writer.close()
        writer.close()

    async def _server(
        self, client: asyncio.StreamWriter
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The connection to the server. Raises OSError, after the client was told, where there is none."""
        try:
            if self._is_cut or self.target is None:
                raise ConnectionRefusedError
            return await asyncio.open_connection(*self.target)
        except OSError:
            self.felt["refused"] += 1
            _reset(client)
            raise

    async def _exchange(self, near: Any, far: Any) -> None:
        """Both ways until one of them ends; the other then has nobody to speak to."""
        pumps = [
            asyncio.create_task(self._pump(near[0], far[1], "to-server")),
            asyncio.create_task(self._pump(far[0], near[1], "to-client")),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._through(way, len(data))
                if way == "to-client" and self._is_lost():
                    _reset(writer)
                    return
                writer.write(data)
                await writer.drain()
            await self._through(way, 0)

    async def _through(self, way: Way, size: int) -> None:
        if not self._calm[way].is_set():
            self.felt[f"{way} held"] += 1
            await self._calm[way].wait()
        if self._delay and size:
            self.felt["delayed"] += 1
            await asyncio.sleep(self._delay + size / self._rate)

    def _is_lost(self) -> bool:
        if not self._share_lost or self._dice.random() >= self._share_lost:
            return False
        self.felt["lost"] += 1
        return True


class Proxy:
    """The thread in which wires live."""

    def __init__(self) -> None:
        """Nothing runs before the block is entered."""
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncio.Server] = []

    def wire(self, target: Address | None = None) -> Wire:
        """A new wire to ``target``, which may also be set later; it listens on a free port at once."""
        return _wait(self._loop, self._wire(target))

    async def _wire(self, target: Address | None) -> Wire:
        wire = Wire(self._loop, target)
        while True:
            port = free_ports(1)[0]
            with suppress(OSError):
                self._servers.append(await asyncio.start_server(wire.accept, HOST, port))
                break
        wire.address = (HOST, port)
        return wire

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _wait(self._loop, self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


def _wait(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, loop).result()


async def _called(change: Callable[[], None]) -> None:
    change()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the other side sees a reset and not an orderly end."""
    with suppress(OSError):
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
