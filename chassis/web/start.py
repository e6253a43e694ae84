"""A service's start page and menu: what somebody may do there, and the way to the other services.

tasks = (Task("Sittings", "/sittings", "When the panels sit, and what they hear.", "case:see", "Sittings"),)
look = look_of(running, pages, tasks)
routes.include_router(router(running, look, tasks))
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.service import Running
from chassis.settings import ServiceSettings
from chassis.web.look import Link, Look
from chassis.web.people import Person, person_of
from schemas.menus import PLACES

#: Whoever has not signed in is shown the way to do so.
OPEN_PATHS = ("/",)
#: How many of something wait for this person; asked with a connection to the database.
Count = Callable[[Any, Person], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Task:
    """One entry of the start page and the menu. ``action`` is what its page asks for; None is for everybody.

    ``does`` says what it is for, ``waiting`` what the count counts: (one, many). ``menu`` are the words in the
    menu; a task without them stands on the start page only.
    """

    title: str
    href: str
    does: str
    action: str | None = None
    menu: str | None = None
    count: Count | None = None
    waiting: tuple[str, str] = ("waits", "wait")


def neighbours(settings: ServiceSettings, person: Person) -> list[Link]:
    """The way to those of the other services that have something for this person's roles."""
    roles = {grant.role for grant in person.grants}
    return [
        Link(PLACES[each.name].title, each.address)
        for each in settings.neighbours
        if roles & PLACES[each.name].roles
    ]


def look_of(running: Running, pages: Path, tasks: Sequence[Task]) -> Look:
    """The look of a service whose menu holds its tasks and, for whoever has signed in, other services for their roles.

    A service may have a ``start/welcome.html`` of its own, for whoever has not.
    """

    def links(person: Person | None) -> list[Link]:
        own = [Link(task.menu, task.href) for task in _of(running, tasks, person) if task.menu is not None]
        return own if person is None else [*own, *neighbours(running.settings, person)]

    return Look.of(running, pages, links)


def router(running: Running, look: Look, tasks: Sequence[Task]) -> APIRouter:
    """The route of the start page."""
    routes = APIRouter(include_in_schema=False)

    async def waiting(task: Task, person: Person) -> int | None:
        if task.count is None:
            return None
        async with running.pool.acquire() as conn:
            return await task.count(conn, person)

    @routes.get("/")
    async def start(request: Request) -> Response:
        """Everybody may open it; it shows only what one's own roles allow."""
        person = await person_of(request)
        if person is None:
            return look.page("start/welcome.html", request)
        mine = [(task, await waiting(task, person)) for task in _of(running, tasks, person)]
        others = neighbours(running.settings, person)
        return look.page("start/tasks.html", request, person=person, tasks=mine, others=others)

    return routes


def _of(running: Running, tasks: Sequence[Task], person: Person | None) -> list[Task]:
    """Those that this person may do; for nobody, those for everybody."""
    return [
        task
        for task in tasks
        if task.action is None or (person and running.service.policy(person, task.action))
    ]
