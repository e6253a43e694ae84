"""A light HTTP client for load: keep-alive connections, requests made beforehand, answers hardly parsed.

It runs in the benchmark's own process, on the same cores as what it measures, and is the same for both sides.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(slots=True)
class Shot:
    """One request. ``due`` and ``done`` are wall-clock seconds; ``due`` is when it should have been sent."""

    due: float
    done: float = 0.0
    status: int = 0
    body: bytes = b""

    @property
    def seconds(self) -> float:
        """From the moment it was due, so that a client held up by a slow server hides nothing."""
        return self.done - self.due


class LoadFailed(Exception):
    """A server closed a connection or answered with something else than success."""


class _Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, gun: "Gun") -> None:
        self._gun = gun
        self._transport: asyncio.Transport | None = None
        self._shot: Shot | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def fire(self, request: bytes, shot: Shot) -> None:
        assert self._transport is not None
        self._shot, self._buffer = shot, b""
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        shot, self._shot = self._shot, None
        assert shot is not None
        shot.done, shot.status, shot.body = time.time(), int(head[9:12]), body
        self._gun.answered(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._shot is not None:
            self._gun.fail(LoadFailed("the server closed a connection in the middle of an answer"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


class Gun:
    """Fires requests over ``connections`` connections to one address."""

    def __init__(self, url: str, path: str, headers: Mapping[str, str], connections: int) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        lines = {"Host": parts.netloc, "Content-Type": "application/json", **headers}
        self._head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
        self._connections = connections
        self._free: deque[_Line] = deque()
        self._backlog: deque[tuple[bytes, Shot]] = deque()
        self._left = 0
        self._at_once = True
        self._done: asyncio.Future[None] | None = None

    async def burst(self, bodies: Sequence[bytes]) -> list[Shot]:
        """All at once, as fast as the connections carry them; each is due when it is sent."""
        return await self._fire(bodies, 0.0)

    async def constant(self, bodies: Sequence[bytes], rate: float) -> list[Shot]:
        """``rate`` a second, whatever the server does (open loop)."""
        return await self._fire(bodies, 1 / rate)

    async def _fire(self, bodies: Sequence[bytes], gap: float) -> list[Shot]:
        loop, self._at_once = asyncio.get_running_loop(), not gap
        requests = [self._head.encode() + b"Content-Length: %d\r\n\r\n" % len(b) + b for b in bodies]
        lines = [
            (await loop.create_connection(lambda: _Line(self), self._host, self._port))[1]
            for _ in range(self._connections)
        ]
        self._free.extend(lines)
        self._left, self._done = len(requests), loop.create_future()
        try:
            shots = await self._paced(requests, gap)
            await asyncio.wait_for(self._done, 300)
        finally:
            self._free.clear()
            self._backlog.clear()
            for line in lines:
                line.close()
        return shots

    async def _paced(self, requests: Sequence[bytes], gap: float) -> list[Shot]:
        assert self._done is not None
        began, shots = time.time(), []
        for n, request in enumerate(requests):
            due = began + n * gap
            if due > time.time():
                await asyncio.sleep(due - time.time())
            if self._done.done():
                break
            shots.append(Shot(due))
            self._backlog.append((request, shots[-1]))
            if gap:
                self._pump()
        self._pump()
        return shots

    def _pump(self) -> None:
        while self._free and self._backlog:
            request, shot = self._backlog.popleft()
            if self._at_once:
                shot.due = time.time()
            self._free.popleft().fire(request, shot)

    def answered(self, line: _Line) -> None:
        """A line is free again."""
        self._free.append(line)
        self._left -= 1
        self._pump()
        if not self._left and self._done is not None and not self._done.done():
            self._done.set_result(None)

    def fail(self, error: Exception) -> None:
        """Ends the load with an error."""
        if self._done is not None and not self._done.done():
            self._done.set_exception(error)


def accepted(shots: Sequence[Shot]) -> Sequence[Shot]:
    """The same shots. Raises LoadFailed unless every one was answered with 202."""
    wrong = next((shot for shot in shots if shot.status != 202), None)
    if wrong is not None:
        raise LoadFailed(f"answered {wrong.status}: {wrong.body[:300].decode(errors='replace')}")
    return shots
