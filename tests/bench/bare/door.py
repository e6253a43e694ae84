"""The bare door: it parses JSON and commits what arrives together in one transaction.

For intake it is a raw ASGI application. In the pipeline it stands behind the same door as the real service
(FastAPI, token, limits, access log, metrics, trace), since a pipeline is compared from the same door on.
"""

import asyncio
import json
import socket
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any
from uuid import uuid4

import asyncpg
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from chassis import telemetry
from chassis.settings import TokenGrant
from chassis.web.app import create_app
from chassis.web.auth import Caller, require
from chassis.web.direct import DirectRoute
from tests.bench.bare.common import Out, event, filled, write
from tests.bench.bare.plan import TOKEN, Plan

_LARGEST, _LANES = 200, 2


class Door:
    """POST, any path: the body is parsed as JSON and nothing else is looked at."""

    def __init__(self, plan: Plan, pool: asyncpg.Pool, committed: Callable[[], None]) -> None:
        self.plan, self._pool, self._committed = plan, pool, committed
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._free = _LANES
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        json.loads(body)
        id = str(uuid4())
        await self.stored(id)
        answer = b'{"reference": "%s", "status": "routed"}' % id.encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def stored(self, id: str) -> None:
        """Returns once the rows and events of this referral are committed."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((id, future))
        if self._free:
            self._free -= 1
            task = asyncio.create_task(self._lane())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await future

    async def _lane(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_LARGEST], self._waiting[_LARGEST:]
            try:
                await self._commit([id for id, _ in batch])
            except Exception as error:
                for _, future in batch:
                    future.set_exception(error)
            else:
                for _, future in batch:
                    future.set_result(None)
        self._free += 1

    async def _commit(self, ids: list[str]) -> None:
        rows: dict[str, str] = {}
        out: list[Out] = []
        for id in ids:
            rows.update(self._rows(id))
            out += self._events(id)
        async with self._pool.acquire() as conn, conn.transaction():
            await write(conn, rows, out)
        self._committed()

    def _rows(self, id: str) -> dict[str, str]:
        sizes = self.plan.sizes.rows
        return {
            f"referral:{id}": filled({}, sizes["referral"]),
            f"papers:{id}": filled({}, sizes["papers"]),
            f"child:{id}": filled({}, sizes["person"]),
            f"adult:{id}": filled({}, sizes["person"]),
        }

    def _events(self, id: str) -> list[Out]:
        sizes = self.plan.sizes
        return [
            event(sizes, "personal-details.v1", "person.details.v1", f"child:{id}", id, sealed=True),
            event(sizes, "personal-details.v1", "person.details.v1", f"adult:{id}", id, sealed=True),
            event(sizes, "referrals.v1", "referral.received.v1", id, id),
            event(sizes, "referrals.v1", "referral.routed.v1", id, id),
            event(sizes, "referral-papers.v1", "referral.papers.v1", id, id, sealed=True),
        ]


def _behind_the_same_door(door: Door) -> FastAPI:
    routes = APIRouter(prefix="/api", route_class=APIRoute if door.plan.plain else DirectRoute)

    @routes.post("/referrals")
    async def submit(
        request: Request, _: Annotated[Caller, Depends(require("referrals:submit"))]
    ) -> Response:
        json.loads(await request.body())
        id = str(uuid4())
        await door.stored(id)
        return JSONResponse({"reference": id, "status": "routed"}, 202)

    digest = sha256(TOKEN.encode()).hexdigest()
    grant = TokenGrant(name="load", sha256=digest, scopes=frozenset({"referrals:submit"}))
    telemetry.configure("bare")
    return create_app("bare", "1", [grant], [routes])


async def serve(plan: Plan, pool: asyncpg.Pool, committed: Callable[[], None]) -> None:
    """Serves until the process ends."""
    door = Door(plan, pool, committed)
    app = door if plan.door_only else _behind_the_same_door(door)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=plan.port,
        http="h11" if plan.plain else "httptools",
        proxy_headers=False,
        access_log=False,
        log_config=None,
        lifespan="off",
    )
    if plan.door_only:
        print("ready", flush=True)
    await uvicorn.Server(config).serve([_shared(plan.port)] if plan.door_only else None)


def _shared(port: int) -> socket.socket:
    """Bound so that twins may have the same address: the system shares connections out among them.

    The protocol is named, since only then does asyncio send small answers at once: a plain door waited 40 ms for each.
    """
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    door.bind(("127.0.0.1", port))
    return door
