"""People of schools and teams for tests of pages, and a service that knows them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import httpx2

from chassis.clock import SteppedClock
from chassis.service import Running
from chassis.web.hosting import make_web
from chassis.web.people import Grant, Member, Person
from services.referrals.app import build
from services.referrals.domain.permissions import Action, may
from tests.referrals.conftest import settings
from tests.support.sessions import Held, session_for

MEMBERS: Mapping[str, Member] = {
    "senco": Member("senco", "Rowan Elder", frozenset({Grant("school-user", "900001")})),
    "colleague": Member("colleague", "Sorrel Finch", frozenset({Grant("school-user", "900001")})),
    "two-schools": Member(
        "two-schools",
        "Hazel Birch",
        frozenset({Grant("school-user", "900001"), Grant("school-user", "900002")}),
    ),
    "other-school": Member("other-school", "Linden Grove", frozenset({Grant("school-user", "900101")})),
    "autism-team": Member(
        "autism-team", "Juniper Ash", frozenset({Grant("team-member", "communication-autism")})
    ),
    "deaf-team": Member("deaf-team", "Olive Reed", frozenset({Grant("team-member", "deaf")})),
    "sali": Member("sali", "Basil Thorn", frozenset({Grant("sali-officer")})),
    "nobody": Member("nobody", "Bay Laurel"),
}


class Known:
    """The staff book of these tests."""

    async def by_subject(self, conn: Any, subject: str) -> Member | None:
        return MEMBERS.get(subject)

    async def by_id(self, conn: Any, staff_id: str) -> Member | None:
        return MEMBERS.get(staff_id)


def _allowed(person: Person, action: str) -> bool:
    return may(cast(Any, person), cast(Action, action))


class Site:
    """The service with its pages, and a browser of sorts for each person."""

    def __init__(self, running: Running) -> None:
        self.running, self.pool, self.web = running, running.pool, make_web(running)

    async def held(self, who: str) -> Held:
        """A session of somebody."""
        return await session_for(self.pool, who)

    async def as_(self, who: str) -> "Browser":
        """Somebody who has signed in."""
        return Browser(self.web, await self.held(who))


class Browser:
    """One person's: keeps the cookie, sends the token with each form, follows nothing by itself."""

    def __init__(self, web: Any, held: Held) -> None:
        self.held = held
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=web),
            base_url="http://here",
            cookies=held.cookies,
            headers={"Accept": "text/html"},
        )

    async def get(self, path: str) -> httpx2.Response:
        """A page."""
        return await self.http.get(path)

    async def post(self, path: str, fields: Mapping[str, Any] | None = None) -> httpx2.Response:
        """A form that a page of ours sends."""
        return await self.http.post(path, data={"csrf": self.held.csrf, **(fields or {})})

    async def upload(self, path: str, fields: Mapping[str, Any], name: str, content: Any) -> httpx2.Response:
        """A form with a file."""
        given = {"csrf": self.held.csrf, **fields}
        return await self.http.post(
            path, data=given, files={"file": (name, content, "application/x-anything")}
        )


async def site(database: Any, **given: Any) -> Site:
    """A service over a fresh database that knows these people."""
    service = replace(build(settings(**given)), staff=lambda _: Known(), policy=_allowed)
    running = Running(service, await database(service.migrations))
    assert isinstance(running.clock, SteppedClock)
    return Site(running)
