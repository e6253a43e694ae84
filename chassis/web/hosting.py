"""A service's web application, and the server that runs it beside the service's other tasks."""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from chassis.clock import ClockRefused, SteppedClock
from chassis.service import Role, Running
from chassis.settings import ServiceSettings
from chassis.web import health, internal, signin
from chassis.web.app import create_app
from chassis.web.gate import BUSY, Gate, unhurried
from chassis.web.look import Assets, ErrorPages, Look, routers
from chassis.web.people import People
from chassis.web.provider import Client, Provider
from chassis.web.rates import Counts
from chassis.web.sessions import Cookie, Sessions
from chassis.web.tokens import CachedTokens


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
    sockets = [running.place.door] if running.place else None
    serving = asyncio.create_task(
        server._serve(sockets)
    )  # not serve(): signals are handled here, for all tasks
    stopping = asyncio.create_task(running.stopping.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving


def make_web(running: Running, role: Role = "all") -> FastAPI:
    """The service's web application: its own routes, and health, metrics and (in a rehearsal) the clock."""
    ready: dict[str, health.Check] = {"database": running.pulse.why}
    noted = {
        part: _said(running, part)
        for part in ("writes", "intake", "relay", "kafka", "tasks", *running.service.parts)
    }
    live: dict[str, health.Check] = {}
    if role != "web":
        ready["start"] = lambda: _started(running)
        noted["consumer"] = lambda: _consuming(running)
        live["consumer"] = lambda: _moving(running)
    own = running.service.router(running)  # where a service has pages, it says here what they look like
    look = running.look or Look.of(running)
    desk = _desk(running, look)
    if desk is not None:
        noted["sign-in"] = _signing_in(desk)
    app = create_app(
        running.service.name,
        "1",
        running.settings.tokens,
        [
            own,
            *([signin.router(desk)] if desk else []),
            *routers(look, Assets.of(running.settings)),
            health.router(live, ready, noted, exposition=_metrics(running)),
            internal.router(
                running.settings,
                running.clock,
                running.busy,
                running.due.next_due,
                lambda to: _step(running, to),
            ),
        ],
        secure=running.settings.public_url.startswith("https://"),
        uploads=running.service.uploads,
    )
    app.state.error_pages = ErrorPages(look)
    _know_people(app, running, desk)
    return app


def _metrics(running: Running) -> health.Exposition:
    return running.siblings.exposition if running.siblings else health.own_metrics


def _know_people(app: FastAPI, running: Running, desk: signin.Desk | None) -> None:
    service = running.service
    if service.tokens is not None:
        app.state.token_book = CachedTokens(service.tokens(running))
    if desk is not None:
        address = urlsplit(running.settings.public_url)
        origin = f"{address.scheme}://{address.netloc}" if address.netloc else ""
        app.state.people = People(desk.sessions, service.policy, origin)


def _desk(running: Running, look: Look) -> signin.Desk | None:
    """What people sign in with, for a service that knows people."""
    settings, service = running.settings, running.service
    if service.staff is None:
        return None
    staff = service.staff(running)
    secure = settings.public_url.startswith("https://") or not settings.rehearsal
    idle, most = timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)
    return signin.Desk(
        running.pool,
        staff,
        Sessions(running.pool, staff, Cookie(service.name, secure), idle, most),
        _provider(settings),
        Counts(settings.sign_in_client_secret.get_secret_value()),
        look,
        settings.trusted_proxies,
    )


def _provider(settings: ServiceSettings) -> Provider | None:
    if not settings.sign_in_issuer:
        return None
    return Provider(
        Client(
            settings.sign_in_issuer,
            settings.sign_in_client_id,
            settings.sign_in_client_secret.get_secret_value(),
            f"{settings.public_url}{signin.DONE}",
            settings.sign_in_claim,
        )
    )


def _signing_in(desk: signin.Desk) -> health.Check:
    async def check() -> str | None:
        return desk.provider.trouble if desk.provider else "switched off: no provider of accounts is set"

    return check


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
    return await _consuming(running)


async def _consuming(running: Running) -> str | None:
    return running.consumer.ready() if running.consumer else "not started yet"


async def _moving(running: Running) -> str | None:
    return running.consumer.trouble() if running.consumer else None


async def _step(running: Running, to: datetime) -> None:
    if not isinstance(running.clock, SteppedClock):
        raise ClockRefused("this service follows real time")
    async with running.pool.acquire() as conn:
        await running.clock.step(conn, to)
