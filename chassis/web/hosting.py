"""A service's web application, and the server that runs it beside the service's other tasks."""

import asyncio
from datetime import datetime

import uvicorn
from fastapi import FastAPI

from chassis.clock import ClockRefused, SteppedClock
from chassis.service import Role, Running
from chassis.web import health, internal
from chassis.web.app import create_app
from chassis.web.gate import BUSY, Gate, unhurried
from chassis.web.look import Assets, ErrorPages, Look, routers
from chassis.web.people import People
from chassis.web.sessions import Cookie, Sessions


async def run_web(running: Running, role: Role) -> None:
    """Serves until ``running.stopping`` is set; requests under way are answered first."""
    app = make_web(running, role)
    server = uvicorn.Server(
        uvicorn.Config(
            Gate(app, running.settings.requests_at_once, app.state.error_pages.busy(BUSY)),
            http=unhurried(running.settings.connections),
            backlog=512,
            host=running.settings.host,
            port=running.settings.port,
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
    ready: dict[str, health.Check] = {"database": running.pulse.why}
    noted = {
        part: _said(running, part) for part in ("writes", "intake", "relay", "kafka", *running.service.parts)
    }
    live: dict[str, health.Check] = {}
    if role != "web":
        ready["start"] = lambda: _started(running)
        noted["consumer"] = lambda: _consuming(running)
        live["consumer"] = lambda: _moving(running)
    own = running.service.router(running)  # where a service has pages, it says here what they look like
    look = running.look or Look.of(running)
    app = create_app(
        running.service.name,
        "1",
        running.settings.tokens,
        [
            own,
            *routers(look, Assets.of(running.settings)),
            health.router(live, ready, noted),
            internal.router(
                running.settings,
                running.clock,
                running.busy,
                running.due.next_due,
                lambda to: _step(running, to),
            ),
        ],
    )
    app.state.error_pages = ErrorPages(look)
    _know_people(app, running)
    return app


def _know_people(app: FastAPI, running: Running) -> None:
    service = running.service
    if service.tokens is not None:
        app.state.token_book = service.tokens(running)
    if service.staff is not None:
        cookie = Cookie(service.name, running.settings.public_url.startswith("https://"))
        app.state.people = People(Sessions(running.pool, service.staff(running), cookie), service.policy)


def _said(running: Running, part: str) -> health.Check:
    async def check() -> str | None:
        return running.parts.why(part)

    return check


async def _started(running: Running) -> str | None:
    """A worker counts as started once it had its share of the records, or knows that Kafka is away.

    Later changes of the shares say nothing about the web: they must not take all of a group from a balancer.
    """
    if running.parts.why("kafka") or (running.consumer and running.consumer.joined):
        return None
    return "no partitions assigned yet"


async def _consuming(running: Running) -> str | None:
    return running.consumer.ready() if running.consumer else "not started yet"


async def _moving(running: Running) -> str | None:
    return running.consumer.trouble() if running.consumer else None


async def _step(running: Running, to: datetime) -> None:
    if not isinstance(running.clock, SteppedClock):
        raise ClockRefused("this service follows real time")
    async with running.pool.acquire() as conn:
        await running.clock.step(conn, to)
