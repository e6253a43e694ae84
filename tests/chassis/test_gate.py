"""What stands before the web application: nobody waits for room that there is not, and nobody dawdles."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

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
        if not scope["path"].startswith("/health/"):
            await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


Ask = Callable[[bytes], Coroutine[None, None, bytes]]


@asynccontextmanager
async def served(app: Holding, most: int, connections: int = 100) -> AsyncIterator[Ask]:
    """Serves ``app`` behind the gate; gives a function that sends bytes and answers all that comes back."""
    config = uvicorn.Config(
        Gate(app, most), port=0, lifespan="off", log_config=None, http=unhurried(connections)
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]

    async def ask(sent: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        answer = await reader.read()
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
        assert b"Retry-After" in await ask(request())
        app.go.set()
        assert (await first).startswith(b"HTTP/1.1 200")
