"""The referrals service as a site: on a port of this machine, over a database of its own, with people who sign in.

async with site.opened(role="team-member", scope="spld") as page:
    await page.goto(f"{site.url}/queues")
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from playwright.async_api import Browser, Page

from chassis.calendar import london_date
from chassis.service import Running
from chassis.web import sessions
from chassis.web.hosting import make_web
from schemas.staff_v1 import Role
from services.referrals.app import build
from services.referrals.domain.staff.commands import OPERATOR, AppointStaff, Wanted
from tests.referrals.conftest import settings
from tests.support import browser as tests_browser


class Site:
    """The running service, and ways to open its pages."""

    def __init__(self, running: Running, url: str, chromium: Browser) -> None:
        self.running, self.url, self._chromium = running, url, chromium

    async def appointed(self, role: Role, scope: str | None = None, name: str = "Ana Moss") -> str:
        """Somebody with this role; their id."""
        id = f"{role}-{uuid4().hex[:8]}"
        today = london_date(self.running.clock.now())
        wanted = (Wanted(role, scope, today, None),)
        await self.running.runner.command(
            AppointStaff(id, f"idp|{id}", name, f"{id}@council.example", wanted, OPERATOR)
        )
        return id

    async def session(self, staff_id: str) -> dict[str, str]:
        """The cookie of a new session of somebody, for a browser or a client."""
        async with self.running.pool.acquire() as conn:
            token = await sessions.start(conn, staff_id, "", timedelta(hours=1))
        return {sessions.Cookie("referrals", secure=False).named(): token}

    @asynccontextmanager
    async def opened(
        self, role: Role | None = None, scope: str | None = None, *, staff_id: str | None = None, **given: Any
    ) -> AsyncIterator[Page]:
        """A browser's page in a context of its own: of nobody, of ``staff_id``, or of somebody new with a role.

        What is ``given`` goes to `tests.support.browser.opened`: javascript=False, size=PHONE.
        """
        if role is not None:
            staff_id = await self.appointed(role, scope)
        async with tests_browser.opened(self._chromium, **given) as page:
            if staff_id is not None:
                cookies = await self.session(staff_id)
                await page.context.add_cookies(
                    [{"name": name, "value": value, "url": self.url} for name, value in cookies.items()]
                )
            yield page


Databases = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def open_site(database: Databases, chromium: Browser, **given: Any) -> AsyncIterator[Site]:
    """The service over a fresh database, its directory published; settings may be given."""
    service = build(settings(log_level="WARNING", **given))
    running = Running(service, await database(service.migrations))
    for task in service.at_start:
        await task(running)
    async with tests_browser.served(make_web(running)) as url:
        yield Site(running, url, chromium)
        running.stopping.set()
