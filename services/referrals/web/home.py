"""The start page: what waits for whoever has signed in, or what this is for whoever has not."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from chassis.service import Running
from chassis.web.look import Look
from chassis.web.people import Person, person_of
from services.referrals.web.tasks import Task, tasks_of

OPEN_PATHS = ("/",)


def router(running: Running, look: Look, tasks: Sequence[Task]) -> APIRouter:
    """The route of the start page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def start(request: Request) -> Response:
        """Everybody may open it; it shows only what one's own roles allow."""
        person = await person_of(request)
        if person is None:
            return look.page("home/welcome.html", request)
        mine = tasks_of(tasks, running.service.policy, person)
        return look.page(
            "home/tasks.html",
            request,
            person=person,
            tasks=[(task, await _waiting(task, person)) for task in mine],
        )

    async def _waiting(task: Task, person: Person) -> int | None:
        if task.count is None:
            return None
        async with running.pool.acquire() as conn:
            return await task.count(conn, person)

    return routes
