"""What stands before the web application: nobody waits for room that there is not, and nobody dawdles."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from chassis import metrics
from chassis.web import gate
from chassis.web.gate import Gate, unhurried


class Holding:
    """An application that reads the body and answers when it is let go."""

    def __init__(self) -> None:
        self.go, self.inside = asyncio.Event(), 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        while (await receive()).get("more_body"):
            pass
        if scope["path"] == "/long":
            await self._long(send)
            return
        if not scope["path"].startswith("/health/"):
            await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def _long(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            for _ in range(1000):
                await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.inside -= 1


Ask = Callable[..., Coroutine[None, None, bytes]]


@asynccontextmanager
async def served(app: Holding, most: int, connections: int = 100) -> AsyncIterator[Ask]:
    """Serves ``app`` behind the gate; gives a function that sends bytes and answers all that comes back.

    It begins to read when ``first`` is over.
    """
    config = uvicorn.Config(
        Gate(app, most),
        port=0,
        lifespan="off",
        log_config=None,
        http=unhurried(connections),
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]

    async def ask(sent: bytes, first: Awaitable[None] | None = None) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        if first is not None:
            await first
        answer = b""
        with suppress(ConnectionResetError):  # it need not have read all to hang up
            while some := await reader.read(65536):
                answer += some
        writer.close()
        return answer

    try:
        yield ask
    finally:
        app.go.set()
        server.should_exit = True
        await serving


def request(path: str = "/", length: int = 0) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n".encode()
        + b"x" * length
    )


async def inside(app: Holding, n: int) -> None:
    async with asyncio.timeout(10):
        while app.inside < n:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_request_too_many_is_told_at_once_when_to_come_again_and_health_is_answered() -> None:
    app = Holding()
    async with served(app, most=2) as ask:
        first = [asyncio.create_task(ask(request())) for _ in range(2)]
        await inside(app, 2)
        refused = (await ask(request())).lower()
        assert refused.startswith(b"http/1.1 503")
        assert b"retry-after: 2" in refused
        assert b"urn:fingerpost:problem:overloaded" in refused
        assert (await ask(request("/health/ready"))).startswith(b"HTTP/1.1 200")
        app.go.set()
        assert [answer[:12] for answer in await asyncio.gather(*first)] == [b"HTTP/1.1 200"] * 2
        assert (await ask(request())).startswith(b"HTTP/1.1 200")


async def test_bodies_together_fill_no_more_than_the_memory_that_there_is_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "BODIES", 1000)
    app = Holding()
    async with served(app, most=100) as ask:
        first = asyncio.create_task(ask(request(length=900)))
        await inside(app, 1)
        assert (await ask(request(length=200))).startswith(b"HTTP/1.1 503")
        small = asyncio.create_task(ask(request(length=50)))
        await inside(app, 2)
        app.go.set()
        assert all(answer.startswith(b"HTTP/1.1 200") for answer in await asyncio.gather(first, small))


@pytest.mark.parametrize(
    "sent",
    [b"", b"POST / HTTP/1.1\r\nHo", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"],
    ids=["nothing", "half a head", "half a body"],
)
async def test_a_client_that_never_sends_the_rest_is_hung_up_on(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "SLOW_SECONDS", 0.2)
    async with served(Holding(), most=2) as ask:
        assert b"200" not in await asyncio.wait_for(ask(sent), 10)


async def test_a_client_that_waits_for_a_slow_answer_is_not_hung_up_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "SLOW_SECONDS", 0.2)
    app = Holding()
    async with served(app, most=2) as ask:
        asked = asyncio.create_task(ask(request(length=5)))
        await inside(app, 1)
        await asyncio.sleep(0.6)
        app.go.set()
        assert (await asked).startswith(b"HTTP/1.1 200")


async def test_a_connection_too_many_is_turned_away_politely() -> None:
    app = Holding()
    async with served(app, most=100, connections=1) as ask:
        first = asyncio.create_task(ask(request()))
        await inside(app, 1)
        assert b"retry-after: 2" in (await ask(request())).lower()
        app.go.set()
        assert (await first).startswith(b"HTTP/1.1 200")


async def test_who_watches_the_process_is_answered_though_all_connections_are_taken() -> None:
    app = Holding()
    async with served(app, most=100, connections=1) as ask:
        first = asyncio.create_task(ask(request()))
        await inside(app, 1)
        assert (await ask(request("/health/live"))).startswith(b"HTTP/1.1 200")
        assert (await ask(request())).startswith(b"HTTP/1.1 503")
        app.go.set()
        assert (await first).startswith(b"HTTP/1.1 200")


async def test_what_is_kept_for_those_who_watch_is_not_held_by_an_idle_connection_nor_after_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "RESERVE", 1)
    monkeypatch.setattr(gate, "RESERVE_SECONDS", 0.2)
    app = Holding()
    kept_open = request("/health/live").replace(b"Connection: close\r\n", b"")
    async with served(app, most=100, connections=1) as ask, asyncio.timeout(10):
        first = asyncio.create_task(ask(request()))
        await inside(app, 1)
        idle = asyncio.create_task(ask(b""))
        assert await idle == b""
        assert (await ask(kept_open)).startswith(b"HTTP/1.1 200")
        assert (await ask(kept_open)).startswith(b"HTTP/1.1 200")
        app.go.set()
        await first


async def test_beyond_what_is_kept_a_connection_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "RESERVE", 0)
    app = Holding()
    async with served(app, most=100, connections=1) as ask:
        first = asyncio.create_task(ask(request()))
        await inside(app, 1)
        refused = await ask(b"")
        assert refused.startswith(b"HTTP/1.1 503")
        assert b"Retry-After: 2" in refused
        app.go.set()
        await first


@pytest.mark.parametrize("one", [b"", b"X-Long: "], ids=["many headers", "one header"])
async def test_a_head_without_end_is_refused(one: bytes) -> None:
    more = b"x" * 200_000 if one else b"".join(b"X-%05d: yyyy\r\n" % n for n in range(12_000))
    async with served(Holding(), most=2) as ask, asyncio.timeout(10):
        assert (await ask(b"GET / HTTP/1.1\r\nHost: x\r\n" + one + more)).startswith(b"HTTP/1.1 431")


async def test_trailers_without_end_are_hung_up_on() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    async with served(Holding(), most=2) as ask, asyncio.timeout(10):
        assert b"200" not in await ask(head + b"".join(b"X-%05d: y\r\n" % n for n in range(20_000)))


async def test_a_large_body_is_no_large_head() -> None:
    app = Holding()
    app.go.set()
    async with served(app, most=2) as ask:
        assert (await ask(request(length=500_000))).startswith(b"HTTP/1.1 200")


async def test_a_client_that_does_not_read_its_answer_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "SLOW_SECONDS", 0.2)
    app = Holding()
    async with served(app, most=2) as ask, asyncio.timeout(10):

        async def given_up() -> None:
            await inside(app, 1)
            while app.inside:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        assert len(await ask(request("/long"), given_up())) < 1000 * 65536


@pytest.mark.parametrize(("sent", "counted"), [(b"", 0), (b"POST / HTTP/1.1\r\nHo", 1)])
async def test_only_a_client_that_began_to_send_counts_as_slow(
    sent: bytes, counted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser connects before it knows what to ask, and a balancer to see whether somebody is there."""
    monkeypatch.setattr(gate, "SLOW_SECONDS", 0.2)
    slow = metrics.SHED.labels("slow")
    before = slow._value.get()
    async with served(Holding(), most=2) as ask:
        await ask(sent)
    assert slow._value.get() - before == counted


async def test_what_the_gate_refuses_has_the_security_headers() -> None:
    async with served(Holding(), most=0) as ask:
        refused = (await ask(request())).lower()
        assert b"x-frame-options: deny" in refused
        assert b"content-security-policy: default-src 'none'" in refused
