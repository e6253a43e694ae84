"""A service as data, and what runs it: web, relay, consumer, due work and its own background tasks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import asyncpg
from fastapi import APIRouter

from chassis import telemetry
from chassis.backlog import Backlog
from chassis.clock import Clock, SteppedClock, make_clock
from chassis.consumer import Consumer
from chassis.database import (
    CHASSIS_MIGRATIONS,
    check_migrated,
    connect,
    migrations,
    or_given_up,
    why_away,
)
from chassis.due_work import DueWork
from chassis.erasing import Eraser
from chassis.handlers import Handlers
from chassis.identity import Identity, compare
from chassis.inbox import Inbox
from chassis.learning import Learning
from chassis.outbox import Outbox
from chassis.parts import Parts
from chassis.persons import Personal
from chassis.processes import Place
from chassis.pulse import Pulse
from chassis.records import Decoder
from chassis.relay import Relay
from chassis.retention import Retention
from chassis.runner import Runner
from chassis.sealing import KeyRings
from chassis.settings import ServiceSettings
from chassis.siblings import Siblings
from chassis.storage import Lookup, Repository
from chassis.web.auth import TokenBook
from chassis.web.look import Look
from chassis.web.people import Policy, StaffBook, nothing_allowed
from chassis.work import Work
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
    #: What rules look at besides, and nobody writes.
    lookups: Sequence[Lookup] = ()
    #: Looked at before it serves: each answers a sentence for the operator where a setting cannot be used.
    checks: Sequence[Callable[[], str | None]] = ()
    #: Long tasks of the role worker; each ends soon after ``running.stopping`` is set.
    background: Sequence[Task] = ()
    #: Done once by each worker before it consumes; what fails is done beside that, as soon as it can be.
    at_start: Sequence[Task] = ()
    #: How the records of outsiders are read, by topic.
    decoders: Mapping[str, Decoder] = field(default_factory=dict)
    #: Further reasons why the service is busy, for whoever steps the clock.
    idle: Sequence[Callable[["Running"], Awaitable[str | None]]] = ()
    #: What it learnt from others and how its own facts lead back to states, for rebuild and recovery.
    learning: Learning = field(default_factory=Learning)
    #: What it holds about persons; None where it holds nothing.
    personal: Personal | None = None
    #: How long its tables keep their rows.
    retention: Retention = field(default_factory=Retention)
    #: Parts of its own that /health/ready tells of, see `chassis.parts`; each stopped one only degrades the service.
    parts: Sequence[str] = ()
    #: What each process keeps in memory of its database: done before it takes anything in, and every few seconds.
    keeps: Sequence[Task] = ()
    #: Patterns of paths that take files: their routes limit the body themselves, as they read it.
    uploads: Sequence[str] = ()
    #: How many names it may look up at once for itself, at most 500: they get threads, so that nobody waits for them.
    look_ups: int = 0
    #: The service's own failpoints, on top of the chassis'.
    failpoints: Sequence[str] = ()
    #: Who works here; without it nobody can sign in.
    staff: Callable[["Running"], StaffBook] | None = None
    #: What people may do, by their grants; nothing unless said.
    policy: Policy = nothing_allowed
    #: Tokens that are made and revoked while the service runs, besides those of the settings.
    tokens: Callable[["Running"], TokenBook] | None = None

    @property
    def all_migrations(self) -> list[tuple[str, str]]:
        return migrations(CHASSIS_MIGRATIONS, self.migrations)


def _sealed(service: Service) -> list[str]:
    """The sealed topics that need a key ring; those of outsiders are opened with a key of their own."""
    topics = {topic.name for topic in (*service.hears, *service.says) if topic.sealed}
    return sorted(topics - set(service.decoders))


class Running:
    """A service with its database: what routes, background tasks and commands are given."""

    def __init__(self, service: Service, pool: asyncpg.Pool) -> None:
        self.service, self.settings, self.pool = service, service.settings, pool
        self.stopping = asyncio.Event()
        #: Set once it is known that the database was not set back.
        self.looked = asyncio.Event()
        self.brokers = service.settings.brokers
        self.clock: Clock = make_clock(service.settings)
        self.seals = KeyRings(service.settings.keyrings, needed=_sealed(service))
        outbox = Outbox(self.source, self.seals)
        self.eraser = Eraser(service.personal, outbox)
        self.work = Work(
            service.handlers,
            service.repositories,
            outbox,
            self.clock,
            service.lookups,
            self.eraser,
        )
        self.relay = Relay(pool, self.brokers, name=service.name, prefix=self.settings.topic_prefix)
        self.parts = Parts()
        self.pulse = Pulse(self.settings.database.get_secret_value(), self.parts)
        self.backlog = Backlog(self.settings.outbox_rows, self.parts)
        self.runner = Runner(
            pool, self.work, self.relay.wake, full=self.backlog.why, outage=self._not_written
        )
        self.inbox = Inbox(pool, self.work, self.seals, service.decoders, self.relay.wake)
        self.due = DueWork(pool, self.work, self.clock, self.relay.wake)
        self.consumer: Consumer | None = None
        #: Its place among several processes that share an address; None for one that is alone there.
        self.place: Place | None = None
        self.siblings: Siblings | None = None
        #: What its pages look like; made by `Look.of` in the router of a service that has pages.
        self.look: Look | None = None

    @classmethod
    async def of(cls, service: Service) -> "Running":
        """Connects to the database. Raises BadMigration if it is not up to date, AnothersDatabase if another's."""
        running = await cls.of_anyones(service)
        with or_given_up(running.pool):
            await compare(running.pool, running.identity)
            if isinstance(running.clock, SteppedClock):
                await running.clock.refresh(running.pool)
        return running

    @classmethod
    async def of_anyones(cls, service: Service) -> "Running":
        """The same whosever the database is: for whoever is about to change that. Raises BadMigration."""
        pool = await connect(service.settings.database.get_secret_value(), service.settings.pool_size)
        with or_given_up(pool):
            await check_migrated(pool, service.all_migrations)
            return cls(service, pool)

    async def keep(self) -> None:
        """Brings what this process keeps in memory of its database up to date."""
        for each in self.service.keeps:
            await each(self)

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    @property
    def identity(self) -> Identity:
        """Whose its database has to be."""
        return Identity.of(self.name, self.settings)

    @property
    def source(self) -> str:
        """The ``ce_source`` of all that this service says."""
        return f"{self.settings.source}/{self.service.name}"

    def _not_written(self, error: BaseException) -> None:
        self.parts.stopped("writes", why_away(error))

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
