"""A service's web application, and the server that runs it beside the service's other tasks."""

import asyncio
from datetime import datetime

import uvicorn
from fastapi import FastAPI

from chassis.clock import ClockRefused, SteppedClock
from chassis.service import Role, Running
from chassis.web import health, internal
from chassis.web.app import create_app


async def run_web(running: Running, role: Role) -> None:
    """Serves until ``running.stopping`` is set; requests under way are answered first."""
    server = uvicorn.Server(
        uvicorn.Config(
            make_web(running, role),
            host=running.settings.host,
            port=running.settings.port,
            http="httptools",
            proxy_headers=False,  # nobody's address is looked at
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=int(running.settings.shutdown_seconds / 2) or 1,
        )
    )
    serving = asyncio.create_task(server._serve())  # not serve(): signals are handled here, for all tasks
    stopping = asyncio.create_task(running.stopping.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving


def make_web(running: Running, role: Role = "all") -> FastAPI:
    """The service's web application: its own routes, and health, metrics and (in a rehearsal) the clock."""
    checks: dict[str, health.Check] = {"database": lambda: _database_ready(running)}
    live: dict[str, health.Check] = {}
    if role != "web":
        checks["consumer"] = lambda: _consumer_ready(running)
        live["consumer"] = lambda: _consumer_live(running)
    return create_app(
        running.service.name,
        "1",
        running.settings.tokens,
        [
            running.service.router(running),
            health.router(live, checks),
            internal.router(
                running.settings,
                running.clock,
                running.busy,
                running.due.next_due,
                lambda to: _step(running, to),
            ),
        ],
    )


async def _database_ready(running: Running) -> str | None:
    await running.pool.fetchval("SELECT 1")
    return None


async def _consumer_ready(running: Running) -> str | None:
    return running.consumer.ready() if running.consumer else "not started yet"


async def _consumer_live(running: Running) -> str | None:
    return running.consumer.trouble() if running.consumer else None


async def _step(running: Running, to: datetime) -> None:
    if not isinstance(running.clock, SteppedClock):
        raise ClockRefused("this service follows real time")
    async with running.pool.acquire() as conn:
        await running.clock.step(conn, to)
