"""The gate before the web application: so many requests, bodies and connections at once, and none that dawdles.

What is over is answered 503 with Retry-After at once, before anything is read or decided: a process that takes in
more than it can hold answers nobody.
"""

import asyncio
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis import metrics
from chassis.web.problems import Problem

#: Bytes of bodies that may be in memory at once; the largest body when its length was not said.
BODIES = 16_000_000
_UNSAID = 1_000_000
#: How long a client may take to send a request, head and body, and how long until it should try again.
SLOW_SECONDS = 20.0
_RETRY_AFTER = "2"
#: Who watches the process must not be kept out by those who use it.
_ALWAYS = ("/health/", "/metrics")
_TURNED_AWAY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


class Gate:
    """ASGI: lets at most ``most`` requests and ``BODIES`` bytes through to ``app`` at once."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most
        self._requests = self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_ALWAYS):
            await self._app(scope, receive, send)
            return
        size = _length(scope)
        short = (
            "requests" if self._requests >= self._most else "bodies" if self._bytes + size > BODIES else None
        )
        if short is not None:
            metrics.SHED.labels(short).inc()
            await _BUSY.response()(scope, receive, send)
            return
        self._requests += 1
        self._bytes += size
        try:
            await self._app(scope, receive, send)
        finally:
            self._requests -= 1
            self._bytes -= size


_BUSY = Problem(
    503,
    "overloaded",
    "More arrives than can be done at the moment. Send the same again in a few seconds.",
    headers={"Retry-After": _RETRY_AFTER, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
)


def _length(scope: Scope) -> int:
    """The body's bytes as far as they are known beforehand; a larger one is refused behind the gate."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return min(int(value), _UNSAID) if value.isdigit() else _UNSAID
        if name == b"transfer-encoding":
            return _UNSAID
    return 0


class Unhurried(HttpToolsProtocol):
    """uvicorn's protocol, with an end to clients that send slowly, for whom it would wait for ever."""

    most = 0

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.most:
            metrics.SHED.labels("connections").inc()
            transport.write(_TURNED_AWAY)
            transport.close()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if not self._waits_for_client():
            self._unwatch()
        elif self._timer is None:
            self._timer = self.loop.call_later(SLOW_SECONDS, self._end)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _waits_for_client(self) -> bool:
        cycle = self.cycle
        return cycle is None or cycle.response_complete or cycle.more_body

    def _end(self) -> None:
        self._timer = None
        if self._waits_for_client() and not self.transport.is_closing():
            metrics.SHED.labels("slow").inc()
            self.transport.close()


def unhurried(most: int) -> type[asyncio.Protocol]:
    """The protocol for a server of at most ``most`` connections."""
    return type("Unhurried", (Unhurried,), {"most": most})
