"""The gate before the web application: so many requests, bodies and connections at once, and none that dawdles.

Who watches the process is let in all the same, through connections kept for that.

What is over is answered 503 with Retry-After at once, before anything is read or decided: a process that takes in
more than it can hold answers nobody.
"""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis import metrics
from chassis.web.app import SECURITY
from chassis.web.problems import Problem
from chassis.web.wants import wants_page
from chassis.web.whole import Whole

#: Bytes of bodies that may be in memory at once; the largest body when its length was not said.
BODIES = 16_000_000
_UNSAID = 1_000_000
#: Bytes of a request's head, or of what follows its body; a browser sends a few thousand.
HEAD = 64_000
#: How long a client may take to send a request, head and body, or read nothing; how long until it should try again.
SLOW_SECONDS = 20.0
#: Whoever sends this many bytes of a body is given the time anew.
FEED = 256_000
_RETRY_AFTER = "2"
#: Connections above the limit, for those who watch the process, and how long each has to ask.
RESERVE = 50
RESERVE_SECONDS = 1.0
#: Who watches the process must not be kept out by those who use it.
_ALWAYS = ("/health/", "/metrics")
_END = "Content-Length: 0\r\nConnection: close\r\n\r\n"
_TURNED_AWAY = f"HTTP/1.1 503 Service Unavailable\r\nRetry-After: {_RETRY_AFTER}\r\n{_END}".encode()
_HEAD_TOO_LARGE = f"HTTP/1.1 431 Request Header Fields Too Large\r\n{_END}".encode()


class Gate:
    """ASGI: lets at most ``most`` requests and ``BODIES`` bytes through to ``app`` at once.

    ``page`` is what browsers are shown that are turned away.
    """

    def __init__(self, app: ASGIApp, most: int, page: ASGIApp | None = None) -> None:
        self._app, self._most, self._page = app, most, page
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
            page = self._page if wants_page(Request(scope)) else None
            await (page or BUSY.response())(scope, receive, send)
            return
        self._requests += 1
        self._bytes += size
        try:
            await self._app(scope, receive, send)
        finally:
            self._requests -= 1
            self._bytes -= size


BUSY = Problem(
    503,
    "overloaded",
    "More arrives than can be done at the moment. Send the same again in a few seconds.",
    headers={"Retry-After": _RETRY_AFTER, **{name.decode(): value.decode() for name, value in SECURITY}},
)


def _length(scope: Scope) -> int:
    """The body's bytes as far as they are known beforehand; a larger one is refused behind the gate."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return min(int(value), _UNSAID) if value.isdigit() else _UNSAID
        if name == b"transfer-encoding":
            return _UNSAID
    return 0


class _Watched:
    """ASGI: answers those who watch the process, and tells all others to come again."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].startswith(_ALWAYS):
            await self._app(scope, receive, send)
            return
        metrics.SHED.labels("connections").inc()
        await BUSY.response()(scope, receive, send)


class Unhurried(HttpToolsProtocol):
    """uvicorn's protocol, with an end to heads and to clients for whom it would wait for ever.

    Beyond ``most`` connections it answers each only once, and only for those who watch the process.
    """

    most = 0

    _spare = False
    _head = 0
    _fed = 0
    _timer: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        transport = Whole(transport)
        super().connection_made(transport)
        over = len(self.connections) - self.most
        if over > RESERVE:
            metrics.SHED.labels("connections").inc()
            transport.write(_TURNED_AWAY)
            transport.close()
            return
        if over > 0:
            self._spare, self.app = True, _Watched(self.app)
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._head += len(data)
        super().data_received(data)
        if self._head > HEAD and not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(_HEAD_TOO_LARGE)
            self._close()
        self._watch()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._head = 0
        if self._spare and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._head = 0
        self._fed += len(body)
        if self._fed >= FEED:  # a large file takes its time; it is let in as long as it moves
            self._fed = 0
            self._unwatch()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._head = 0

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        self._read()
        super().connection_lost(exc)

    # --- a client that sends slowly ---

    def _watch(self) -> None:
        if not self._waits_for_client():
            self._unwatch()
        elif self._timer is None:
            seconds = RESERVE_SECONDS if self._spare else SLOW_SECONDS
            self._timer = self.loop.call_later(seconds, self._end)

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
            if self._spare:
                metrics.SHED.labels("connections").inc()
            elif self._head or self.cycle is not None:  # browsers and balancers connect without a word
                metrics.SHED.labels("slow").inc()
            self._close()

    # --- a client that does not read ---

    def pause_writing(self) -> None:
        super().pause_writing()
        self._let_read()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._let_read()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._let_read()

    def _close(self) -> None:
        self.transport.close()
        self._let_read()

    def _let_read(self) -> None:
        """What is left to read only shrinks from here on: nothing is added to what waits, or is closing."""
        left = self.transport.get_write_buffer_size()
        if left and self._reading is None:
            self._reading = self.loop.call_later(SLOW_SECONDS, self._give_up, left)

    def _read(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _give_up(self, left: int) -> None:
        self._reading = None
        if self.transport.get_write_buffer_size() < left:
            self._let_read()
        else:
            metrics.SHED.labels("slow").inc()
            self.transport.abort()


def unhurried(most: int) -> type[asyncio.Protocol]:
    """The protocol for a server of at most ``most`` connections."""
    return type("Unhurried", (Unhurried,), {"most": most})
