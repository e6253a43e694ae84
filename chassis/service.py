"""A service as data, and what runs it: web, relay, consumer, due work and its own background tasks."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import asyncpg
import uvicorn
from fastapi import APIRouter, FastAPI

from chassis import metrics, telemetry
from chassis.clock import Clock, ClockRefused, SteppedClock, make_clock
from chassis.consumer import Consumer
from chassis.database import CHASSIS_MIGRATIONS, OUTAGES, check_migrated, connect, migrations
from chassis.due_work import DueWork
from chassis.handlers import Handlers
from chassis.inbox import Inbox
from chassis.outbox import Outbox
from chassis.records import Decoder
from chassis.relay import Relay
from chassis.runner import Runner, Work
from chassis.sealing import KeyRings
from chassis.settings import ServiceSettings
from chassis.storage import Repository
from chassis.web import health, internal
from chassis.web.app import create_app
from schemas.topics import Topic

log = telemetry.get_logger(__name__)

Role = Literal["web", "worker", "all"]
Task = Callable[["Running"], Awaitable[None]]


@dataclass(frozen=True)
class Service:
    """What makes one service different from another."""

    name: str
    settings: ServiceSettings
    handlers: Handlers
    repositories: Sequence[Repository]
    hears: Sequence[Topic]
    says: Sequence[Topic]
    migrations: Path
    router: Callable[["Running"], APIRouter]
    #: Long tasks of the role worker; each ends soon after ``running.stopping`` is set.
    background: Sequence[Task] = ()
    #: Done once by each worker before it consumes.
    at_start: Sequence[Task] = ()
    #: How the records of outsiders are read, by topic.
    decoders: Mapping[str, Decoder] = field(default_factory=dict)
    #: Further reasons why the service is busy, for whoever steps the clock.
    idle: Sequence[Callable[["Running"], Awaitable[str | None]]] = ()
    #: The service's own failpoints, on top of the chassis'.
    failpoints: Sequence[str] = ()

    @property
    def all_migrations(self) -> list[tuple[str, str]]:
        return migrations(CHASSIS_MIGRATIONS, self.migrations)


class Running:
    """A service with its database: what routes, background tasks and commands are given."""

    def __init__(self, service: Service, pool: asyncpg.Pool) -> None:
        self.service, self.settings, self.pool = service, service.settings, pool
        self.stopping = asyncio.Event()
        self.clock: Clock = make_clock(service.settings)
        self.seals = KeyRings(service.settings.keyrings)
        self.work = Work(
            service.handlers,
            service.repositories,
            Outbox(f"{self.settings.source}/{service.name}", self.seals),
            self.clock,
        )
        self.relay = Relay(pool, self.settings.kafka, name=service.name, prefix=self.settings.topic_prefix)
        self.runner = Runner(pool, self.work, self.relay.wake)
        self.inbox = Inbox(pool, self.work, self.seals, service.decoders, self.relay.wake)
        self.due = DueWork(pool, self.work, self.clock, self.relay.wake)
        self.consumer: Consumer | None = None

    @classmethod
    async def of(cls, service: Service) -> "Running":
        """Connects to the database. Raises BadMigration if it is not up to date."""
        pool = await connect(service.settings.database.get_secret_value(), service.settings.pool_size)
        await check_migrated(pool, service.all_migrations)
        running = cls(service, pool)
        if isinstance(running.clock, SteppedClock):
            await running.clock.refresh(pool)
        return running

    async def busy(self) -> str | None:
        """Why this service has not come to rest at the present business time, or None."""
        waiting = await self.pool.fetchrow(
            "SELECT (SELECT count(*) FROM outbox) AS unpublished, "
            "(SELECT count(*) FROM due_work WHERE at <= $1) AS due",
            self.clock.now(),
        )
        assert waiting is not None
        if waiting["unpublished"] or waiting["due"]:
            return f"{waiting['unpublished']} events unpublished, {waiting['due']} items due"
        if self.consumer and (self.consumer.busy or await self.consumer.behind()):
            return "records not applied yet"
        for reason in self.service.idle:
            if why := await reason(self):
                return why
        return None


async def serve(service: Service, role: Role) -> int:
    """Runs the service until SIGTERM or SIGINT; answers the process's exit status.

    After a signal everything has ``shutdown_seconds`` to end; then the process ends regardless, since
    what is not committed by then is done again by whoever comes next.
    """
    running = await _started(service)
    tasks = [asyncio.create_task(_guarded(name, task), name=name) for name, task in _tasks(running, role)]
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, running.stopping.set)
    stopped = asyncio.create_task(running.stopping.wait())
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    failed = any(task.done() for task in tasks) and not running.stopping.is_set()
    running.stopping.set()
    _, late = await asyncio.wait(tasks, timeout=service.settings.shutdown_seconds)
    if late:
        log.error("shutdown_deadline_passed", tasks=sorted(task.get_name() for task in late))
        os._exit(1)
    telemetry.shutdown()
    with suppress(TimeoutError):
        await asyncio.wait_for(running.pool.close(), 2)
    log.info("stopped")
    return 1 if failed else 0


async def _started(service: Service) -> Running:
    while True:
        try:
            running = await Running.of(service)
            break
        except OUTAGES as error:
            log.warning("database_unreachable", error=type(error).__name__)
            await asyncio.sleep(1)
    log.info("started", database="connected")
    return running


def _tasks(running: Running, role: Role) -> list[tuple[str, Coroutine[Any, Any, None]]]:
    tasks: list[tuple[str, Coroutine[Any, Any, None]]] = []
    if role in ("worker", "all"):
        tasks += [
            ("relay", running.relay.run(running.stopping)),
            ("consumer", _consume(running)),
            ("due", running.due.run(running.stopping)),
            *(
                (f"background-{n}", _background(running, task))
                for n, task in enumerate(running.service.background)
            ),
        ]
    if isinstance(running.clock, SteppedClock):
        tasks.append(("clock", _patiently(running, running.clock.follow(running.pool, running.stopping))))
    tasks.append(("gauges", _gauges(running)))
    tasks.append(("web", _web(running, role)))
    return tasks


async def _guarded(name: str, task: Coroutine[Any, Any, None]) -> None:
    try:
        await task
    except Exception:
        log.exception("task_failed", task=name)


async def _consume(running: Running) -> None:
    for task in running.service.at_start:
        await task(running)
    settings, service = running.settings, running.service
    running.consumer = Consumer(
        running.pool,
        running.inbox,
        settings.kafka,
        service.hears,
        group=service.name,
        prefix=settings.topic_prefix,
        batch=settings.batch_records,
    )
    await running.consumer.run(running.stopping)


async def _background(running: Running, task: Task) -> None:
    """Runs ``task``, again after an outage of the infrastructure, until the service stops."""
    while not running.stopping.is_set():
        try:
            await task(running)
        except OUTAGES as error:
            log.warning("background_interrupted", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(running.stopping.wait(), 1)


async def _patiently(running: Running, follow: Coroutine[Any, Any, None]) -> None:
    while not running.stopping.is_set():
        try:
            await follow
        except OUTAGES:
            await asyncio.sleep(0.5)
            assert isinstance(running.clock, SteppedClock)
            follow = running.clock.follow(running.pool, running.stopping)


async def _gauges(running: Running) -> None:
    """Measures the outbox, the dead letters and what is due, every five seconds."""
    while not running.stopping.is_set():
        with suppress(*OUTAGES):
            row = await running.pool.fetchrow(
                "SELECT (SELECT count(*) FROM outbox) AS rows, "
                "(SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM outbox) AS age, "
                "(SELECT count(*) FROM due_work WHERE at <= $1) AS due",
                running.clock.now(),
            )
            assert row is not None
            metrics.OUTBOX_ROWS.set(row["rows"])
            metrics.OUTBOX_AGE_SECONDS.set(row["age"] or 0)
            metrics.DUE_OVERDUE.set(row["due"])
            for topic in running.service.hears:
                metrics.DEAD_LETTERS.labels(topic.name).set(0)
            for letter in await running.pool.fetch(
                "SELECT topic, count(*) AS n FROM dead_letter WHERE status = 'parked' GROUP BY topic"
            ):
                metrics.DEAD_LETTERS.labels(letter["topic"]).set(letter["n"])
        with suppress(TimeoutError):
            await asyncio.wait_for(running.stopping.wait(), 5)


async def _web(running: Running, role: Role) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            make_web(running, role),
            host=running.settings.host,
            port=running.settings.port,
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
