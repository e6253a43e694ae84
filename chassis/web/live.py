"""Counts that follow the database, for pages that are open: server-sent events, where a browser runs scripts.

    live = Live(running)
    live.counts("queues", counts_of_queues)      # async (conn, person) -> {"new": 3, …}
    routes.include_router(live.router())

Or only that something changed, for a page that shows much: ``live.changes("sitting", version_of_sitting)`` with
async (conn, person, id) -> 7; the page writes ``<div data-changed="sitting/1" data-version="7" hidden>…``, which is
shown once the number is another one.

A page writes ``<span data-live="queues" data-count="new">3</span>``; the number is right when the page is made, and
follows from then on. One notifier in a process looks at most every few seconds, and only if anything at all was
written since; business transactions know nothing of it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from chassis import telemetry
from chassis.database import OUTAGES
from chassis.service import Running
from chassis.web.people import Person, signed_in
from chassis.web.problems import Problem

log = telemetry.get_logger(__name__)

#: The counts that somebody may see, by name; asked with a connection. It decides what "may see" is.
Counts = Callable[[Any, Person], Awaitable[Mapping[str, int]]]

#: A number that is another one whenever something of a page's subject was changed; 0 where there is none, or for
#: whoever may not see it.
Version = Callable[[Any, Person, str], Awaitable[int]]

#: Streams at once: in this process, and of one person (each open tab has one). A browser may hold only six connections
#: to a host open: two are left for pages.
MOST, MOST_EACH = 200, 4
#: How often the notifier looks, in seconds.
EVERY = 2.0
#: A stream ends after so many seconds: the browser opens another, and so shows again that it may.
LONGEST = 120.0
#: Something is said at least so often, so that a browser that has gone is noticed.
_SILENCE = 15.0
_WRITTEN = "SELECT pg_current_wal_insert_lsn()::text"


@dataclass(eq=False, slots=True)
class _Stream:
    """One open page."""

    name: str
    person: Person
    said: Mapping[str, int] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False


class Live:
    """The streams of one process, and the notifier that feeds them."""

    def __init__(self, running: Running, *, every: float = EVERY, longest: float = LONGEST) -> None:
        self._pool, self._stopping = running.pool, running.stopping
        self._every, self._longest = every, longest
        self._counts: dict[str, Counts] = {}
        self._versions: dict[str, Version] = {}
        self._streams: set[_Stream] = set()
        self._notifier: asyncio.Task[None] | None = None
        self._written = ""

    def counts(self, name: str, query: Counts) -> None:
        """Let pages follow these counts under a name."""
        self._counts[name] = query

    def changes(self, subject: str, version: Version) -> None:
        """Let pages find out that something of their subject was changed: /live/{subject}/{id}."""
        self._versions[subject] = version

    def router(self) -> APIRouter:
        """The routes of the streams: /live/{name}, and where pages follow changes, /live/{subject}/{id}."""
        routes = APIRouter(include_in_schema=False)

        @routes.get("/live/{name}")
        async def live(
            name: str, request: Request, person: Annotated[Person, Depends(signed_in(None))]
        ) -> StreamingResponse:
            """The counts now, and each time that they change."""
            return self._stream(name, person)

        if self._versions:
            self._of_subjects(routes)
        return routes

    def _of_subjects(self, routes: APIRouter) -> None:
        @routes.get("/live/{subject}/{id}")
        async def changed(
            subject: str, id: str, request: Request, person: Annotated[Person, Depends(signed_in(None))]
        ) -> StreamingResponse:
            """The version of a page's subject now, and each time that it changes. Raises Problem 404 for 0."""
            if subject in self._versions:
                async with self._pool.acquire() as conn:
                    if not await self._versions[subject](conn, person, id):
                        raise Problem(404, "unknown-subject", "There is nothing to follow here for you.")
            return self._stream(f"{subject}/{id}", person)

    def _stream(self, name: str, person: Person) -> StreamingResponse:
        return StreamingResponse(self._events(self._open(name, person)), media_type="text/event-stream")

    def _open(self, name: str, person: Person) -> _Stream:
        if name not in self._counts and name.partition("/")[0] not in self._versions:
            raise Problem(404, "unknown-counts", "There are no counts of this name.")
        theirs = sum(stream.person.id == person.id for stream in self._streams)
        if len(self._streams) >= MOST or theirs >= MOST_EACH or self._stopping.is_set():
            detail = (
                "Too many pages follow counts at the moment. The page works without; load it again later."
            )
            raise Problem(503, "too-many-streams", detail, headers={"Retry-After": "60"})
        stream = _Stream(name, person)
        self._streams.add(stream)
        self._written = ""  # whoever is new is told at once
        if self._notifier is None or self._notifier.done():
            self._notifier = asyncio.create_task(self._notify())
        return stream

    async def _events(self, stream: _Stream) -> AsyncIterator[bytes]:
        end = asyncio.get_running_loop().time() + self._longest
        try:
            yield b"retry: 5000\n\n"
            while not stream.over and (left := end - asyncio.get_running_loop().time()) > 0:
                try:
                    await asyncio.wait_for(stream.news.wait(), min(left, _SILENCE))
                except TimeoutError:
                    yield b": here\n\n"
                    continue
                stream.news.clear()
                yield f"event: counts\ndata: {json.dumps(dict(stream.said))}\n\n".encode()
        finally:
            self._streams.discard(stream)

    async def _notify(self) -> None:
        """Looks and tells until nobody listens, or the service stops."""
        while self._streams and not self._stopping.is_set():
            try:
                async with self._pool.acquire(timeout=5) as conn:
                    await self._look(conn)
            except OUTAGES as error:
                self._written = ""
                log.warning("counts_not_read", error=error)
            except Exception as error:  # a mistake in one query must not end the counts of all
                self._written = ""
                log.error("counts_failed", error=error)
            try:
                await asyncio.wait_for(self._stopping.wait(), self._every)
            except TimeoutError:
                continue
        for stream in self._streams:
            stream.over = True
            stream.news.set()

    async def _look(self, conn: Any) -> None:
        written = await conn.fetchval(_WRITTEN)
        if written == self._written:
            return
        self._written = written
        found: dict[tuple[str, str], Mapping[str, int]] = {}
        for stream in list(self._streams):
            key = (stream.name, stream.person.id)
            if key not in found:
                found[key] = await self._asked(conn, stream)
            if found[key] != stream.said:
                stream.said = found[key]
                stream.news.set()

    async def _asked(self, conn: Any, stream: _Stream) -> Mapping[str, int]:
        subject, _, id = stream.name.partition("/")
        if subject in self._versions:
            return {"version": await self._versions[subject](conn, stream.person, id)}
        return await self._counts[stream.name](conn, stream.person)
